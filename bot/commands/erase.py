"""`makegood erase`: take a customer's personal data out of the database, the trail and the messages."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from datetime import UTC, datetime
from typing import Final

from bot.commands.policy import Subparsers
from bot.settings import read_settings
from bot.store import erasure, migrating
from bot.store.engine import Store


def add(commands: Subparsers) -> None:
    """Add `erase`."""
    parser = commands.add_parser("erase", help="erase a customer's personal data")
    parser.add_argument("--customer", required=True, metavar="ID", help="the customer's id in Stripe, cus_…")
    parser.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    parser.set_defaults(run=_erase)


def _erase(arguments: Namespace) -> int:
    store = Store(read_settings().database_url.get_secret_value())
    try:
        migrating.check(store.engine)
        customer_id: str = arguments.customer
        found = asyncio.run(store.read(lambda session: erasure.known(session, customer_id)))
        print(f"About {customer_id}: {', '.join(row.id for row in found.subjects) or 'no case of its own'}.")
        if not arguments.yes and input(_QUESTION) != "yes":
            print("Nothing was erased.")
            return 1
        now = datetime.now(UTC)
        done = asyncio.run(store.write(lambda session: erasure.erase(session, customer_id, now)))
    finally:
        store.close()
    _tell(done)
    return 0


_QUESTION: Final = "Erase the personal data in it? It cannot be brought back. Type yes: "


def _tell(done: erasure.Erased) -> None:
    if done == erasure.Erased(0, 0, 0, 0):
        print("Nothing personal was left to erase.")
        return
    print(
        f"Erased in {done.subjects} cases, escalations, disputes and changes, {done.mails} mails, "
        f"{done.messages} messages and {done.entries} entries of the trail, "
        f"and in {done.mirrored} copies of what Stripe holds.\n"
        "Messages in Slack are drawn again while Makegood serves. Erase the customer in Stripe as well."
    )

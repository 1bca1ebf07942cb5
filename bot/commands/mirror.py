"""`makegood mirror`: fill the mirror of Stripe's objects to its end, while the desk serves or before."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections import Counter
from datetime import UTC, datetime

from bot.commands.policy import Subparsers
from bot.desk.mirror import fill_page
from bot.payments import payments
from bot.settings import Settings, read_settings
from bot.store import migrating
from bot.store.engine import Store
from bot.stripe_copies import KINDS


def add(commands: Subparsers) -> None:
    """Add `mirror`."""
    commands.add_parser("mirror", help="read what Stripe holds into the mirror").set_defaults(run=_mirror)


def _mirror(_arguments: Namespace) -> int:
    pages = asyncio.run(_fill(read_settings()))
    for kind in KINDS:
        if pages[kind]:
            print(f"{kind.capitalize()}s: {pages[kind]} pages read")
    print("The mirror holds everything.")
    return 0


async def _fill(settings: Settings) -> Counter[str]:
    store, pages = Store(settings.database_url.get_secret_value()), Counter[str]()
    try:
        migrating.check(store.engine)
        key, base = settings.stripe_api_key.get_secret_value(), settings.stripe_api_base
        async with payments(key, base) as stripe:
            while kind := await fill_page(store, stripe, datetime.now(UTC)):
                pages[kind] += 1
    finally:
        store.close()
    return pages

"""`makegood migrate`: bring the database to this version's tables."""

from __future__ import annotations

from argparse import Namespace

from bot.commands.policy import Subparsers
from bot.settings import read_settings
from bot.store import migrating
from bot.store.engine import Store
from bot.store.serving_lock import only_one


def add(commands: Subparsers) -> None:
    """Add `migrate`."""
    commands.add_parser("migrate", help="create or update the database's tables").set_defaults(run=_migrate)


def _migrate(_arguments: Namespace) -> int:
    store = Store(read_settings().database_url.get_secret_value())
    try:
        with only_one(store):
            migrating.migrate(store.engine)
    finally:
        store.close()
    print(f"The database is at version {migrating.HEAD}.")
    return 0

"""`makegood backup` and `makegood restore`: copy a SQLite database while it serves, and put it back."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from bot.commands.policy import Subparsers
from bot.settings import read_settings
from bot.store import copying, migrating
from bot.store.engine import Store
from bot.store.serving_lock import only_one


def add(commands: Subparsers) -> None:
    """Add `backup` and `restore`."""
    save = commands.add_parser("backup", help="copy the SQLite database to a file, while it serves")
    save.add_argument("file", type=Path, metavar="FILE")
    save.set_defaults(run=_backup)
    load = commands.add_parser("restore", help="put a backup in the SQLite database's place")
    load.add_argument("file", type=Path, metavar="FILE")
    load.set_defaults(run=_restore)


def _backup(arguments: Namespace) -> int:
    store = Store(read_settings().database_url.get_secret_value())
    try:
        migrating.check(store.engine)
        copying.backup(store, arguments.file)
    finally:
        store.close()
    print(f"The database is copied to {arguments.file}. It holds personal data: keep it as you keep those.")
    return 0


def _restore(arguments: Namespace) -> int:
    store = Store(read_settings().database_url.get_secret_value())
    try:
        with only_one(store):
            copying.restore(store, arguments.file)
            migrating.check(store.engine)
            now = datetime.now(UTC)
            asyncio.run(store.write(lambda session: copying.redraw_open(session, now)))
    finally:
        store.close()
    print("The database is as it was when the backup was made. Start it again with “makegood serve”.")
    return 0

"""The database, opened for a command that reads it beside whoever serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from bot.settings import read_settings
from bot.store import migrating
from bot.store.engine import Store


@contextmanager
def database() -> Iterator[Session]:
    """Open the configured database at this version's tables. Raises ConfigurationError."""
    store = Store(read_settings().database_url.get_secret_value())
    try:
        migrating.check(store.engine)
        with Session(store.engine) as session:
            yield session
    finally:
        store.close()

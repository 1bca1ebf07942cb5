"""One serving process to a SQLite file; PostgreSQL takes as many as there are."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import ConfigurationError
from bot.store.engine import Store


@contextmanager
def only_one(store: Store) -> Iterator[None]:
    """Hold the file's serving lock. Raises ConfigurationError when another process serves from it.

    The lock is the operating system's, so a process that is killed lets go of it.
    """
    path = store.url.database
    if not store.sqlite or not path or path == ":memory:":
        yield
        return
    with Path(f"{path}.serving").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"Another Makegood is serving from {Path(path).name}. Stop it first, "
                "or set DATABASE_URL to PostgreSQL to run more than one."
            ) from None
        yield

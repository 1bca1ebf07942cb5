"""One serving process to a SQLite file; PostgreSQL takes as many as there are."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.errors import ConfigurationError
from bot.store.engine import Store


@contextmanager
def only_one(store: Store) -> Iterator[None]:
    """Hold the file's serving lock. Raises ConfigurationError when another process serves from it.

    The lock is the operating system's, so a process that is killed lets go of it. Raises
    ConfigurationError too where there can be none.
    """
    path = store.url.database
    if not store.sqlite or not path or path == ":memory:":
        yield
        return
    file = Path(f"{path}.serving")
    with ExitStack() as held:
        try:
            lock = held.enter_context(file.open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"Another Makegood is serving from {file.stem}. Stop it first, "
                "or set DATABASE_URL to PostgreSQL to run more than one."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"The file {file} cannot be locked, which keeps a second Makegood from the same database: "
                f"{error.strerror}. See DATABASE_URL."
            ) from error
        yield

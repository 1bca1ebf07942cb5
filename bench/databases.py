"""Fresh databases to measure on: SQLite files in a folder, and a PostgreSQL that is started for the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

from bench import prepared
from tests.postgres import Postgres, postgres


class Databases(Protocol):
    """One kind of database; `name` as the table calls it."""

    name: str

    def fresh(self) -> str:
        """Make a migrated, empty database and return its DATABASE_URL."""


class Sqlite:
    """SQLite files in a folder."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def fresh(self) -> str:
        """Make a file."""
        return prepared.database(f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}")


class Postgresql:
    """Databases of one server, which waits for its disk at every commit, as it does where it matters."""

    name = "PostgreSQL"

    def __init__(self, server: Postgres) -> None:
        self._server = server

    def fresh(self) -> str:
        """Make a database."""
        return self._server.migrated()


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """Start a server, and stop it."""
    with postgres() as server:
        server.wait_for_the_disk()
        yield Postgresql(server)

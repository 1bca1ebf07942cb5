"""`makegood serve` that halts before and after every commit until it is told to go on.

Run as a child: `python halting.py REPORT ANSWER`, the numbers of two pipes that it inherited. It writes
one byte at each commit, `b` before and `a` after, and waits for one byte.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Engine, event

from bot.__main__ import main
from bot.store.postgresql import PostgreSQLConnection


def serve(report: int, answer: int) -> int:
    def halting(commit: Callable[[], None]) -> None:
        halt(b"b")
        commit()
        halt(b"a")

    def halt(moment: bytes) -> None:
        os.write(report, moment)
        os.read(answer, 1)

    class OnSQLite(sqlite3.Connection):
        def commit(self) -> None:
            halting(super().commit)

    class OnPostgreSQL(PostgreSQLConnection):
        def commit(self) -> None:
            halting(super().commit)

    @event.listens_for(Engine, "do_connect")
    def connect(dialect: Dialect, _record: object, where: list[Any], how: dict[str, Any]) -> object:
        if dialect.name == "sqlite":
            return sqlite3.connect(*where, factory=OnSQLite, **how)
        return OnPostgreSQL.connect(*where, **how)

    return main(["serve"])


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1]), int(sys.argv[2])))

"""`makegood serve` that halts before and after every commit until it is told to go on.

Run as a child: `python halting.py REPORT ANSWER`, the numbers of two pipes that it inherited. It writes
one byte at each commit, `b` before and `a` after, and waits for one byte.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from bot.__main__ import main


def serve(report: int, answer: int) -> int:
    committing: set[int] = set()

    def halt(moment: bytes) -> None:
        os.write(report, moment)
        os.read(answer, 1)

    @event.listens_for(Engine, "commit")
    def before(connection: Connection) -> None:
        committing.add(id(connection.connection.dbapi_connection))
        halt(b"b")

    @event.listens_for(Pool, "checkin")
    def after(dbapi_connection: Any, _record: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own arguments
        if id(dbapi_connection) in committing:
            committing.discard(id(dbapi_connection))
            halt(b"a")

    return main(["serve"])


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1]), int(sys.argv[2])))

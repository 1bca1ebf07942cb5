"""Hears what is sent to a database, as the driver is given it: by whichever way it goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, Pool, event

Hear = Callable[[str, list[Any]], None]
"""Called with a statement and the values of each of its executions, before it is sent."""


@contextmanager
def hearing(hear: Hear) -> Iterator[None]:
    """Let `hear` know of the statements of all connections that are opened from now on."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Cursor:  # noqa: ANN401  # psycopg's own
            hear(str(query), [params])
            return super().execute(query, params, **options)

        def executemany(self, query: Any, params_seq: Iterable[Any], **options: Any) -> None:  # noqa: ANN401  # the same
            each = list(params_seq)
            hear(str(query), each)
            super().executemany(query, each, **options)

    def opened(connection: object, _entry: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = Cursor

    def sent(connection: Connection, _cursor: object, sql: str, values: Any, *how: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own
        _context, many = how
        if connection.dialect.name == "sqlite":
            hear(sql, list(values) if many else [values])

    event.listen(Pool, "connect", opened)
    event.listen(Engine, "before_cursor_execute", sent)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", sent)
        event.remove(Pool, "connect", opened)

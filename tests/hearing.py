"""Hears what is sent to a database, as the driver is given it: by whichever way it goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect, Engine, event

from bot.store.postgresql import Came, PostgreSQLConnection
from bot.store.together import SentStatement

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

    class Heard(PostgreSQLConnection):
        def together(self, statements: Sequence[SentStatement]) -> Sequence[Came]:
            for sql, values in statements:
                hear(sql, values if isinstance(values, list) else [values])
            return super().together(statements)

    def connect(dialect: Dialect, _record: object, where: list[Any], how: dict[str, Any]) -> object:
        if dialect.name == "sqlite":
            return None
        return Heard.connect(*where, cursor_factory=Cursor, **how)

    def sent(connection: Connection, _cursor: object, sql: str, values: Any, *how: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own
        _context, many = how
        if connection.dialect.name == "sqlite":
            hear(sql, list(values) if many else [values])

    event.listen(Engine, "do_connect", connect)
    event.listen(Engine, "before_cursor_execute", sent)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", sent)
        event.remove(Engine, "do_connect", connect)

"""PostgreSQL's connection, which sends several statements in one way there and back.

psycopg's own pipeline wakes the server for each of them, and takes longer over one than the server does. So
they go through libpq, which psycopg is made of: in one packet, and each is parsed once for a connection.
Source: libpq's documentation, “Pipeline Mode”; psycopg's, “pq – libpq wrapper module”.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import count
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.waiting import Ready, Wait
from sqlalchemy import Dialect

from bot.store.together import SentStatement


class Came(Struct):
    """What came back for one statement."""

    rowcount: int = 0
    rows: Sequence[Any] = ()

    def fetchall(self) -> Sequence[Any]:
        """Return the rows it read, each a tuple."""
        return self.rows


_Execution = tuple[str, Any, Came]
_Take = Callable[[PGresult], None]
_Waiting = Generator[Wait, Ready | int, PGresult | None]


class PostgreSQLConnection(psycopg.Connection[Any]):
    """psycopg's connection, with `together`."""

    def __init__(self, *how: Any, **more: Any) -> None:  # noqa: ANN401  # as psycopg has it
        super().__init__(*how, **more)
        self._names: dict[str, bytes] = {}  # of the statements that the server has parsed

    def together(self, statements: Sequence[SentStatement]) -> Sequence[Came]:
        """Run `statements` in order, in a transaction as psycopg's cursors do.

        Raises psycopg.Error for the first that failed; none after it is run.
        """
        begins = not self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE
        if begins:
            statements = [("BEGIN", None), *statements]
        adapt = Transformer(self)
        answers = [Came() for _ in statements]
        executions = [
            (sql, adapt.dump_sequence(one, [PyFormat.TEXT] * len(one)) if one else None, answer)
            for (sql, values), answer in zip(statements, answers, strict=True)
            for one in (values if isinstance(values, list) else [values])
        ]
        with self.lock:
            self.pgconn.enter_pipeline_mode()
            try:
                self.wait(self._there_and_back(executions))
            finally:
                if self.pgconn.status == ConnStatus.OK:
                    self.pgconn.exit_pipeline_mode()
        return answers[1:] if begins else answers

    def _there_and_back(self, executions: Sequence[_Execution]) -> Generator[Wait, Ready | int, None]:
        """Send everything, and wait until everything has come back; raise the first failure after that."""
        expected = self._send(executions)
        while self.pgconn.flush():
            if (yield Wait.RW) & Ready.R:
                self.pgconn.consume_input()
        failed: PGresult | None = None
        for take in expected:
            result = yield from self._next_result()
            if result is None:
                raise psycopg.OperationalError("an answer was lost")
            if result.status == ExecStatus.FATAL_ERROR:
                failed = failed or result
            elif not failed:
                take(result)
            yield from self._next_result()  # none, which says that this statement has no more
        yield from self._next_result()  # the end of all
        if failed:
            raise error_from_result(failed, self.info.encoding)

    def _send(self, executions: Sequence[_Execution]) -> list[_Take]:
        """Give everything to libpq, and return what is to take the results, in their order."""
        expected: list[_Take] = []
        new: dict[str, bytes] = {}
        for sql, values, answer in executions:
            name = self._names.get(sql) or new.get(sql)
            if name is None:
                name = new[sql] = b"makegood_%d" % (len(self._names) + len(new))
                self.pgconn.send_prepare(name, _numbered(sql))
                expected.append(partial(self._parsed, sql, name))
            self.pgconn.send_query_prepared(name, values)
            expected.append(partial(self._came, answer))
        self.pgconn.pipeline_sync()
        return expected

    def _next_result(self) -> _Waiting:
        while self.pgconn.is_busy():
            yield Wait.R
            self.pgconn.consume_input()
        return self.pgconn.get_result()

    def _parsed(self, sql: str, name: bytes, _result: PGresult) -> None:
        self._names[sql] = name

    def _came(self, answer: Came, result: PGresult) -> None:
        if result.status == ExecStatus.TUPLES_OK:
            adapt = Transformer(self)
            adapt.set_pgresult(result)
            answer.rows = adapt.load_rows(0, result.ntuples, tuple)
        else:
            answer.rowcount += result.command_tuples or 0


def connect(
    _dialect: Dialect, _record: object, where: list[Any], how: dict[str, Any]
) -> PostgreSQLConnection:
    """Open such a connection, as SQLAlchemy's event `do_connect` asks for it."""
    return PostgreSQLConnection.connect(*where, **how)


def _numbered(sql: str) -> bytes:
    """Return a statement with its places as the server has them: $1 for psycopg's first %s."""
    number = count(1)
    return re.sub("%[s%]", lambda place: f"${next(number)}" if place[0] == "%s" else "%", sql).encode()

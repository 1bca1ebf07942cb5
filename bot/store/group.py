"""The session of a group of transactions: their rows read at once, their writes sent shape by shape.

A statement's way to the database and back costs more than what it does there. So a write whose answer
nobody needs waits until the group ends, or until something is asked of the session that it might change;
then each shape of statement goes out once, with the values of all who wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel

from bot.store.prepared import Statement, prepared, row_by_key
from bot.store.together import together

Row = TypeVar("Row", bound=SQLModel)
RowName = tuple[type[SQLModel], Any]
"""A table and a row's primary key; None for a key that is not known: any row of the table."""


class RowMovedError(LookupError):
    """A row is no longer as it was when it was read, so that what was to follow from it may not."""


class GroupSession(Session):
    """A session of the writer's. What is asked past `wait` and `peek` finds everything that waits sent."""

    def __init__(self, connection: Connection, ahead: Mapping[RowName, SQLModel]) -> None:
        """`ahead` are rows that were read for the group's transactions, which are going to fetch them."""
        super().__init__(
            connection, join_transaction_mode="rollback_only", expire_on_commit=False, autoflush=True
        )
        self._connection: Final = connection
        self._read_ahead = dict(ahead)
        self._waiting: dict[Statement, list[Any]] = defaultdict(list)
        self._guarded: set[Statement] = set()
        self._touched: set[RowName] = set()
        self.begin()

    def peek(self, table: type[Row], key: Any) -> Row | None:  # noqa: ANN401  # a column's value
        """Return a row by its primary key, without sending what cannot have changed it."""
        name = (table, key)
        if name in self._touched or (table, None) in self._touched:
            self.send()
        found = self._read_ahead.pop(name, None)
        if isinstance(found, table):
            return found
        return row_by_key(self._connection, table, key)

    def wait(self, statement: Statement, values: Mapping[str, Any], row: RowName) -> None:
        """Let a write to `row` wait for the others of its shape."""
        self._waiting[statement].append(prepared(statement, self._connection.dialect).bound(values))
        self._touched.add(row)
        self._read_ahead.pop(row, None)

    def wait_guarded(self, statement: Statement, values: Mapping[str, Any], row: RowName) -> None:
        """Let a write wait that has to find its row, as `send` will see. A row's moves keep their order."""
        if row in self._touched:
            self.send()
        self.wait(statement, values, row)
        self._guarded.add(statement)

    def wait_in_its_place(self, statement: Statement, values: Mapping[str, Any], row: RowName) -> None:
        """Let a write wait in the place of the one before, which it would overwrite."""
        self._waiting[statement].clear()
        self.wait(statement, values, row)

    def send(self) -> None:
        """Send what waits, and forget what was read ahead. Raises RowMovedError."""
        self._read_ahead.clear()
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, defaultdict(list)
        self._touched.clear()
        dialect = self._connection.dialect
        known = [(prepared(statement, dialect), values) for statement, values in waiting.items()]
        sent = [(one.sql, one.many(values)) for one, values in known]
        for (statement, values), answer in zip(
            waiting.items(), together(self._connection, sent), strict=True
        ):
            if statement in self._guarded and answer.rowcount != len(values):
                raise RowMovedError(f"{len(values) - answer.rowcount} of {len(values)} rows moved meanwhile")

    def connection(self, *args: Any, **options: Any) -> Connection:  # noqa: ANN401  # as Session has it
        """Return the connection, with everything sent."""
        self.send()
        return super().connection(*args, **options)


@event.listens_for(GroupSession, "do_orm_execute")
def _before_a_query(asked: ORMExecuteState) -> None:
    if isinstance(asked.session, GroupSession):
        asked.session.send()


@event.listens_for(GroupSession, "before_flush")
def _before_a_flush(session: GroupSession, *_: object) -> None:
    session.send()

"""Statements that go to the database together, in one way there and back.

Each way costs more than what is done at its end: the writer waits, nobody else has anything to do meanwhile,
and both processors go to sleep. To SQLite there is no way to go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from bot.store.postgresql import PostgreSQLConnection  # SQLite does without, and starts faster

SentStatement = tuple[str, Any]
"""A statement as the driver takes it, and its values: a tuple of them, a list of such tuples, or None."""


class Answer(Protocol):
    """What came back for one statement."""

    @property
    def rowcount(self) -> int:
        """How many rows it wrote, all of its values together."""
        ...

    def fetchall(self) -> Sequence[Any]:
        """Return the rows it read, each a tuple as the driver has it."""
        ...


def together(connection: Connection, statements: Sequence[SentStatement]) -> Sequence[Answer]:
    """Run `statements` in order, and return what came back for each.

    Raises DBAPIError for the first that failed, as the connection itself does; none after it is run.
    """
    if connection.dialect.name != "postgresql":
        return [connection.exec_driver_sql(sql, values) for sql, values in statements]
    if not connection.in_transaction():
        connection.begin()  # as it does by itself for what goes through it
    driver: PostgreSQLConnection = connection.connection.driver_connection  # type: ignore[assignment]  # the engine's
    with _as_the_connection_does(connection, driver):
        return driver.together(statements)


@contextmanager
def _as_the_connection_does(connection: Connection, driver: PostgreSQLConnection) -> Iterator[None]:
    """Turn the driver's errors into SQLAlchemy's, and drop a connection that is lost."""
    drivers = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except drivers as error:
        lost = driver.broken or driver.closed
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, drivers, hide_parameters=True, connection_invalidated=lost
        ) from error

"""What goes to the database in one way there and back: all of it in order, or nothing after what failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.store.engine import Store
from bot.store.together import together
from tests.postgres import Postgres

_ADD = "INSERT INTO seen (name, value) VALUES (%s::VARCHAR, %s::VARCHAR)"
_ALL = "SELECT name, value FROM seen WHERE name LIKE %s::VARCHAR || '%%' ORDER BY name"


@pytest.fixture
def connection(pg: Postgres) -> Iterator[Connection]:
    """A connection to PostgreSQL; what it begins is undone."""
    store = Store(pg.migrated())
    with store.engine.connect() as opened:
        yield opened
    store.close()


def names(connection: Connection) -> list[str]:
    (found,) = together(connection, [(_ALL, ("",))])
    return [name for name, _ in found.fetchall()]


def test_answers_come_in_the_order_of_their_statements(connection: Connection) -> None:
    rest = ("SELECT 7 %% 4", None)
    none, added, found, three = together(
        connection, [(_ALL, ("",)), (_ADD, [("a", "1"), ("b", "100 %")]), (_ALL, ("",)), rest]
    )
    assert ([], 2, [("a", "1"), ("b", "100 %")]) == (none.fetchall(), added.rowcount, found.fetchall())
    assert [(3,)] == three.fetchall()


def test_more_than_the_sockets_hold_goes_there_and_back_at_once(connection: Connection) -> None:
    """Neither side reads before the other has written, unless both do both."""
    large = "x" * 20_000
    together(connection, [(_ADD, [(f"a{n:03}", large) for n in range(100)])])
    *read, added, found = together(
        connection,
        [*[(_ALL, ("a",))] * 10, (_ADD, [(f"b{n:03}", large) for n in range(300)]), (_ALL, ("b",))],
    )
    assert {100} == {len(one.fetchall()) for one in read}
    assert (300, 300) == (added.rowcount, len(found.fetchall()))


def test_nothing_is_run_after_what_failed_and_the_connection_is_as_good_as_before(
    connection: Connection,
) -> None:
    with pytest.raises(IntegrityError), connection.begin():
        together(connection, [(_ADD, [("a", "1"), ("a", "2")]), (_ALL, ("",))])
    assert [] == names(connection)


def test_what_cannot_be_sent_keeps_back_the_rest(connection: Connection) -> None:
    with pytest.raises(DBAPIError):
        together(connection, [(_ADD, ("a", "1")), (_ADD, ("b", "a NUL: \0"))])
    assert [] == names(connection)


def test_it_is_part_of_the_transaction(connection: Connection) -> None:
    together(connection, [(_ADD, ("a", "1"))])
    connection.rollback()
    assert [] == names(connection)
    connection.exec_driver_sql("INSERT INTO seen (name, value) VALUES ('b', '2')")
    together(connection, [(_ADD, ("c", "3"))])
    connection.rollback()
    assert [] == names(connection)
    together(connection, [(_ADD, ("d", "4"))])
    connection.commit()
    connection.rollback()
    assert ["d"] == names(connection)

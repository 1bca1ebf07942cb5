"""Statements as the driver takes them: each shape is compiled once, after that only its values change.

To build and compile a statement, and to load a row into the session's bookkeeping, takes far longer than
the database does; what every click runs goes past both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    select,
)
from sqlalchemy.orm import class_mapper
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from bot.store.tables.row import UtcTime

Row = TypeVar("Row", bound=SQLModel)
Statement = Insert | Update | Delete | TextClause
_Processor = Callable[[Any], Any]
_KEPT: Final = 1024


class Prepared:
    """A statement compiled for one kind of database, with what turns each value into the driver's."""

    __slots__ = ("_fixed", "_parameters", "sql")

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._fixed = {name: one.value for one, name in compiled.bind_names.items() if not one.required}
        types = {name: one.type for one, name in compiled.bind_names.items()}
        names = compiled.positiontup or ()
        self._parameters = [(name, _processor(types[name], dialect)) for name in names]

    def bound(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as the driver takes them
        """Return the values of one execution as the driver takes them."""
        given = {**self._fixed, **values} if self._fixed else values
        return tuple([put(given[name]) if put else given[name] for name, put in self._parameters])


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> _Processor | None:
    """Return what turns a value into the driver's."""
    return (
        _moment(dialect) if isinstance(kind, UtcTime) else kind.dialect_impl(dialect).bind_processor(dialect)
    )


@cache
def _moment(dialect: Dialect) -> _Processor | None:
    """The same for times; one moment goes into many columns, so the newest are kept."""
    processor = UtcTime().dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(_KEPT)(processor) if processor else None


@lru_cache(_KEPT)
def prepared(statement: Statement, dialect: Dialect) -> Prepared:
    """Return a statement that is made once, prepared."""
    return Prepared(statement, dialect)


def row_by_key(connection: Connection, table: type[Row], key: Any) -> Row | None:  # noqa: ANN401  # a column's value
    """Return the row with this primary key; it belongs to no session."""
    found = connection.execute(_by_key(table), {"key": key})
    return next(_rows(table, found), None)


def rows_by_key(connection: Connection, table: type[Row], keys: Sequence[Any]) -> dict[Any, Row]:
    """Return the rows with these primary keys, by them; they belong to no session."""
    name = key_of(table).name
    found = connection.execute(_by_keys(table), {"keys": keys})
    return {row.__dict__[name]: row for row in _rows(table, found)}


def _rows(table: type[Row], found: CursorResult[Any]) -> Iterator[Row]:
    """Make rows as the ORM does when it loads them: without checks and defaults."""
    make: Callable[[], Row] = class_mapper(table).class_manager.new_instance
    names = tuple(found.keys())
    for values in found:
        row = make()
        row.__dict__.update(zip(names, values, strict=True))  # public, for all its underscore
        yield row


@cache
def _by_key(table: type[SQLModel]) -> Select[Any]:
    key = key_of(table)
    return select(table_of(table)).where(key == bindparam("key", type_=key.type))


@cache
def _by_keys(table: type[SQLModel]) -> Select[Any]:
    key = key_of(table)
    return select(table_of(table)).where(key.in_(bindparam("keys", type_=key.type, expanding=True)))


def table_of(table: type[SQLModel]) -> Table:
    """Return a model's table."""
    found: Table = table.__table__  # type: ignore[attr-defined]  # every table model has it
    return found


@cache
def key_of(table: type[SQLModel]) -> Column[Any]:
    """Return the one column of a table's primary key."""
    (key,) = table_of(table).primary_key
    return key

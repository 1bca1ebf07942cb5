"""Statements as the driver takes them: each shape is compiled once, after that only its values change.

To build and compile a statement, and to load a row into the session's bookkeeping, takes far longer than
the database does; what every click runs goes past both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    Connection,
    Delete,
    Dialect,
    Insert,
    String,
    Table,
    TextClause,
    Update,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.orm import class_mapper
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from bot.store.tables.row import UtcTime
from bot.store.together import together

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

    def many(self, bound: list[Any]) -> Any:  # noqa: ANN401  # as the driver takes them
        """Return what executions were `bound` to, as the driver takes them: a list where they are several."""
        return bound if len(bound) > 1 else bound[0]


class PreparedInsert(Prepared):
    """An insertion on PostgreSQL: its rows go there as one JSON array, in one statement."""

    __slots__ = ()

    def __init__(self, statement: Insert, dialect: Dialect) -> None:
        super().__init__(statement, dialect)
        types = statement.table.c
        self._parameters = [
            (name, None if isinstance(types[name].type, JSON) else put) for name, put in self._parameters
        ]
        named = [(name, types[name].type) for name, _ in self._parameters]
        given = func.json_to_recordset(bindparam("rows", type_=JSON())).table_valued(
            *(column(*one) for one in named)
        )
        rows = select(*given.render_derived(with_types=True).c)
        inserted = insert(statement.table).from_select([name for name, _ in named], rows)
        self.sql = str(inserted.compile(dialect=dialect))

    def bound(self, values: Mapping[str, Any]) -> bytes:
        """Return one row as JSON."""
        return msgspec.json.encode(
            {name: put(values[name]) if put else values[name] for name, put in self._parameters}
        )

    def many(self, bound: list[bytes]) -> tuple[str]:
        """Return the rows as one array."""
        return (f"[{b','.join(bound).decode()}]",)


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
    if isinstance(statement, Insert) and dialect.name == "postgresql":
        return PreparedInsert(statement, dialect)
    return Prepared(statement, dialect)


class Reading:
    """Reads rows of one table by their primary keys, past the session: they belong to none."""

    __slots__ = ("_key", "_keys", "_make", "_names", "_processors", "sql")

    def __init__(self, table: type[SQLModel], dialect: Dialect) -> None:
        key = key_of(table)
        postgresql = dialect.name == "postgresql"
        keys = bindparam("keys", type_=ARRAY(key.type) if postgresql else String())
        wanted = any_(keys) if postgresql else select(func.json_each(keys).table_valued("value").c.value)
        condition = key == wanted if postgresql else key.in_(wanted)
        self.sql = str(select(table_of(table)).where(condition).compile(dialect=dialect))
        self._key = key.name
        self._keys: Callable[[list[Any]], Any] = list if postgresql else _as_json
        self._make: Callable[[], SQLModel] = class_mapper(table).class_manager.new_instance
        kinds = {column.name: column.type.dialect_impl(dialect) for column in table_of(table).c}
        self._names = tuple(kinds)
        processors = {name: kind.result_processor(dialect, None) for name, kind in kinds.items()}
        self._processors = [(name, get) for name, get in processors.items() if get]

    def bound(self, keys: Iterable[Any]) -> Any:  # noqa: ANN401  # as the driver takes them
        """Return primary keys as the driver takes them."""
        return (self._keys(list(keys)),)

    def rows(self, found: Iterable[Sequence[Any]]) -> dict[Any, SQLModel]:
        """Make rows as the ORM does when it loads them, without checks and defaults; return them by key."""
        rows = {}
        for values in found:
            row = self._make()
            held = row.__dict__  # public, for all its underscores
            held.update(zip(self._names, values, strict=True))
            for name, get in self._processors:
                held[name] = get(held[name])
            rows[held[self._key]] = row
        return rows


@lru_cache(_KEPT)
def reading(table: type[SQLModel], dialect: Dialect) -> Reading:
    """Return the statement that reads rows of a table by their primary keys, prepared."""
    return Reading(table, dialect)


def row_by_key(connection: Connection, table: type[Row], key: Any) -> Row | None:  # noqa: ANN401  # a column's value
    """Return the row with this primary key; it belongs to no session."""
    by_key = reading(table, connection.dialect)
    (found,) = together(connection, [(by_key.sql, by_key.bound([key]))])
    row = by_key.rows(found.fetchall()).get(key)
    return row if isinstance(row, table) else None


def _as_json(keys: list[Any]) -> str:
    return msgspec.json.encode(keys).decode()


def table_of(table: type[SQLModel]) -> Table:
    """Return a model's table."""
    found: Table = table.__table__  # type: ignore[attr-defined]  # every table model has it
    return found


@cache
def key_of(table: type[SQLModel]) -> Column[Any]:
    """Return the one column of a table's primary key."""
    (key,) = table_of(table).primary_key
    return key

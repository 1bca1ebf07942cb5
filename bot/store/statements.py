"""Statements as the driver takes them: each shape is compiled once, after that only its values change.

To build and compile a statement, and to load a row into the session's bookkeeping, takes far longer than
the database does; what every click runs goes past both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    CursorResult,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import class_mapper
from sqlmodel import Session, SQLModel

Row = TypeVar("Row", bound=SQLModel)
Statement = Insert | Update | Delete | TextClause
_Processor = Callable[[Any], Any]
_KEPT: Final = 1024


def run(session: Session, statement: Statement, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Run a statement that is made once and returns no rows, with `values` for its parameters."""
    connection = session.connection()
    prepared = _prepared(statement, connection.dialect)
    return connection.exec_driver_sql(prepared.sql, prepared.bound(values))


def fetch(session: Session, table: type[Row], key: Any) -> Row | None:  # noqa: ANN401  # a column's value
    """Read one row by its primary key; it belongs to no session, and changing it changes nothing."""
    found = session.connection().execute(_by_key(table), {"key": key}).first()
    if found is None:
        return None
    row: Row = _maker(table)()
    row.__dict__.update(zip(found._fields, found, strict=True))  # public, for all its underscore
    return row


def add(session: Session, table: type[SQLModel], **values: Any) -> None:  # noqa: ANN401  # a column's value
    """Insert a row at once, past the session's bookkeeping; what is not named gets its default."""
    given = _defaults(table) | values
    run(session, _insertion(table, tuple(given)), given)


def add_once(session: Session, table: type[SQLModel], **values: Any) -> bool:  # noqa: ANN401  # a column's value
    """Insert a row unless one with its key is there; say whether it was new."""
    given = _defaults(table) | values
    return run(session, _insertion_once(table, tuple(given)), given).rowcount == 1


def change_where(session: Session, table: type[SQLModel], where: Mapping[str, Any], **values: Any) -> int:  # noqa: ANN401  # a column's value
    """Write `values` to the rows whose columns equal `where`; return how many there were."""
    statement = _change(table, tuple(where), tuple(values))
    bound = {f"if_{name}": value for name, value in where.items()}
    bound |= {f"to_{name}": value for name, value in values.items()}
    return run(session, statement, bound).rowcount


@cache
def _maker(table: type[Row]) -> Callable[[], Row]:
    """Return what makes an empty row as the ORM does when it loads one: without checks and defaults."""
    maker: Callable[[], Row] = class_mapper(table).class_manager.new_instance
    return maker


class _Prepared:
    """A statement compiled for one kind of database, with what turns each value into the driver's."""

    __slots__ = ("_fixed", "_named", "_parameters", "sql")

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._fixed: dict[str, Any] = dict(compiled.params)
        types = {name: one.type for one, name in compiled.bind_names.items()}
        names = compiled.positiontup or types
        self._parameters: list[tuple[str, _Processor | None]] = [
            (name, types[name].dialect_impl(dialect).bind_processor(dialect)) for name in names
        ]
        self._named = not compiled.positional

    def bound(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as the driver takes them
        given = {**self._fixed, **values}
        if self._named:
            return {name: put(given[name]) if put else given[name] for name, put in self._parameters}
        return tuple([put(given[name]) if put else given[name] for name, put in self._parameters])


@lru_cache(_KEPT)
def _prepared(statement: Statement, dialect: Dialect) -> _Prepared:
    return _Prepared(statement, dialect)


@cache
def _by_key(table: type[SQLModel]) -> Select[Any]:
    (key,) = _table(table).primary_key
    return select(_table(table)).where(key == bindparam("key", type_=key.type))


@cache
def _insertion(table: type[SQLModel], names: tuple[str, ...]) -> Insert:
    columns = _table(table).c
    values = {name: bindparam(name, type_=columns[name].type) for name in names}
    return insert(_table(table)).inline().values(values)


@cache
def _insertion_once(table: type[SQLModel], names: tuple[str, ...]) -> TextClause:
    """SQLite and PostgreSQL write this alike; SQLAlchemy has it for each of them apart."""
    columns = _table(table).c
    places = ", ".join(f":{name}" for name in names)
    insertion = (
        f"INSERT INTO {_table(table).name} ({', '.join(names)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608  # names of our own tables
    )
    return text(insertion).bindparams(*(bindparam(name, type_=columns[name].type) for name in names))


@cache
def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    fields = table.model_fields
    return {name: field.default for name, field in fields.items() if not field.is_required() and name != "id"}


@cache
def _change(table: type[SQLModel], where: tuple[str, ...], names: tuple[str, ...]) -> Update:
    columns = _table(table).c
    guarded = update(_table(table)).where(
        *(columns[name] == bindparam(f"if_{name}", type_=columns[name].type) for name in where)
    )
    return guarded.values({name: bindparam(f"to_{name}", type_=columns[name].type) for name in names})


def _table(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]  # every table model has it
    return found

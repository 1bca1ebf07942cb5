"""Statements that are built once for each shape: building one takes longer than running it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, TextClause, Update, bindparam, insert, text, update
from sqlmodel import Session, SQLModel


def add(session: Session, table: type[SQLModel], **values: Any) -> None:  # noqa: ANN401  # a column's value
    """Insert a row at once, past the session's bookkeeping; what is not named gets its default."""
    session.connection().execute(_insertion(table), _defaults(table) | values)


def add_once(session: Session, table: type[SQLModel], **values: Any) -> bool:  # noqa: ANN401  # a column's value
    """Insert a row unless one with its key is there; say whether it was new."""
    given = _defaults(table) | values
    return session.connection().execute(_insertion_once(table, tuple(given)), given).rowcount == 1


def change_where(session: Session, table: type[SQLModel], where: Mapping[str, Any], **values: Any) -> int:  # noqa: ANN401  # a column's value
    """Write `values` to the rows whose columns equal `where`; return how many there were."""
    statement = _change(table, tuple(where), tuple(values))
    bound = {f"if_{name}": value for name, value in where.items()}
    bound |= {f"to_{name}": value for name, value in values.items()}
    return session.connection().execute(statement, bound).rowcount


@cache
def _insertion(table: type[SQLModel]) -> Insert:
    return insert(_table(table))


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
    guarded = update(_table(table)).where(*(columns[name] == bindparam(f"if_{name}") for name in where))
    return guarded.values({name: bindparam(f"to_{name}", type_=columns[name].type) for name in names})


def _table(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]  # every table model has it
    return found

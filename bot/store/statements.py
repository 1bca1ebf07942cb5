"""What the hot paths ask of the database, past the ORM's bookkeeping.

In a group of transactions, writes whose answer nobody needs wait for the others of their shape (see
`bot.store.group`); in any other session they are sent at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Insert, TextClause, Update, bindparam, insert, text, update
from sqlmodel import Session, SQLModel

from bot.store.group import GroupSession, RowMovedError, RowName
from bot.store.prepared import Statement, key_of, prepared, row_by_key, table_of
from bot.store.together import together

Row = TypeVar("Row", bound=SQLModel)


def run(session: Session, statement: Statement, values: Mapping[str, Any]) -> int:
    """Run a statement that is made once, with `values` for its parameters; return how many rows it wrote."""
    connection = session.connection()
    known = prepared(statement, connection.dialect)
    (answer,) = together(connection, [(known.sql, known.many([known.bound(values)]))])
    return answer.rowcount


def run_later(session: Session, statement: Statement, values: Mapping[str, Any], row: RowName) -> None:
    """Run such a statement, which writes to `row`, by the end of the group at the latest."""
    if isinstance(session, GroupSession):
        session.wait(statement, values, row)
        return
    run(session, statement, values)


def run_latest(session: Session, statement: Statement, values: Mapping[str, Any], row: RowName) -> None:
    """Run such a statement of which, within a group, only the latest counts."""
    if isinstance(session, GroupSession):
        session.wait_in_its_place(statement, values, row)
        return
    run(session, statement, values)


def fetch(session: Session, table: type[Row], key: Any) -> Row | None:  # noqa: ANN401  # a column's value
    """Read one row by its primary key; it belongs to no session, and changing it changes nothing."""
    if isinstance(session, GroupSession):
        return session.peek(table, key)
    return row_by_key(session.connection(), table, key)


def add(session: Session, table: type[SQLModel], **values: Any) -> None:  # noqa: ANN401  # a column's value
    """Insert a row, past the session's bookkeeping; what is not named gets its default."""
    given = _defaults(table) | values
    run_later(session, _insertion(table, tuple(given)), given, (table, None))


def add_once(session: Session, table: type[SQLModel], **values: Any) -> bool:  # noqa: ANN401  # a column's value
    """Insert a row unless one with its key is there; say whether it was new."""
    given = _defaults(table) | values
    return run(session, _insertion_once(table, tuple(given)), given) == 1


def change_where(session: Session, table: type[SQLModel], where: Mapping[str, Any], **values: Any) -> int:  # noqa: ANN401  # a column's value
    """Write `values` to the rows whose columns equal `where`; return how many there were."""
    return run(session, _change(table, tuple(where), tuple(values)), _bound(where, values))


def change_guarded(
    session: Session,
    table: type[SQLModel],
    key: Any,  # noqa: ANN401  # a column's value
    seen: Mapping[str, Any],
    **values: Any,  # noqa: ANN401  # as above
) -> None:
    """Write `values` to the row with this primary key, by the end of the group at the latest.

    Raises RowMovedError, here or at the group's end, unless its columns still are as they were `seen`.
    """
    where = {key_of(table).name: key, **seen}
    statement, bound = _change(table, tuple(where), tuple(values)), _bound(where, values)
    if isinstance(session, GroupSession):
        session.wait_guarded(statement, bound, (table, key))
    elif run(session, statement, bound) != 1:
        raise RowMovedError(f"{key} is no longer as it was seen")


@cache
def _insertion(table: type[SQLModel], names: tuple[str, ...]) -> Insert:
    columns = table_of(table).c
    values = {name: bindparam(name, type_=columns[name].type) for name in names}
    return insert(table_of(table)).inline().values(values)


@cache
def _insertion_once(table: type[SQLModel], names: tuple[str, ...]) -> TextClause:
    """SQLite and PostgreSQL write this alike; SQLAlchemy has it for each of them apart."""
    columns = table_of(table).c
    places = ", ".join(f":{name}" for name in names)
    insertion = (
        f"INSERT INTO {table_of(table).name} ({', '.join(names)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608  # names of our own tables
    )
    return text(insertion).bindparams(*(bindparam(name, type_=columns[name].type) for name in names))


@cache
def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    fields = table.model_fields
    return {name: field.default for name, field in fields.items() if not field.is_required() and name != "id"}


@cache
def _change(table: type[SQLModel], where: tuple[str, ...], names: tuple[str, ...]) -> Update:
    columns = table_of(table).c
    guarded = update(table_of(table)).where(
        *(columns[name] == bindparam(f"if_{name}", type_=columns[name].type) for name in where)
    )
    return guarded.values({name: bindparam(f"to_{name}", type_=columns[name].type) for name in names})


def _bound(where: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    bound = {f"if_{name}": value for name, value in where.items()}
    return bound | {f"to_{name}": value for name, value in values.items()}

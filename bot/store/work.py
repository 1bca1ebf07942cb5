"""Taking up work that is due: whoever pushes `due_at` ahead has it until then, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import inspect, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel, col, select

from bot.store.statements import change_where

Row = TypeVar("Row", bound=SQLModel)
LEASE: Final = timedelta(seconds=60)
"""How long whoever took up a piece of work has it; longer than any one call to Slack or Stripe may last."""


def due(session: Session, table: type[Row], now: datetime, limit: int = 100) -> Sequence[Row]:
    """Return the rows of `table` that are due at `now`, the longest due first."""
    column = col(table.due_at)  # type: ignore[attr-defined]  # every table that holds work has it
    return session.exec(
        select(table).where(column.is_not(None), column <= now).order_by(column).limit(limit)
    ).all()


def take(session: Session, row: SQLModel, now: datetime, **changes: Any) -> bool:  # noqa: ANN401  # a column's value
    """Take up `row` for a lease, with `changes`, which `row` then shows too.

    False when somebody else has it, or it is done.
    """
    seen: datetime | None = row.due_at  # type: ignore[attr-defined]  # as above
    if seen is None or seen > now:
        return False
    changes["due_at"] = now + LEASE
    if change_where(session, type(row), _key(row) | {"due_at": seen}, **changes) != 1:
        return False
    for name, value in changes.items():
        set_committed_value(row, name, value)
    return True


def let_go(session: Session, tables: Sequence[type[SQLModel]], now: datetime) -> None:
    """Make everything due now that comes due within a lease."""
    for table in tables:
        column = col(table.due_at)  # type: ignore[attr-defined]  # as above
        session.execute(update(table).where(column > now, column <= now + LEASE).values(due_at=now))


def change(session: Session, row: SQLModel, **values: Any) -> None:  # noqa: ANN401  # a column's value
    """Write `values` to `row`'s columns, and nothing else of it."""
    change_where(session, type(row), _key(row), **values)


def amend(session: Session, row: SQLModel, **values: Any) -> None:  # noqa: ANN401  # a column's value
    """Write `values` to `row`'s columns, as `change` does; `row` then shows them too."""
    change(session, row, **values)
    for name, value in values.items():
        set_committed_value(row, name, value)


def _key(row: SQLModel) -> dict[str, Any]:
    return {key.name: getattr(row, key.name) for key in inspect(type(row)).primary_key}

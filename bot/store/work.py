"""Taking up work that is due: whoever pushes `due_at` ahead has it until then, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import CursorResult, inspect, update
from sqlmodel import Session, SQLModel, col, select

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
    """Take up `row` for a lease, with `changes`. False when somebody else has it, or it is done."""
    table: Any = type(row)
    seen: datetime | None = row.due_at  # type: ignore[attr-defined]  # as above
    if seen is None or seen > now:
        return False
    changed = session.execute(
        update(table).where(*_is(row), table.due_at == seen).values(due_at=now + LEASE, **changes),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(changed, CursorResult)  # noqa: S101  # tells the type checker what an update returns
    return changed.rowcount == 1


def change(session: Session, row: SQLModel, **values: Any) -> None:  # noqa: ANN401  # a column's value
    """Write `values` to `row`'s columns, and nothing else of it."""
    session.execute(
        update(type(row)).where(*_is(row)).values(**values), execution_options={"synchronize_session": False}
    )


def _is(row: SQLModel) -> list[Any]:
    keys = inspect(type(row)).primary_key
    return [key == getattr(row, key.name) for key in keys]

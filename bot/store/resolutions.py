"""How things ended, and how their customers heard of it: written with the move that ends them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, update
from sqlmodel import Session, col, select

from bot.store.ended import ENDED
from bot.store.statements import add, change_where, fetch, run
from bot.store.tables import Resolution


def write(session: Session, kind: str, subject_id: str, *, outcome: str, words: str, at: datetime) -> None:
    """Write down how something ended; what was written before about it no longer holds."""
    withdraw(session, subject_id)
    add(
        session,
        Resolution,
        subject_id=subject_id,
        subject_kind=kind,
        outcome=outcome,
        words=words,
        ended_at=at,
    )


def withdraw(session: Session, subject_id: str) -> None:
    """Take back how something ended: it goes on after all."""
    run(session, _WITHDRAWAL, {"subject": subject_id})


_WITHDRAWAL: Final = delete(Resolution).where(col(Resolution.subject_id) == bindparam("subject"))


def customer_told(session: Session, subject_id: str, *, how: str, by: str, at: datetime) -> bool:
    """Write down that the customer was told; False when that stands there already, or nothing has ended."""
    guard = {"subject_id": subject_id, "told": ""}
    return change_where(session, Resolution, guard, told=how, told_by=by, told_at=at) == 1


def of_subject(session: Session, subject_id: str) -> Resolution | None:
    """Return how one thing ended."""
    return fetch(session, Resolution, subject_id)


def ended_between(session: Session, since: datetime, until: datetime) -> Iterator[tuple[Resolution, Any]]:
    """Yield what ended from `since` until before `until` with its row, kind by kind, oldest first."""
    for table in ENDED:
        yield from session.exec(
            select(Resolution, table)
            .join(table, col(table.id) == Resolution.subject_id)
            .where(Resolution.ended_at >= since, Resolution.ended_at < until)
            .order_by(col(Resolution.ended_at))
            .execution_options(yield_per=1000)
        )


def erase(session: Session, subject_ids: Sequence[str]) -> None:
    """Take out the words, which people wrote about a customer; that and when it ended stays."""
    session.execute(
        update(Resolution).where(col(Resolution.subject_id).in_(subject_ids)).values(words=""),
        execution_options={"synchronize_session": False},
    )

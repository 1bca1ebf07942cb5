"""Slack messages as rows: asked for in the transaction that makes them true, drawn afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, case, func, literal, null, update
from sqlmodel import Session, col, select

from bot.store.statements import add, run_later
from bot.store.tables import Post, UtcTime
from bot.store.work import change, take

_HOLDS_UP: Final = 10
"""After so many tries, a line of a thread no longer holds up those behind it."""


def ask(
    session: Session,
    *,
    kind: str,
    subject_kind: str,
    subject_id: str,
    purpose: str,
    place: str,
    at: datetime,
    under: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Ask for a message. `under` is the purpose of the message in whose thread it goes."""
    add(
        session,
        Post,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        purpose=purpose,
        place=place,
        under=under,
        detail=detail or {},
        created_at=at,
        due_at=at,
    )


def redraw(session: Session, subject_id: str, at: datetime) -> None:
    """Ask for every card of the subject to be drawn again."""
    run_later(session, _REDRAW, {"subject": subject_id, "at": at}, (Post, None))


_REDRAW: Final = (
    update(Post)
    .where(col(Post.subject_id) == bindparam("subject"), col(Post.kind) == "card")
    .values(wanted=Post.wanted + 1, due_at=func.coalesce(Post.due_at, bindparam("at", type_=UtcTime())))
)


def take_due(session: Session, subject_id: str, now: datetime) -> Sequence[Post]:
    """Take up the messages of one subject that are due, in the order they were asked for.

    A thread keeps its order: behind a line that waits, the next ones wait too.
    """
    rows = session.exec(
        select(Post)
        .where(Post.subject_id == subject_id, col(Post.due_at).is_not(None))
        .order_by(col(Post.id))
    ).all()
    taken, held_up = [], False
    for row in rows:
        if row.under and held_up:
            continue
        # `tried` counts this try too: a row that comes back with 2 may already stand in Slack.
        if take(session, row, now, tried=row.tried + 1):
            taken.append(row)
        elif row.under and row.tried < _HOLDS_UP:
            held_up = True
    return taken


def hand_back(session: Session, post: Post, due_at: datetime) -> None:
    """Give back a message that was taken up and not tried; it is due again at `due_at`."""
    change(session, post, tried=post.tried - 1, due_at=due_at)


def due_subjects(session: Session, now: datetime, limit: int = 100) -> Sequence[str]:
    """Return the subjects that have messages due."""
    due_at = col(Post.due_at)
    rows = session.exec(
        select(Post.subject_id).where(due_at.is_not(None), due_at <= now).order_by(due_at).limit(limit)
    )
    return list(dict.fromkeys(rows))


def drawn(session: Session, post: Post, *, channel: str, ts: str, now: datetime) -> None:
    """Note that `post` stands at `channel`, `ts` as it was wanted when it was read."""
    session.execute(
        update(Post)
        .where(col(Post.id) == post.id)
        .values(
            channel=channel,
            ts=ts,
            drawn=post.wanted,
            tried=0,
            said="",
            due_at=_null_when(col(Post.wanted) == post.wanted, now),
        ),
        execution_options={"synchronize_session": False},
    )


def of_subject(session: Session, subject_id: str) -> Sequence[Post]:
    """Return every message of one subject."""
    return session.exec(select(Post).where(Post.subject_id == subject_id).order_by(col(Post.id))).all()


def _null_when(is_current: Any, otherwise: datetime) -> Any:  # noqa: ANN401  # SQL expressions
    return case((is_current, null()), else_=literal(otherwise, UtcTime()))

"""What waits for one person, and what they asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import Session, col, select

from bot.cards.home import page
from bot.desk.desk import Desk
from bot.desk.record import Subject, of_id
from bot.errors import ConfigurationError, CouldNotCheckError
from bot.store.tables import BillingChange, Case, Deadline, Post

Asked = TypeVar("Asked", Case, BillingChange)
Waiting = list[tuple[Subject, str]]
_MANY = 30


async def home(desk: Desk, user: str) -> dict[str, object]:
    """Draw the Home page of `user`."""
    routes, unchecked = await _routes(desk, user)
    waiting = await desk.store.read(lambda session: _waiting(session, routes, desk.workspace_url))
    mine = await desk.store.read(lambda session: _mine(session, user))
    return page(desk.now(), waiting=waiting, mine=mine, unchecked=unchecked)


async def _routes(desk: Desk, user: str) -> tuple[list[str], bool]:
    found = []
    for route in desk.playbook.routes:
        try:
            if user in await desk.directory.approvers(route):
                found.append(route)
        except CouldNotCheckError:
            return found, True
        except ConfigurationError:
            continue
    return found, False


def _waiting(session: Session, routes: Sequence[str], workspace_url: str) -> Waiting:
    due = session.exec(
        select(Deadline)
        .where(col(Deadline.due_at).is_not(None), col(Deadline.route).in_(routes))
        .order_by(col(Deadline.answer_by))
        .limit(_MANY)
    ).all()
    found: Waiting = []
    for deadline in due:
        subject = of_id(session, deadline.subject_id)
        if subject:
            found.append((subject, _link(session, deadline.subject_id, workspace_url)))
    return found


def _link(session: Session, subject_id: str, workspace_url: str) -> str:
    card = session.exec(select(Post).where(Post.subject_id == subject_id, Post.purpose == "card")).first()
    if card is None or not card.ts:
        return ""
    return f"{workspace_url.rstrip('/')}/archives/{card.channel}/p{card.ts.replace('.', '')}"


def _mine(session: Session, user: str) -> Sequence[Case | BillingChange]:
    return sorted(
        [*_newest(session, Case, user), *_newest(session, BillingChange, user)],
        key=lambda one: one.opened_at,
        reverse=True,
    )


def _newest(session: Session, table: type[Asked], user: str) -> Sequence[Asked]:
    mine = select(table).where(table.requested_by == user)
    return session.exec(mine.order_by(col(table.opened_at).desc()).limit(_MANY)).all()

"""What the trail has to say in Slack: a line in the thread for an entry, and its subject's cards drawn anew.

Whoever acts only records. The messages follow from the trail, in its order, up to a mark that says how far
it was told; so what is recorded is shown, also when a process dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session, col, select

from bot.store import audit, marks, posts
from bot.store.group import RowName
from bot.store.tables import Audit, Post, Seen

_TOLD: Final = "trail_told"
READ_AHEAD: Final[tuple[RowName, RowName]] = ((Seen, _TOLD), audit.NEWEST)
"""The rows that say whether there is anything to tell."""


def is_behind(session: Session) -> bool:
    """Say whether anything was recorded that was not told."""
    return _told(session) < audit.last(session)[0]


def tell(session: Session) -> None:
    """Ask for the messages of every entry since the last one that was told."""
    told, newest = _told(session), audit.last(session)[0]
    if told == newest:
        return
    entries = session.exec(
        select(Audit)
        .where(col(Audit.number).between(told + 1, newest), col(Audit.in_thread).is_(True))
        .order_by(col(Audit.number))
    ).all()
    marks.put(session, _TOLD, str(newest))
    if entries:
        _ask(session, entries)


def _ask(session: Session, entries: Sequence[Audit]) -> None:
    places = _places(session, {entry.subject_id for entry in entries})
    for entry in entries:
        if entry.subject_id not in places:
            continue  # a line that waited for a card that nobody asks for would wait for ever
        posts.ask(
            session,
            kind="trail",
            subject_kind=entry.subject_kind,
            subject_id=entry.subject_id,
            purpose=f"trail:{entry.number}",
            place=places[entry.subject_id],
            under="card",
            at=entry.at,
            detail={"event": entry.event, "actor": entry.actor, **entry.detail},
        )
    for subject_id, at in {entry.subject_id: entry.at for entry in entries}.items():
        posts.redraw(session, subject_id, at)


def _told(session: Session) -> int:
    return int(marks.at(session, _TOLD) or 0)


def _places(session: Session, subjects: set[str]) -> dict[str, str]:
    """Return where the card of each subject is, above its thread."""
    rows: Sequence[tuple[str, str]] = session.exec(
        select(Post.subject_id, Post.place).where(
            col(Post.subject_id).in_(subjects), col(Post.purpose) == "card"
        )
    ).all()
    return dict(rows)

"""The append-only trail: who did what, when, on which facts, each entry chained to the one before."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func
from sqlmodel import Session, col, select

from bot.store import marks
from bot.store.group import RowName
from bot.store.statements import add
from bot.store.tables import Audit, Post, Seen

BEGINNING: Final = "0" * 64
ERASED: Final = "erased"
"""The event of the entry that lists, under `entries`, those whose detail was erased."""


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    event: str,
    kind: str,
    subject_id: str,
    detail: dict[str, Any] | None = None,
    in_thread: bool = False,
) -> None:
    """Append one entry; with `in_thread`, the card's thread is going to tell it (see `bot.store.telling`).

    `actor` is a Slack user id, `stripe`, `policy`, `clock`, or `operator` for the command line.
    """
    number, before = last(session)
    salt = secrets.token_hex(16)
    covered: dict[str, Any] = {
        "number": number + 1,
        "at": at,
        "actor": actor,
        "event": event,
        "subject_kind": kind,
        "subject_id": subject_id,
        "digest": _digest(salt, detail or {}),
        "before": before,
    }
    own = _hash(covered)
    add(session, Audit, **covered, detail=detail or {}, salt=salt, hash=own, in_thread=in_thread)
    session.info[_HEAD] = (session.get_transaction(), number + 1, own)
    marks.put(session, _HEAD, f"{number + 1} {own}")


def entries(session: Session, subject_id: str) -> Sequence[Audit]:
    """Return the entries of one case, escalation or dispute, oldest first."""
    return session.exec(select(Audit).where(Audit.subject_id == subject_id).order_by(col(Audit.number))).all()


def count(session: Session) -> int:
    """Return how many entries there are."""
    return session.exec(select(func.count()).select_from(Audit)).one()


def select_entries(session: Session, subject_id: str | None, since: datetime | None) -> Iterator[Audit]:
    """Yield entries, oldest first: of one subject, from a time on, or all."""
    query = select(Audit).order_by(col(Audit.number)).execution_options(yield_per=1000)
    if subject_id is not None:
        query = query.where(Audit.subject_id == subject_id)
    if since is not None:
        query = query.where(Audit.at >= since)
    yield from session.exec(query)


def faults(session: Session) -> Iterator[str]:
    """Yield a sentence for every entry that was edited, removed or moved; nothing when the chain is whole.

    The chain alone does not show that its newest entries are gone. The mark of the newest one does, and so
    do the lines in the threads, each of which names the entry that it tells.
    """
    # Before the chain, which a desk that serves meanwhile makes longer.
    told, marked = _told(session), _marked(session)
    number, before = 0, BEGINNING
    emptied: set[int] = set()
    erased: set[int] = set()
    for entry in session.exec(select(Audit).order_by(col(Audit.number)).execution_options(yield_per=1000)):
        if entry.number != number + 1:
            yield f"{_entries(number + 1, entry.number - 1)} missing: entry {entry.number} follows {number}."
        elif entry.before != before:
            yield f"Entry {entry.number} does not follow the entry before it."
        if entry.hash != _hash(entry.__dict__):
            yield f"Entry {entry.number} was changed after it was written."
        elif not entry.salt and not entry.detail:
            emptied.add(entry.number)
        elif entry.digest != _digest(entry.salt, entry.detail):
            yield f"The detail of entry {entry.number} was changed after it was written."
        elif entry.number == marked[0] and entry.hash != marked[1]:
            yield f"Entry {entry.number} is not the one that was written."
        elif entry.event == ERASED:
            erased |= set(entry.detail["entries"])
        number, before = entry.number, entry.hash
    for lost in sorted(emptied - erased):
        yield f"The detail of entry {lost} is gone, and no entry says that it was erased."
    yield from _missing_after(number, marked[0], told)


def _missing_after(number: int, marked: int, told: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield a sentence for what the trail had once after the entry `number`, with which it ends."""
    if number and not marked:
        yield "The mark of the newest entry is gone, so nobody can tell whether newer ones are missing."
    if number < marked:
        yield f"{_entries(number + 1, marked)} missing: the trail was written up to entry {marked}."
    for one, subject in told:
        if one > max(number, marked):
            yield f"Entry {one} is missing: the thread of {subject} tells it, and the trail ends before."


def last(session: Session) -> tuple[int, str]:
    """Return the newest entry's number and hash; of none, (0, BEGINNING).

    Who has written an entry knows it to the end of the transaction: nobody else writes meanwhile.
    """
    transaction, number, own = session.info.get(_HEAD, (None, 0, BEGINNING))
    if transaction is not None and transaction is session.get_transaction():
        return number, own
    return _marked(session)


def _marked(session: Session) -> tuple[int, str]:
    """Return what is written down as the newest entry's number and hash."""
    number, own = (marks.at(session, _HEAD) or f"0 {BEGINNING}").split()
    return int(number), own


_HEAD: Final = "audit_head"
NEWEST: Final[RowName] = (Seen, _HEAD)
"""The row that says which entry is the newest; whoever records one reads it first."""


def _told(session: Session) -> list[tuple[int, str]]:
    """Return the number of each entry that a thread tells, and the thread's subject."""
    lines = session.exec(select(Post.purpose, Post.subject_id).where(col(Post.purpose).startswith("trail:")))
    return sorted((int(purpose.removeprefix("trail:")), subject) for purpose, subject in lines)


def _entries(first: int, final: int) -> str:
    return f"Entry {first} is" if first == final else f"Entries {first} to {final} are"


def _digest(salt: str, detail: dict[str, Any]) -> str:
    return hashlib.sha256(salt.encode() + msgspec.json.encode(detail, order="sorted")).hexdigest()


def _hash(covered: Mapping[str, Any]) -> str:
    """Hash what an entry's columns say; its detail by its digest."""
    at: datetime = covered["at"]
    values = [
        covered["before"],
        covered["number"],
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        covered["actor"],
        covered["event"],
        covered["subject_kind"],
        covered["subject_id"],
        covered["digest"],
    ]
    return hashlib.sha256(msgspec.json.encode(values)).hexdigest()

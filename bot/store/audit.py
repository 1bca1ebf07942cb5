"""The append-only trail: who did what, when, on which facts, each entry chained to the one before."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from sqlalchemy import func, insert
from sqlmodel import Session, col, select

from bot.store.tables import Audit

BEGINNING: Final = "0" * 64


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    event: str,
    kind: str,
    subject_id: str,
    detail: dict[str, Any] | None = None,
) -> int:
    """Append one entry and return its number. `actor` is a Slack user id, `stripe`, `policy` or `clock`."""
    last = session.execute(
        select(Audit.number, Audit.hash).order_by(col(Audit.number).desc()).limit(1)
    ).first()
    number, before = (last[0] + 1, last[1]) if last else (1, BEGINNING)
    salt = secrets.token_hex(16)
    entry = Audit(
        number=number,
        at=at,
        actor=actor,
        event=event,
        subject_kind=kind,
        subject_id=subject_id,
        detail=detail or {},
        salt=salt,
        digest=_digest(salt, detail or {}),
        before=before,
        hash="",
    )
    entry.hash = _hash(entry)
    session.execute(insert(Audit).values(**entry.model_dump()))
    return number


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
    """Yield a sentence for every entry that was edited, removed or moved; nothing when the chain is whole."""
    number, before = 0, BEGINNING
    for entry in session.exec(select(Audit).order_by(col(Audit.number)).execution_options(yield_per=1000)):
        if entry.number != number + 1:
            yield f"Entry {number + 1} is missing: entry {entry.number} follows {number}."
        if entry.before != before:
            yield f"Entry {entry.number} does not follow the entry before it."
        if entry.hash != _hash(entry):
            yield f"Entry {entry.number} was changed after it was written."
        elif entry.salt and entry.digest != _digest(entry.salt, entry.detail):
            yield f"The detail of entry {entry.number} was changed after it was written."
        number, before = entry.number, entry.hash


def _digest(salt: str, detail: dict[str, Any]) -> str:
    return hashlib.sha256(salt.encode() + orjson.dumps(detail, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _hash(entry: Audit) -> str:
    covered = [
        entry.before,
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.event,
        entry.subject_kind,
        entry.subject_id,
        entry.digest,
    ]
    return hashlib.sha256(orjson.dumps(covered)).hexdigest()

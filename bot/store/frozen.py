"""On what a decision stood: the playbook's version, and the frozen facts by their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from sqlmodel import Session, col, select

from bot.store import audit
from bot.store.tables import BillingChange, Case, Escalation

Ruled = Case | Escalation | BillingChange

_FROZEN: Final[dict[type[Any], str]] = {Case: "facts", Escalation: "facts", BillingChange: "proposal"}


def basis(subject: Ruled) -> dict[str, str]:
    """Return what an audit entry says of it. What nobody ruled on, such as most escalations, has no facts."""
    frozen = getattr(subject, _FROZEN[type(subject)])
    return {"playbook": subject.playbook} | ({"facts": _digest(frozen)} if frozen else {})


def digests(session: Session, subjects: Sequence[Ruled]) -> dict[str, str]:
    """Return the digests of the facts as the rows of `subjects` hold them now, by id."""
    found: dict[str, str] = {}
    for table in _FROZEN:
        found.update(_now(session, table, [one.id for one in subjects if type(one) is table]))
    return found


def faults(session: Session) -> Iterator[str]:
    """Yield a sentence for each subject whose facts are not those that the trail says it was decided on."""
    known: dict[str, str] = {}
    for entry in audit.select_entries(session, None, None):
        if entry.event == audit.ERASED:
            known |= entry.detail.get("facts", {})
        elif (digest := entry.detail.get("facts")) and known.setdefault(entry.subject_id, digest) != digest:
            yield f"The facts of {entry.subject_id} were changed before entry {entry.number}."
    for table in _FROZEN:
        for subject_id, digest in _now(session, table, None):
            if known.get(subject_id, digest) != digest:
                yield f"The facts of {subject_id} were changed after it was decided on them."


def _now(session: Session, table: type[Any], ids: list[str] | None) -> Iterator[tuple[str, str]]:
    query = select(table.id, getattr(table, _FROZEN[table])).execution_options(yield_per=1000)
    if ids is not None:
        query = query.where(col(table.id).in_(ids))
    for subject_id, frozen in session.execute(query):
        yield subject_id, _digest(frozen)


def _digest(frozen: dict[str, Any] | None) -> str:
    return hashlib.sha256(msgspec.json.encode(frozen, order="sorted")).hexdigest()

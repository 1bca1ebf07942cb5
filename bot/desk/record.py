"""One thing that happened: the guarded move and its audit entry, from which follows what Slack shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlmodel import Session, col

from bot.desk import endings
from bot.store import audit, posts
from bot.store.statements import change_guarded, fetch, run_later
from bot.store.tables import BillingChange, Case, Deadline, Dispute, Escalation
from policy import lifecycle
from policy.escalation import next_reminder
from policy.playbook import Issue, Playbook

Subject = Case | Escalation | Dispute | BillingChange

KIND: Final[dict[type[Any], str]] = {
    Case: "case",
    Escalation: "escalation",
    Dispute: "dispute",
    BillingChange: "change",
}
_LIFE: Final[dict[type[Any], tuple[Any, Any]]] = {
    Case: (lifecycle.CASE, lifecycle.CaseState),
    Escalation: (lifecycle.ESCALATION, lifecycle.EscalationState),
    Dispute: (lifecycle.DISPUTE, lifecycle.DisputeState),
    BillingChange: (lifecycle.CHANGE, lifecycle.ChangeState),
}


def of_id(session: Session, subject_id: str) -> Subject | None:
    """Return the case, escalation, dispute or change of this id."""
    return next((found for table in KIND if (found := fetch(session, table, subject_id))), None)


def opened(
    session: Session, subject: Subject, *, actor: str, at: datetime, event: str, detail: dict[str, Any]
) -> None:
    """Write a new subject, its first audit entry, and its card in its route's channel."""
    session.add(subject)
    session.flush()
    kind = KIND[type(subject)]
    audit.record(session, at=at, actor=actor, event=event, kind=kind, subject_id=subject.id, detail=detail)
    posts.ask(
        session,
        kind="card",
        subject_kind=kind,
        subject_id=subject.id,
        purpose="card",
        place=subject.route,
        at=at,
    )


def move(
    session: Session,
    subject: Subject,
    happened: str,
    *,
    actor: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401  # a column's value
) -> None:
    """Move `subject` on, guarded by the state that was read; `subject` then shows the new state.

    Raises IllegalMoveError when the table has no such move, and RowMovedError when the row moved meanwhile.
    """
    table, states = _LIFE[type(subject)]
    before, after = subject.state, table.move(states(subject.state), happened)
    changes |= {"state": str(after), "version": subject.version + 1}
    change_guarded(session, type(subject), subject.id, {"state": before}, **changes)
    if subject in session:
        session.expunge(subject)  # its row is written already; what follows is only for whoever holds it
    vars(subject).update(changes)
    noted(session, subject, happened, actor=actor, at=at, detail=detail)
    endings.moved(session, KIND[type(subject)], subject, before, detail or {}, at)


def noted(
    session: Session,
    subject: Subject,
    happened: str,
    *,
    actor: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write an audit entry about `subject`; a line in its thread tells it, and its cards are drawn anew."""
    audit.record(
        session,
        at=at,
        actor=actor,
        event=happened,
        kind=KIND[type(subject)],
        subject_id=subject.id,
        detail=detail,
        in_thread=True,
    )


def tell_requester(
    session: Session, subject: Case | BillingChange, what: str, now: datetime, **detail: str
) -> None:
    """Ask for a direct message to the requester; one for each thing that happens."""
    posts.ask(
        session,
        kind="direct",
        subject_kind=KIND[type(subject)],
        subject_id=subject.id,
        purpose=f"direct:{what}:{subject.version}",
        place=subject.requested_by,
        at=now,
        detail={"what": what, **detail},
    )


def start_clock(
    session: Session, subject: Subject, issue: Issue, *, opened_at: datetime, answer_by: datetime
) -> None:
    """Start reminding those who can act on `subject`."""
    reminder = next_reminder(issue, opened_at, answer_by, None)
    session.merge(
        Deadline(
            subject_id=subject.id,
            subject_kind=KIND[type(subject)],
            issue=issue.id,
            route=subject.route,
            opened_at=opened_at,
            answer_by=answer_by,
            next_kind=reminder.kind,
            due_at=reminder.at,
        )
    )
    session.flush()


def stop_clock(session: Session, subject_id: str) -> None:
    """Stop reminding."""
    run_later(session, _STOP, {"subject": subject_id}, (Deadline, subject_id))


_STOP: Final = update(Deadline).where(col(Deadline.subject_id) == bindparam("subject")).values(due_at=None)


def issue_of(playbook: Playbook, issue_id: str) -> Issue:
    """Return the playbook's issue; what a playbook does not name goes where its first issue goes."""
    return playbook.issues.get(issue_id) or next(iter(playbook.issues.values()))

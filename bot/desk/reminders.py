"""The clock's work: remind those who can act, and at the breach send it to the next route as well."""

from __future__ import annotations

from sqlmodel import Session

from bot.cards.text import duration
from bot.desk.desk import Desk
from bot.desk.record import Subject, issue_of, noted, of_id
from bot.store import posts, telling
from bot.store.tables import Deadline
from bot.store.work import change
from policy.escalation import next_reminder


async def remind(desk: Desk, subject_id: str) -> None:
    """Write the reminder that is due and when the next one is, in one transaction; then post it.

    Reminders that were missed while nothing ran are one reminder.
    """
    await desk.store.write(lambda session: _remind(desk, session, subject_id))
    desk.show_soon(subject_id)


def _remind(desk: Desk, session: Session, subject_id: str) -> None:
    now = desk.now()
    deadline = session.get(Deadline, subject_id)
    if deadline is None or deadline.due_at is None or deadline.due_at > now:
        return
    subject = of_id(session, deadline.subject_id)
    if subject is None:
        change(session, deadline, due_at=None)
        return
    issue = issue_of(desk.playbook, deadline.issue)
    late = now >= deadline.answer_by
    kind = "ahead" if not late else ("overdue" if deadline.breached else "due")
    if late and not deadline.breached:
        _also_next_route(desk, session, subject, deadline)
    telling.tell(session)  # what happened before comes before it in the thread
    posts.ask(
        session,
        kind="reminder",
        subject_kind=deadline.subject_kind,
        subject_id=subject_id,
        purpose=f"reminder:{deadline.due_at.isoformat()}",
        place=deadline.route,
        under="card",
        at=now,
        detail={
            "kind": kind,
            "route": subject.route,
            "also_route": subject.also_route,
            "span": duration(abs(deadline.answer_by - now)),
        },
    )
    posts.redraw(session, subject_id, now)
    following = next_reminder(issue, deadline.opened_at, deadline.answer_by, now)
    change(
        session, deadline, due_at=following.at, next_kind=following.kind, breached=deadline.breached or late
    )


def _also_next_route(desk: Desk, session: Session, subject: Subject, deadline: Deadline) -> None:
    route = desk.playbook.routes.get(subject.route)
    following = route.next_route if route else None
    if following is None:
        return
    change(session, subject, also_route=following)
    subject.also_route = following
    purpose = f"card:{following}"
    if not any(post.purpose == purpose for post in posts.of_subject(session, subject.id)):
        posts.ask(
            session,
            kind="card",
            subject_kind=deadline.subject_kind,
            subject_id=subject.id,
            purpose=purpose,
            place=following,
            at=desk.now(),
        )
    noted(session, subject, "also_sent", actor="clock", at=desk.now(), detail={"route": following})

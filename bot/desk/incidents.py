"""Incidents that the desk notices by itself: one escalation while it lasts, closed when it is over."""

from __future__ import annotations

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, opened, start_clock, stop_clock
from bot.store import escalations, posts
from bot.store.ids import new_id
from bot.store.tables import Escalation
from bot.store.work import change
from policy.lifecycle import EscalationState

NOTICED_BY = "clock"


def going_on(session: Session, issue_id: str) -> Escalation | None:
    """Return the incident of this issue that the desk noticed and that is not over."""
    return escalations.live(session, issue_id, NOTICED_BY)


def report(desk: Desk, session: Session, issue_id: str, summary: str) -> str:
    """Open the incident, or let the one that is open say what is so now. Return whose cards changed."""
    now, known = desk.now(), going_on(session, issue_id)
    if known:
        if known.summary == summary:
            return ""
        change(session, known, summary=summary)
        posts.redraw(session, known.id, now)
        return known.id
    issue, incident_id = issue_of(desk.playbook, issue_id), new_id("ES")
    escalation = Escalation(
        id=incident_id,
        state=EscalationState.OPEN,
        request_key=f"noticed:{incident_id}",
        issue=issue.id,
        route=issue.route,
        summary=summary,
        opened_by=NOTICED_BY,
        opened_at=now,
        answer_by=now + issue.sla,
        playbook=desk.playbook.version,
    )
    opened(session, escalation, actor=NOTICED_BY, at=now, event="escalated", detail={"issue": issue.id})
    start_clock(session, escalation, issue, opened_at=now, answer_by=escalation.answer_by)
    return incident_id


def over(desk: Desk, session: Session, issue_id: str, how: str) -> str:
    """Resolve the incident, if one is going on. Return whose cards changed."""
    known, now = going_on(session, issue_id), desk.now()
    if known is None:
        return ""
    move(
        session,
        known,
        "resolved",
        actor=NOTICED_BY,
        at=now,
        detail={"note": how},
        resolved_by=NOTICED_BY,
        resolved_at=now,
        resolution=how,
    )
    stop_clock(session, known.id)
    return known.id

"""Raise an escalation, acknowledge it, resolve it, hand it on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from sqlmodel import Session

from bot.cards.text import when, who
from bot.desk import authority
from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, opened, start_clock, stop_clock
from bot.errors import AlreadyDecidedError, NotFoundError
from bot.store import escalations, posts
from bot.store.frozen import basis
from bot.store.ids import new_id
from bot.store.statements import fetch
from bot.store.tables import Escalation
from policy.lifecycle import ESCALATION, EscalationState


class Raised(Struct, frozen=True):
    """What an agent escalates, in their words."""

    issue: str
    summary: str
    ticket: str = ""
    customer: str = ""


async def escalate(desk: Desk, raised: Raised, by: str, request_key: str) -> Escalation:
    """Open an escalation on the route that the matrix names. The same request twice is one."""
    issue = desk.playbook.issues[raised.issue]

    def write(session: Session) -> Escalation:
        before = escalations.by_request(session, request_key)
        if before:
            return before
        now = desk.now()
        escalation = Escalation(
            id=new_id("ES"),
            state=EscalationState.OPEN,
            request_key=request_key,
            issue=issue.id,
            route=issue.route,
            summary=raised.summary,
            ticket=raised.ticket,
            customer=raised.customer,
            opened_by=by,
            opened_at=now,
            answer_by=now + issue.sla,
            playbook=desk.playbook.version,
        )
        detail = {"issue": issue.id, **basis(escalation)}
        opened(session, escalation, actor=by, at=now, event="escalated", detail=detail)
        start_clock(session, escalation, issue, opened_at=now, answer_by=escalation.answer_by)
        return escalation

    escalation = await desk.store.write(write)
    desk.show_soon(escalation.id)
    return escalation


async def acknowledge(desk: Desk, escalation_id: str, by: str) -> None:
    """Say that `by` is on it.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """

    def decide(session: Session, escalation: Escalation, now: datetime) -> None:
        move(
            session,
            escalation,
            "acknowledged",
            actor=by,
            at=now,
            detail=basis(escalation),
            acknowledged_by=by,
            acknowledged_at=now,
        )

    await _decide(desk, escalation_id, by, "acknowledged", decide)


async def resolve(desk: Desk, escalation_id: str, by: str, how: str) -> None:
    """End it with a sentence. Raises as `acknowledge` does."""

    def decide(session: Session, escalation: Escalation, now: datetime) -> None:
        move(
            session,
            escalation,
            "resolved",
            actor=by,
            at=now,
            detail={"note": how, **basis(escalation)},
            resolved_by=by,
            resolved_at=now,
            resolution=how,
        )
        stop_clock(session, escalation.id)

    await _decide(desk, escalation_id, by, "resolved", decide)


async def hand_on(desk: Desk, escalation_id: str, by: str, route: str, why: str) -> None:
    """Give it to another route; the time to answer starts anew. Raises as `acknowledge` does."""

    def decide(session: Session, escalation: Escalation, now: datetime) -> None:
        issue = issue_of(desk.playbook, escalation.issue)
        move(
            session,
            escalation,
            "handed_on",
            actor=by,
            at=now,
            detail={"note": why, "route": route, **basis(escalation)},
            route=route,
            also_route="",
            answer_by=now + issue.sla,
        )
        _card_for(session, escalation, route, now)
        start_clock(session, escalation, issue, opened_at=now, answer_by=escalation.answer_by)

    await _decide(desk, escalation_id, by, "handed_on", decide)


async def check_may_decide(desk: Desk, escalation_id: str, by: str) -> Escalation:
    """Return the escalation when `by` may answer it now; for opening a form. Raises as `acknowledge` does."""
    escalation = await look(desk, escalation_id)
    await authority.check(desk, escalation, by, "answer")
    return escalation


async def look(desk: Desk, escalation_id: str) -> Escalation:
    """Return an escalation as it is. Raises NotFoundError."""
    return _found(await desk.store.read(lambda session: fetch(session, Escalation, escalation_id)))


async def _decide(
    desk: Desk,
    escalation_id: str,
    by: str,
    happened: str,
    decide: Callable[[Session, Escalation, datetime], None],
) -> None:
    def write(session: Session) -> None:
        escalation = _found(fetch(session, Escalation, escalation_id))
        authority.require(desk, escalation, by)
        if not ESCALATION.may(EscalationState(escalation.state), happened):
            raise _already(escalation)
        decide(session, escalation, desk.now())

    await authority.decide(desk, by, happened, write, (Escalation, escalation_id))
    desk.show_soon(escalation_id)


def _card_for(session: Session, escalation: Escalation, route: str, now: datetime) -> None:
    purpose = f"card:{route}"
    if any(post.purpose == purpose for post in posts.of_subject(session, escalation.id)):
        return
    posts.ask(
        session,
        kind="card",
        subject_kind="escalation",
        subject_id=escalation.id,
        purpose=purpose,
        place=route,
        at=now,
    )


def _found(escalation: Escalation | None) -> Escalation:
    if escalation is None:
        raise NotFoundError("There is no such escalation any more.")
    return escalation


def _already(escalation: Escalation) -> AlreadyDecidedError:
    if escalation.resolved_at:
        name, at = who(escalation.resolved_by), when(escalation.resolved_at)
        return AlreadyDecidedError(escalation.id, f"{name} already resolved it, {at}.")
    at = when(escalation.acknowledged_at or escalation.opened_at)
    return AlreadyDecidedError(
        escalation.id, f"{who(escalation.acknowledged_by)} is on it already, since {at}."
    )

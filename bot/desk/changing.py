"""Carry out a billing change: one step at a time, in order, each from its row.

Whatever dies in between, the step that is due says how to go on: every step reads what Stripe holds
before it asks for anything, so that one that was done is not done again.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.record import move, noted, tell_requester
from bot.desk.steps import backoff, do
from bot.payments import Later, Made, Open, Outcome, Refused, Unknown
from bot.store import changes, posts
from bot.store.tables import BillingChange, ChangeStep
from bot.store.work import change as write_to
from bot.store.work import take
from policy.lifecycle import ChangeState

log = structlog.get_logger()
_UNDER_WAY: Final = {ChangeState.WORKING, ChangeState.WAITING}


async def advance(desk: Desk, change_id: str) -> None:
    """Do the steps of a change that are due, one after another, and bring its cards up to date."""
    while taken := await desk.store.write(lambda session: _take_next(session, change_id, desk.now())):
        change, step = taken
        outcome = await do(desk, change, step)
        log.info("step", change=change_id, step=step.number, kind=step.kind, outcome=type(outcome).__name__)
        await desk.store.write(partial(_settle, desk, step, outcome))
    desk.show_soon(change_id)


async def invoice_changed(desk: Desk, invoice_id: str, event: str) -> None:
    """Look again at the changes that wait for a customer to pay this invoice."""
    for change_id in await desk.store.write(lambda session: _woken(session, invoice_id, event, desk.now())):
        await advance(desk, change_id)


def _woken(session: Session, invoice_id: str, event: str, now: datetime) -> list[str]:
    waiting = [step for step in changes.waiting_for(session, invoice_id) if step.state == "open"]
    for step in waiting:
        change = changes.get(session, step.change_id)
        if event == "invoice.payment_failed" and change:
            noted(session, change, "payment_failed", actor="stripe", at=now, detail={"what": step.words})
        write_to(session, step, due_at=now)
    return [step.change_id for step in waiting]


def _take_next(session: Session, change_id: str, now: datetime) -> tuple[BillingChange, ChangeStep] | None:
    change = changes.get(session, change_id)
    step = changes.next_step(session, change_id)
    if change is None or step is None or change.state not in _UNDER_WAY:
        return None
    state = "doing" if step.state == "waiting" else step.state
    return (change, step) if take(session, step, now, state=state, tried=step.tried + 1) else None


def _settle(desk: Desk, step: ChangeStep, outcome: Outcome, session: Session) -> None:
    """Write down what became of a step. One that was ended meanwhile stays as it is."""
    now, change = desk.now(), changes.get(session, step.change_id)
    held = session.get(ChangeStep, step.id)
    if change is None or held is None or held.state == "done" or change.state not in _UNDER_WAY:
        return
    match outcome:
        case Made():
            _done(session, change, held, outcome, now)
        case Refused():
            _refused(session, change, held, outcome, now)
        case Open():
            woken = held.due_at != step.due_at  # an event came while Stripe was being asked
            write_to(session, held, state="open", due_at=held.due_at if woken else now + outcome.wait)
            if change.state == ChangeState.WORKING:
                move(session, change, "customer_asked", actor="stripe", at=now)
        case Later():
            state = "unknown" if held.state == "unknown" else "later"
            write_to(session, held, state=state, said="Stripe is busy.", due_at=now + outcome.wait)
            posts.redraw(session, change.id, now)
        case Unknown():
            _unknown(session, change, held, outcome, now)


def _done(session: Session, change: BillingChange, step: ChangeStep, made: Made, now: datetime) -> None:
    write_to(session, step, state="done", said=_said(made), ended_at=now, due_at=None)
    detail = {"what": step.words, "said": f" ({_said(made)})" if _said(made) else ""}
    move(session, change, "step_done", actor="stripe", at=now, detail=detail)
    session.expire(step)
    following = changes.next_step(session, change.id)
    if following:
        write_to(session, following, due_at=now)
        return
    detail = {"ticket": change.ticket, "headline": change.proposal["headline"]}
    move(session, change, "carried_out", actor="stripe", at=now, detail=detail, closed_at=now, problem="")
    tell_requester(session, change, "carried_out", now)


def _said(made: Made) -> str:
    return made.said or ("it was so already" if made.already else "")


def _refused(session: Session, change: BillingChange, step: ChangeStep, why: Refused, now: datetime) -> None:
    write_to(session, step, state="refused", said=why.sentence, ended_at=now, due_at=None)
    detail = {"what": step.words, "note": why.sentence}
    problem = f"{step.words}: {why.sentence}"
    move(session, change, "step_refused", actor="stripe", at=now, detail=detail, problem=problem)
    tell_requester(session, change, "stuck", now)


def _unknown(session: Session, change: BillingChange, step: ChangeStep, why: Unknown, now: datetime) -> None:
    # A key that answers the same for ever is left behind: the state is read before anything is asked again.
    attempt = step.attempt + why.stored
    first = step.state != "unknown"
    wait = backoff(step)
    write_to(session, step, state="unknown", said=why.why, attempt=attempt, due_at=now + wait)
    if first:
        noted(session, change, "step_unknown", actor="stripe", at=now, detail={"what": step.words})
    posts.redraw(session, change.id, now)

"""Answer a dispute: accept it for good, or gather evidence and submit it once.

Whatever dies in between, the row says how to go on: `go_on` takes up what a dispute waits for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from bot.cards.text import when, who
from bot.desk import authority, disputes, investigating, staging
from bot.desk.advising import basis
from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, start_clock, stop_clock
from bot.errors import (
    AlreadyDecidedError,
    DeskError,
    NotFoundError,
    NothingToSubmitError,
    SlackUnavailableError,
    StripeRefusedError,
    StripeUnavailableError,
)
from bot.payments import ANSWERABLE
from bot.store import evidence as kept
from bot.store import posts
from bot.store.tables import Dispute
from bot.store.work import change, take
from policy.lifecycle import DISPUTE, DisputeState

_AS_STRIPE_SAYS: Final = frozenset(
    {DisputeState.CHALLENGED, DisputeState.WON, DisputeState.LOST, DisputeState.ENDED}
)
_ASK_AGAIN: Final = timedelta(seconds=30)
_SILENT: Final = "Stripe does not answer at the moment. Makegood tries again by itself."
_UNANSWERED: Final = {
    DisputeState.ACCEPTING: "Stripe's answer did not arrive, so nobody knows yet whether it was closed. "
    "Makegood looks at Stripe and goes on by itself.",
    DisputeState.SUBMITTING: "Stripe's answer did not arrive, so nobody knows yet whether it was submitted. "
    "Makegood looks at Stripe and goes on by itself; it is not submitted twice.",
}


async def accept(desk: Desk, dispute_id: str, by: str) -> None:
    """Accept a dispute for good: decided here, then closed in Stripe.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """

    def decide(session: Session) -> None:
        dispute, now = answerable(desk, session, dispute_id, by, "accept_decided"), desk.now()
        move(
            session,
            dispute,
            "accept_decided",
            actor=by,
            at=now,
            detail=basis(desk, session, dispute),
            decided_by=by,
            decided_at=now,
            problem="",
            due_at=now,
        )
        stop_clock(session, dispute_id)

    await authority.decide(desk, by, "accept", decide, (Dispute, dispute_id))
    desk.tasks.start(go_on(desk, dispute_id), f"accept {dispute_id}")


async def challenge(desk: Desk, dispute_id: str, by: str) -> None:
    """Record who gathers the evidence; reminders then run to the day it is due. Raises as `accept` does."""

    def decide(session: Session) -> None:
        dispute, now = answerable(desk, session, dispute_id, by, "challenge_taken"), desk.now()
        move(
            session,
            dispute,
            "challenge_taken",
            actor=by,
            at=now,
            detail=basis(desk, session, dispute),
            decided_by=by,
            decided_at=now,
        )
        if dispute.evidence_due_at and dispute.evidence_due_at > now:
            issue = issue_of(desk.playbook, "dispute")
            start_clock(session, dispute, issue, opened_at=now, answer_by=dispute.evidence_due_at)

    await authority.decide(desk, by, "challenge", decide, (Dispute, dispute_id))
    desk.show_soon(dispute_id)


async def submit(desk: Desk, dispute_id: str, by: str) -> None:
    """Submit the evidence, which the bank takes once: decided here, then sent to Stripe.

    Raises NothingToSubmitError, and as `accept` does.
    """

    def decide(session: Session) -> None:
        dispute, now = answerable(desk, session, dispute_id, by, "submit_decided"), desk.now()
        if dispute.evidence_due_at and dispute.evidence_due_at <= now:
            raise NothingToSubmitError(
                f"The evidence was due {when(dispute.evidence_due_at)}; the bank takes no more."
            )
        papers = kept.of_dispute(session, dispute_id)
        if not papers:
            raise NothingToSubmitError("There is no evidence yet. Add some first, then submit it.")
        if lost := next((paper for paper in papers if paper.problem), None):
            raise NothingToSubmitError(f"“{lost.file_name}” did not reach Stripe. {lost.problem}")
        move(
            session,
            dispute,
            "submit_decided",
            actor=by,
            at=now,
            detail={"papers": [paper.field for paper in papers], **basis(desk, session, dispute)},
            submitted_by=by,
            submitted_at=now,
            problem="",
            due_at=now,
        )

    await authority.decide(desk, by, "submit the evidence", decide, (Dispute, dispute_id))
    desk.tasks.start(go_on(desk, dispute_id), f"submit {dispute_id}")


async def look_again(desk: Desk, dispute_id: str, by: str) -> None:
    """Ask the record of usage anew. Raises as `accept` does."""

    def decide(session: Session) -> None:
        dispute = _found(session, dispute_id)
        authority.require(desk, dispute, by)
        if dispute.state not in {DisputeState.OPEN, DisputeState.GATHERING}:
            raise _already(dispute)
        change(session, dispute, investigate=True, due_at=dispute.due_at or desk.now())

    await authority.decide(desk, by, "look up usage", decide, (Dispute, dispute_id))
    desk.tasks.start(go_on(desk, dispute_id), f"look up usage {dispute_id}")


async def go_on(desk: Desk, dispute_id: str) -> None:
    """Do what a dispute waits for, if nobody else does, and bring its card up to date."""
    while dispute := await desk.store.write(lambda session: _take(session, dispute_id, desk.now())):
        try:
            await _work(desk, dispute)
        except StripeUnavailableError:
            await _put_off(desk, dispute, _UNANSWERED.get(DisputeState(dispute.state), _SILENT))
        except SlackUnavailableError as error:
            await _put_off(desk, dispute, str(error))
        except (StripeRefusedError, NotFoundError) as error:
            await _refused(desk, dispute, str(error))
    desk.show_soon(dispute_id)


async def _work(desk: Desk, dispute: Dispute) -> None:
    if dispute.state == DisputeState.ACCEPTING:
        found = await desk.payments.disputes.accept(dispute.id)
    elif dispute.state == DisputeState.SUBMITTING:
        found = await desk.payments.disputes.submit(dispute.id, await staging.complete(desk, dispute))
    else:
        if dispute.investigate:
            await investigating.look(desk, dispute)
        if dispute.state == DisputeState.GATHERING:
            await staging.stage(desk, dispute)
        await desk.store.write(lambda session: _rest(session, dispute.id, desk.now()))
        return
    await desk.store.write(lambda session: disputes.follow(desk, session, found))


async def _refused(desk: Desk, dispute: Dispute, sentence: str) -> None:
    """Go on from what cannot be done as it is: Stripe's own state says whether it is done already."""
    try:
        found = await desk.payments.disputes.get(dispute.id)
    except DeskError:
        await _put_off(desk, dispute, sentence)
        return

    def write(session: Session) -> None:
        disputes.follow(desk, session, found)
        current, now = session.get(Dispute, dispute.id), desk.now()
        if current is None or current.state != dispute.state or found.status not in ANSWERABLE:
            return
        if current.state == DisputeState.SUBMITTING:
            detail = {"note": sentence}
            move(
                session,
                current,
                "evidence_refused",
                actor="stripe",
                at=now,
                detail=detail,
                problem=sentence,
                due_at=None,
            )
            disputes.tell_deciders(session, current, "evidence_refused", now)
        elif current.state == DisputeState.ACCEPTING:
            _ask_again(session, current, sentence, now)
        else:
            change(session, current, problem=sentence, due_at=None)
            posts.redraw(session, current.id, now)

    await desk.store.write(write)


async def _put_off(desk: Desk, dispute: Dispute, sentence: str) -> None:
    await desk.store.write(lambda session: _ask_again(session, dispute, sentence, desk.now()))


def _ask_again(session: Session, dispute: Dispute, sentence: str, now: datetime) -> None:
    current = session.get(Dispute, dispute.id)
    if current is None or current.state != dispute.state:
        return
    change(session, current, problem=sentence, due_at=now + _ASK_AGAIN)
    posts.redraw(session, current.id, now)


def _take(session: Session, dispute_id: str, now: datetime) -> Dispute | None:
    dispute = session.get(Dispute, dispute_id)
    return dispute if dispute and take(session, dispute, now) else None


def _rest(session: Session, dispute_id: str, now: datetime) -> None:
    """Nothing more is to be done, unless somebody asked for more meanwhile."""
    dispute = session.get(Dispute, dispute_id)
    if dispute is None or dispute.state in {DisputeState.ACCEPTING, DisputeState.SUBMITTING}:
        return
    gathering = dispute.state == DisputeState.GATHERING
    more = dispute.investigate or (gathering and kept.waits(session, dispute_id))
    change(session, dispute, due_at=now if more else None)


def answerable(desk: Desk, session: Session, dispute_id: str, by: str, happened: str) -> Dispute:
    """Return the dispute when `by` may decide on it and `happened` is a legal move.

    Raises as `accept` does.
    """
    dispute = _found(session, dispute_id)
    authority.require(desk, dispute, by)
    if not DISPUTE.may(DisputeState(dispute.state), happened):
        raise _already(dispute)
    return dispute


async def check_may_answer(desk: Desk, dispute_id: str, by: str) -> Dispute:
    """Return the dispute when `by` may add evidence now; for opening the form. Raises as `accept` does."""
    dispute = await desk.store.read(lambda session: _found(session, dispute_id))
    await authority.check(desk, dispute, by, "open a form")
    if dispute.state != DisputeState.GATHERING:
        raise _already(dispute)
    return dispute


def _found(session: Session, dispute_id: str) -> Dispute:
    dispute = session.get(Dispute, dispute_id)
    if dispute is None:
        raise NotFoundError("There is no such dispute any more.")
    return dispute


def _already(dispute: Dispute) -> AlreadyDecidedError:
    if dispute.state == DisputeState.OPEN:
        return AlreadyDecidedError(dispute.id, "Nobody challenges it yet. Choose “Challenge” first.")
    if dispute.submitted_at and dispute.state != DisputeState.GATHERING:
        by = who(dispute.submitted_by)
        return AlreadyDecidedError(
            dispute.id, f"{by} already submitted the evidence, {when(dispute.submitted_at)}."
        )
    if dispute.decided_at is None or dispute.state in _AS_STRIPE_SAYS:
        return AlreadyDecidedError(
            dispute.id, f"Stripe has it as {dispute.status.replace('_', ' ')} already."
        )
    did = "challenged" if dispute.state == DisputeState.GATHERING else "accepted"
    return AlreadyDecidedError(
        dispute.id, f"{who(dispute.decided_by)} already {did} it, {when(dispute.decided_at)}."
    )

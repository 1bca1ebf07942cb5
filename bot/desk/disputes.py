"""Chargebacks: take them in from Stripe, tell finance, accept or challenge them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.cards.text import when, who
from bot.desk import authority
from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, noted, opened, start_clock, stop_clock
from bot.errors import AlreadyDecidedError, NotFoundError, StripeRefusedError, StripeUnavailableError
from bot.store import cases, escalations, posts
from bot.store.statements import fetch
from bot.store.tables import Dispute
from bot.store.work import change, take
from bot.stripe_objects import StripeDispute
from policy.disputes import Advice, DisputeFacts, advise
from policy.facts import Charge, Customer
from policy.lifecycle import DISPUTE, DisputeState

_OPEN_AT_STRIPE = frozenset({"needs_response", "warning_needs_response"})
_ENDS = {"won": "won", "lost": "lost", "warning_closed": "ended", "prevented": "ended"}


async def take_in(desk: Desk, dispute_id: str) -> None:
    """Read a dispute at Stripe and bring our row to it; a new one alerts finance.

    Raises StripeUnavailableError, StripeRefusedError, NotFoundError.
    """
    found = await desk.payments.dispute(dispute_id)
    known = await desk.store.read(lambda session: fetch(session, Dispute, dispute_id))
    if known is None:
        charge = await desk.payments.charge(found.charge_id)
        customer = await desk.payments.customer(charge.customer_id) if charge.customer_id else None
        await desk.store.write(lambda session: _open(desk, session, found, charge, customer))
    else:
        await desk.store.write(lambda session: _follow(desk, session, found))
    await desk.messenger.show(dispute_id)
    case = await desk.store.read(lambda session: cases.newest_on_charge(session, found.charge_id))
    if case:
        await desk.messenger.show(case.id)


async def accept(desk: Desk, dispute_id: str, by: str) -> None:
    """Accept a dispute for good: decided here, then closed in Stripe.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """

    def decide(session: Session) -> None:
        dispute, now = _open_for(desk, session, dispute_id, by, "accept_decided"), desk.now()
        move(
            session,
            dispute,
            "accept_decided",
            actor=by,
            at=now,
            decided_by=by,
            decided_at=now,
            problem="",
            due_at=now,
        )
        stop_clock(session, dispute_id)

    await authority.decide(desk, by, "accept", decide)
    desk.tasks.start(close_accepted(desk, dispute_id), f"accept {dispute_id}")


async def challenge(desk: Desk, dispute_id: str, by: str) -> None:
    """Record who submits the evidence; reminders then run to the day it is due. Raises as `accept` does."""

    def decide(session: Session) -> None:
        dispute, now = _open_for(desk, session, dispute_id, by, "challenge_taken"), desk.now()
        move(session, dispute, "challenge_taken", actor=by, at=now, decided_by=by, decided_at=now)
        stop_clock(session, dispute_id)
        if dispute.evidence_due_at and dispute.evidence_due_at > now:
            issue = issue_of(desk.playbook, "dispute")
            start_clock(session, dispute, issue, opened_at=now, answer_by=dispute.evidence_due_at)

    await authority.decide(desk, by, "challenge", decide)
    desk.show_soon(dispute_id)


async def close_accepted(desk: Desk, dispute_id: str) -> None:
    """Tell Stripe about an accepted dispute. Stripe's own state is read first: closed already is success."""
    dispute = await desk.store.write(lambda session: _take_accepting(session, dispute_id, desk.now()))
    if dispute:
        try:
            found = await desk.payments.accept(dispute_id)
        except (StripeUnavailableError, StripeRefusedError, NotFoundError) as error:
            sentence = f"{error} Makegood asks again by itself."
            await desk.store.write(lambda session: _put_off(session, dispute, sentence, desk.now()))
        else:
            await desk.store.write(lambda session: _follow(desk, session, found))
    await desk.messenger.show(dispute_id)


def _open(
    desk: Desk, session: Session, found: StripeDispute, charge: Charge, customer: Customer | None
) -> None:
    if fetch(session, Dispute, found.id):
        return
    now, issue = desk.now(), issue_of(desk.playbook, "dispute")
    advice = _advice(desk, session, found)
    answer_by = min(now + issue.sla, found.evidence_due_at or now + issue.sla)
    dispute = Dispute(
        id=found.id,
        state=DisputeState.OPEN,
        charge_id=found.charge_id,
        payment_intent_id=found.payment_intent_id,
        customer_id=charge.customer_id,
        customer_email=(customer.email if customer else "") or charge.receipt_email,
        customer_name=customer.name if customer else "",
        amount_minor=found.amount.minor,
        currency=found.amount.currency,
        reason=found.reason,
        status=found.status,
        evidence_due_at=found.evidence_due_at,
        route=issue.route,
        opened_at=now,
        answer_by=answer_by,
        advice=asdict(advice),
        livemode=found.livemode,
    )
    detail = {"charge": found.charge_id, "reason": found.reason, "amount": str(found.amount)}
    opened(session, dispute, actor="stripe", at=now, event="disputed", detail=detail)
    if found.status in _OPEN_AT_STRIPE:
        start_clock(session, dispute, issue, opened_at=now, answer_by=answer_by)
    case = cases.open_on_charge(session, found.charge_id)
    if case:
        noted(session, case, "disputed", actor="stripe", at=now)
        posts.redraw(session, case.id, now)
    _follow(desk, session, found)


def _advice(desk: Desk, session: Session, found: StripeDispute) -> Advice:
    suspected = escalations.on_charge(session, found.charge_id, "card_not_recognised") is not None
    facts = DisputeFacts(
        amount=found.amount,
        reason=found.reason,
        evidence_due_at=found.evidence_due_at,
        usage_proven=None,
        fraud_suspected=True if suspected or found.reason == "fraudulent" else None,
        charge_refundable=found.charge_refundable,
    )
    return advise(facts, desk.playbook, desk.now())


def _follow(desk: Desk, session: Session, found: StripeDispute) -> None:
    """Bring our row to Stripe's status; the same status twice changes nothing."""
    dispute = fetch(session, Dispute, found.id)
    if dispute is None:
        return
    now = desk.now()
    if (dispute.status, dispute.evidence_due_at) != (found.status, found.evidence_due_at):
        change(session, dispute, status=found.status, evidence_due_at=found.evidence_due_at)
        posts.redraw(session, dispute.id, now)
    accepting = dispute.state == DisputeState.ACCEPTING
    happened = "accepted" if accepting and found.status == "lost" else _ENDS.get(found.status, "")
    if happened and DISPUTE.may(DisputeState(dispute.state), happened):
        detail = {"status": found.status}
        move(session, dispute, happened, actor="stripe", at=now, detail=detail, due_at=None, problem="")
    if found.status not in _OPEN_AT_STRIPE:
        stop_clock(session, dispute.id)


def _put_off(session: Session, dispute: Dispute, sentence: str, now: datetime) -> None:
    change(session, dispute, problem=sentence, due_at=now + timedelta(seconds=30))
    posts.redraw(session, dispute.id, now)


def _take_accepting(session: Session, dispute_id: str, now: datetime) -> Dispute | None:
    dispute = fetch(session, Dispute, dispute_id)
    if dispute is None or dispute.state != DisputeState.ACCEPTING or not take(session, dispute, now):
        return None
    return dispute


def _open_for(desk: Desk, session: Session, dispute_id: str, by: str, happened: str) -> Dispute:
    dispute = fetch(session, Dispute, dispute_id)
    if dispute is None:
        raise NotFoundError("There is no such dispute any more.")
    authority.require(desk, dispute, by)
    if not DISPUTE.may(DisputeState(dispute.state), happened):
        if dispute.decided_at is None:
            raise AlreadyDecidedError(
                dispute.id, f"Stripe has it as {dispute.status.replace('_', ' ')} already."
            )
        did = "challenged" if dispute.state == DisputeState.CHALLENGED else "accepted"
        raise AlreadyDecidedError(
            dispute.id, f"{who(dispute.decided_by)} already {did} it, {when(dispute.decided_at)}."
        )
    return dispute

"""Chargebacks as Stripe tells of them: taken in, followed to their end, and told to those who decided."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec.structs import asdict
from sqlmodel import Session

from bot.desk import fraud_warnings
from bot.desk.advising import advice_on
from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, noted, opened, start_clock, stop_clock, tell_requester
from bot.payments import ANSWERABLE
from bot.store import cases, escalations, posts
from bot.store.tables import Case, Dispute
from bot.store.work import amend
from bot.stripe_objects import Funds, StripeDispute
from policy.facts import Charge, Customer
from policy.lifecycle import BUSY_CASE_STATES, DISPUTE, DisputeState
from policy.money import Money

_ENDS: Final = {"won": "won", "lost": "lost", "warning_closed": "ended", "prevented": "ended"}
_UNDER_REVIEW: Final = frozenset({"under_review", "warning_under_review"})
_ORDER: Final = ("warning_needs_response", "warning_under_review", "needs_response", "under_review")
"""How a dispute's status goes on: an inquiry may become a chargeback, and nothing goes back."""
_FINAL: Final = frozenset({DisputeState.ACCEPTED, DisputeState.WON, DisputeState.LOST, DisputeState.ENDED})


async def take_in(desk: Desk, dispute_id: str) -> None:
    """Read a dispute at Stripe and bring our row to it; a new one alerts finance.

    Raises StripeUnavailableError, StripeRefusedError, NotFoundError.
    """
    found = await desk.payments.disputes.get(dispute_id)
    known = await desk.store.read(lambda session: session.get(Dispute, dispute_id))
    if known is None:
        charge = await desk.payments.charge(found.charge_id)
        customer = await desk.payments.customer(charge.customer_id) if charge.customer_id else None
        warning = await desk.store.write(lambda session: _open(desk, session, found, charge, customer))
        if warning:
            desk.show_soon(warning)
    else:
        await desk.store.write(lambda session: follow(desk, session, found))
    desk.show_soon(dispute_id)
    case = await desk.store.read(lambda session: cases.newest_on_charge(session, found.charge_id))
    if case:
        desk.show_soon(case.id)


def follow(desk: Desk, session: Session, found: StripeDispute) -> None:
    """Bring our row to what Stripe has; the same twice changes nothing, and what is older neither."""
    dispute = session.get(Dispute, found.id)
    if dispute is None or _rank(found.status) < _rank(dispute.status):
        return
    now, before = desk.now(), dispute.status
    _note_funds(session, dispute, found.funds, now)
    _catch_up(session, dispute, found, now)
    happened = _what_happened(dispute, before)
    if happened and DISPUTE.may(DisputeState(dispute.state), happened):
        detail = {"status": found.status}
        move(session, dispute, happened, actor="stripe", at=now, detail=detail, due_at=None, problem="")
        if happened != "evidence_submitted":
            tell_deciders(session, dispute, happened, now)
            _redraw_case(session, dispute, now)
    if happened == "chargeback_followed":
        _start_again(desk, session, dispute, now)
    if found.status not in ANSWERABLE:
        stop_clock(session, dispute.id)


def tell_deciders(session: Session, dispute: Dispute, what: str, now: datetime) -> None:
    """Ask for a direct message to each person who decided on the dispute; one for each thing.

    What has moved so far tells one movement of money from the next.
    """
    moved = dispute.withdrawn_minor + dispute.reinstated_minor
    for person in {dispute.decided_by, dispute.submitted_by} - {""}:
        posts.ask(
            session,
            kind="direct",
            subject_kind="dispute",
            subject_id=dispute.id,
            purpose=f"direct:{what}:{dispute.version}:{moved}:{person}",
            place=person,
            at=now,
            detail={"what": what},
        )


def _open(
    desk: Desk, session: Session, found: StripeDispute, charge: Charge, customer: Customer | None
) -> str:
    """Write a new dispute; return the id of the fraud warning's alert that it ends, or nothing."""
    if session.get(Dispute, found.id):
        return ""
    now, issue = desk.now(), issue_of(desk.playbook, "dispute")
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
        advice={},
        livemode=found.livemode,
        refundable=found.charge_refundable,
        held=dict(found.held),
        fraud_type="before" if escalations.warning_on(session, found.charge_id) else "",
        investigate=found.status in ANSWERABLE,
        due_at=now if found.status in ANSWERABLE else None,
    )
    dispute.advice = asdict(advice_on(desk, session, dispute))
    detail = {
        "charge": found.charge_id,
        "reason": found.reason,
        "amount": str(found.amount),
        "playbook": desk.playbook.version,
    }
    opened(session, dispute, actor="stripe", at=now, event="disputed", detail=detail)
    if found.status in ANSWERABLE:
        start_clock(session, dispute, issue, opened_at=now, answer_by=answer_by)
    case = cases.open_on_charge(session, found.charge_id)
    if case:
        noted(session, case, "disputed", actor="stripe", at=now)
        _warn_requester(session, case, found, now)
    follow(desk, session, found)
    return fraud_warnings.close_for_dispute(desk, session, dispute)


def _warn_requester(session: Session, case: Case, found: StripeDispute, now: datetime) -> None:
    """Tell whoever asked for a refund that is under way; an inquiry leaves the charge refundable."""
    told = {post.purpose for post in posts.of_subject(session, case.id)}
    busy = case.state in BUSY_CASE_STATES and not found.charge_refundable
    if busy and f"direct:disputed:{case.version}" not in told:
        tell_requester(session, case, "disputed", now)


def _note_funds(session: Session, dispute: Dispute, funds: Funds, now: datetime) -> None:
    """Write down money that left the balance or came back since it was last looked at."""
    for event, before, after in (
        ("funds_withdrawn", dispute.withdrawn_minor, funds.withdrawn_minor),
        ("funds_reinstated", dispute.reinstated_minor, funds.reinstated_minor),
    ):
        if after > before:
            detail = {"amount": str(Money(after - before, funds.currency))}
            noted(session, dispute, event, actor="stripe", at=now, detail=detail)
            tell_deciders(session, dispute, event, now)


def _catch_up(session: Session, dispute: Dispute, found: StripeDispute, now: datetime) -> None:
    values = {
        "status": found.status,
        "evidence_due_at": found.evidence_due_at,
        "refundable": found.charge_refundable,
        "held": dict(found.held),
        "funds_currency": found.funds.currency or dispute.funds_currency,
        "withdrawn_minor": max(found.funds.withdrawn_minor, dispute.withdrawn_minor),
        "reinstated_minor": max(found.funds.reinstated_minor, dispute.reinstated_minor),
        "fee_minor": found.funds.fee_minor,
    }
    if any(getattr(dispute, name) != value for name, value in values.items()):
        amend(session, dispute, **values)
        posts.redraw(session, dispute.id, now)


def _what_happened(dispute: Dispute, before: str) -> str:
    """Say what a dispute's status means where it stands with us, given its status `before`."""
    if dispute.state == DisputeState.ACCEPTING and dispute.status == "lost":
        return "accepted"
    if dispute.status in _UNDER_REVIEW:
        return "evidence_submitted"
    if dispute.status == "needs_response" and before.startswith("warning_"):
        return "chargeback_followed"
    return _ENDS.get(dispute.status, "")


def _start_again(desk: Desk, session: Session, dispute: Dispute, now: datetime) -> None:
    """Give finance the time of a new dispute: the inquiry that they answered became a chargeback."""
    if dispute.state in _FINAL:
        return
    issue = issue_of(desk.playbook, "dispute")
    answer_by = min(now + issue.sla, dispute.evidence_due_at or now + issue.sla)
    amend(session, dispute, answer_by=answer_by)
    start_clock(session, dispute, issue, opened_at=now, answer_by=answer_by)


def _redraw_case(session: Session, dispute: Dispute, now: datetime) -> None:
    case = cases.newest_on_charge(session, dispute.charge_id)
    if case:
        posts.redraw(session, case.id, now)


def _rank(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else len(_ORDER)

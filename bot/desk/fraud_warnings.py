"""Early fraud warnings: news on a dispute that is there, else an alert, while a refund still helps."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlmodel import Session

from bot.desk.advising import advice_on
from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, noted, opened, start_clock, stop_clock
from bot.store import cases, escalations
from bot.store.ids import new_id
from bot.store.tables import Dispute, Escalation
from bot.store.work import amend, change
from bot.stripe_objects import FraudWarning
from policy.facts import Charge, Customer
from policy.lifecycle import ESCALATION, EscalationState


async def take_in(desk: Desk, warning_id: str) -> None:
    """Read a warning at Stripe and tell finance of it, once.

    Raises StripeUnavailableError, StripeRefusedError, NotFoundError.
    """
    found = await desk.payments.disputes.fraud_warning(warning_id)
    charge = await desk.payments.charge(found.charge_id)
    customer = await desk.payments.customer(charge.customer_id) if charge.customer_id else None
    subject = await desk.store.write(lambda session: _write(desk, session, found, charge, customer))
    if subject:
        desk.show_soon(subject)


def close_for_dispute(desk: Desk, session: Session, dispute: Dispute) -> str:
    """End the alert of a charge whose chargeback came after all; return its id, or nothing."""
    escalation = escalations.warning_on(session, dispute.charge_id)
    if escalation is None:
        return ""
    _resolve(desk, session, escalation, f"The bank opened the chargeback {dispute.id}; it goes on there.")
    return escalation.id


def _write(
    desk: Desk, session: Session, found: FraudWarning, charge: Charge, customer: Customer | None
) -> str:
    dispute = cases.dispute_on_charge(session, found.charge_id)
    if dispute:
        _on_dispute(desk, session, dispute, found)
        return dispute.id
    known = escalations.by_request(session, escalations.warning_key(found.id))
    if known and not found.actionable and not charge.disputed:
        _resolve(desk, session, known, "The charge was refunded meanwhile.")
    if known or not found.actionable:
        return known.id if known else ""
    return _alert(desk, session, found, charge, customer)


def _on_dispute(desk: Desk, session: Session, dispute: Dispute, found: FraudWarning) -> None:
    if dispute.fraud_type:
        return
    amend(session, dispute, fraud_type=found.fraud_type)
    change(session, dispute, advice=asdict(advice_on(desk, session, dispute)))
    detail = {"kind": found.fraud_type.replace("_", " ")}
    noted(session, dispute, "fraud_warned", actor="stripe", at=desk.now(), detail=detail)


def _alert(
    desk: Desk, session: Session, found: FraudWarning, charge: Charge, customer: Customer | None
) -> str:
    """Open an escalation on the route of disputes, with what still helps."""
    now, issue = desk.now(), issue_of(desk.playbook, "dispute")
    kind = found.fraud_type.replace("_", " ")
    name = (customer.name or customer.email) if customer else charge.receipt_email
    escalation = Escalation(
        id=new_id("ES"),
        state=EscalationState.OPEN,
        request_key=escalations.warning_key(found.id),
        issue=issue.id,
        route=issue.route,
        summary=f"The card's issuer warns that this charge of {charge.amount} may be fraudulent: {kind}. "
        f"There is no chargeback yet. Refunding the {charge.left} that are left now may prevent one.",
        customer=name,
        charge_id=charge.id,
        opened_by="stripe",
        opened_at=now,
        answer_by=now + issue.sla,
        playbook=desk.playbook.version,
    )
    detail = {"charge": charge.id, "kind": kind}
    opened(session, escalation, actor="stripe", at=now, event="fraud_warned", detail=detail)
    start_clock(session, escalation, issue, opened_at=now, answer_by=escalation.answer_by)
    return escalation.id


def _resolve(desk: Desk, session: Session, escalation: Escalation, how: str) -> None:
    if not ESCALATION.may(EscalationState(escalation.state), "resolved"):
        return
    now = desk.now()
    move(
        session,
        escalation,
        "resolved",
        actor="stripe",
        at=now,
        detail={"note": how},
        resolved_by="stripe",
        resolved_at=now,
        resolution=how,
    )
    stop_clock(session, escalation.id)

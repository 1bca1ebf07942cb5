"""The playbook's advice on a dispute, from what its row says now."""

from __future__ import annotations

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.store import escalations
from bot.store.tables import Dispute
from policy.disputes import Advice, DisputeFacts, advise
from policy.money import Money


def advice_on(desk: Desk, session: Session, dispute: Dispute) -> Advice:
    """Return what the playbook would do."""
    suspected = escalations.on_charge(session, dispute.charge_id, "card_not_recognised") is not None
    suspected = suspected or dispute.reason == "fraudulent" or bool(dispute.fraud_type)
    facts = DisputeFacts(
        amount=Money(dispute.amount_minor, dispute.currency),
        reason=dispute.reason,
        evidence_due_at=dispute.evidence_due_at,
        usage_proven=(dispute.usage or {}).get("used"),
        fraud_suspected=True if suspected else None,
        charge_refundable=dispute.refundable,
    )
    return advise(facts, desk.playbook, desk.now())

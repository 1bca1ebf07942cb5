"""The playbook's advice on a dispute, from what its row says now, and on what a decision stands."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlmodel import Session

from bot.desk.desk import Desk
from bot.store import escalations
from bot.store.tables import Dispute
from policy.disputes import Advice, DisputeFacts, advise
from policy.money import Money


def advice_on(desk: Desk, session: Session, dispute: Dispute) -> Advice:
    """Return what the playbook would do."""
    return advise(_facts(session, dispute), desk.playbook, desk.now())


def basis(desk: Desk, session: Session, dispute: Dispute) -> dict[str, Any]:
    """Return on what a decision on it stands: the playbook's version, what is known, and what was advised.

    What is known of a dispute changes with its life, so the trail holds it whole.
    """
    known = msgspec.to_builtins(_facts(session, dispute))
    return {"playbook": desk.playbook.version, "known": known, "advised": dispute.advice["action"]}


def _facts(session: Session, dispute: Dispute) -> DisputeFacts:
    suspected = escalations.on_charge(session, dispute.charge_id, "card_not_recognised") is not None
    suspected = suspected or dispute.reason == "fraudulent" or bool(dispute.fraud_type)
    return DisputeFacts(
        amount=Money(dispute.amount_minor, dispute.currency),
        reason=dispute.reason,
        evidence_due_at=dispute.evidence_due_at,
        usage_proven=(dispute.usage or {}).get("used"),
        fraud_suspected=True if suspected else None,
        charge_refundable=dispute.refundable,
    )

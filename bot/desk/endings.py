"""What is written down when something ends: in which words, and whether its customer knows by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from bot.cards.text import ACTORS
from bot.store import resolutions
from bot.store.ended import ENDED
from bot.store.tables import BillingChange, Case, Dispute, Escalation
from policy.lifecycle import CaseState, DisputeState
from policy.money import Money

_DISPUTES: Final = {
    DisputeState.ACCEPTED: "Accepted; the money stays with the cardholder.",
    DisputeState.WON: "Won; the bank found for us.",
    DisputeState.LOST: "Lost; the bank found for the cardholder.",
    DisputeState.ENDED: "Ended at Stripe without a chargeback.",
}


def moved(
    session: Session,
    kind: str,
    subject: Case | Escalation | Dispute | BillingChange,
    before: str,
    detail: Mapping[str, Any],
    at: datetime,
) -> None:
    """Write down how `subject` ended when it just did; take it back when it goes on after all."""
    ends = ENDED[type(subject)]
    if subject.state in ends:
        words = str(detail.get("note") or _words(subject))
        resolutions.write(session, kind, subject.id, outcome=subject.state, words=words, at=at)
        if how := _knows_already(subject):
            resolutions.customer_told(session, subject.id, how=how, by="policy", at=at)
    elif before in ends:
        resolutions.withdraw(session, subject.id)


def _words(subject: Case | Escalation | Dispute | BillingChange) -> str:
    match subject:
        case Case() if subject.state == CaseState.CLOSED:
            return f"{Money(subject.amount_minor, subject.currency)} refunded, {subject.refund_id}."
        case Dispute():
            return _DISPUTES[DisputeState(subject.state)]
        case BillingChange():
            return str(subject.proposal["headline"])
    return ""


def _knows_already(subject: Case | Escalation | Dispute | BillingChange) -> str:
    """Say how the customer knows, or that there is none to tell."""
    if isinstance(subject, Dispute):
        return "bank"
    raised_here = isinstance(subject, Escalation) and subject.opened_by in ACTORS
    return "nobody" if raised_here else ""

"""What the desk's own rows say about a customer, and whom a ticket is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlmodel import Session, col, select

from bot.store.ended import ENDED
from bot.store.tables import BillingChange, Case, Dispute, Escalation, OutsideRefund

_MANY: Final = 50


class Match(Struct, frozen=True):
    """A customer who may be meant, and why."""

    customer_id: str
    name: str
    why: str


class Here(Struct, frozen=True):
    """The rows about one customer, the newest first."""

    cases: Sequence[Case]
    escalations: Sequence[Escalation]
    disputes: Sequence[Dispute]
    changes: Sequence[BillingChange]
    outside: Sequence[OutsideRefund]

    @property
    def all(self) -> list[Case | Escalation | Dispute | BillingChange]:
        """Everything that was asked for, raised or disputed here."""
        return [*self.cases, *self.escalations, *self.disputes, *self.changes]

    @property
    def open(self) -> list[Case | Escalation | Dispute | BillingChange]:
        """What still waits for somebody."""
        return [row for row in self.all if row.state not in ENDED[type(row)] and row.state != "paid"]


def about(session: Session, customer_id: str, charge_ids: Sequence[str]) -> Here:
    """Return what is here about a customer with these charges."""
    return Here(
        cases=session.exec(
            select(Case)
            .where(Case.customer_id == customer_id)
            .order_by(col(Case.opened_at).desc())
            .limit(_MANY)
        ).all(),
        escalations=session.exec(
            select(Escalation)
            .where(col(Escalation.charge_id).in_(charge_ids), Escalation.charge_id != "")
            .order_by(col(Escalation.opened_at).desc())
            .limit(_MANY)
        ).all(),
        disputes=session.exec(
            select(Dispute)
            .where(Dispute.customer_id == customer_id)
            .order_by(col(Dispute.opened_at).desc())
            .limit(_MANY)
        ).all(),
        changes=session.exec(
            select(BillingChange)
            .where(BillingChange.customer_id == customer_id)
            .order_by(col(BillingChange.opened_at).desc())
            .limit(_MANY)
        ).all(),
        outside=session.exec(
            select(OutsideRefund)
            .where(OutsideRefund.customer_id == customer_id)
            .order_by(col(OutsideRefund.seen_at).desc())
            .limit(_MANY)
        ).all(),
    )


def by_ticket(session: Session, ticket: str) -> list[Case]:
    """Return the cases of a ticket that name a customer, the newest first."""
    rows = session.exec(
        select(Case)
        .where(Case.ticket == ticket, Case.customer_id != "")
        .order_by(col(Case.opened_at).desc())
        .limit(_MANY)
    )
    return list({case.customer_id: case for case in reversed(rows.all())}.values())[::-1]


def charges_of_ticket(session: Session, ticket: str) -> list[str]:
    """Return the charges that escalations of a ticket are about."""
    rows = session.exec(
        select(Escalation.charge_id)
        .where(Escalation.ticket == ticket, Escalation.charge_id != "")
        .order_by(col(Escalation.opened_at).desc())
        .limit(_MANY)
    )
    return list(dict.fromkeys(rows))

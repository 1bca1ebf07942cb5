"""Refund cases: reading them, and what the desk's own history says about a customer and an agent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, and_, col, or_, select

from bot.store.statements import fetch
from bot.store.tables import Case, Deadline, Dispute, Ledger, Operation, OutsideRefund
from policy.lifecycle import BUSY_CASE_STATES, OPEN_CASE_STATES, CaseState

_PAID: Final = (CaseState.APPROVED, CaseState.PAYING, CaseState.SETTLING, CaseState.PAID, CaseState.CLOSED)
_DAY: Final = timedelta(days=1)
_HISTORY: Final = timedelta(days=400)


def get(session: Session, case_id: str) -> Case | None:
    """Return a case."""
    return fetch(session, Case, case_id)


def by_request(session: Session, request_key: str) -> Case | None:
    """Return the case that this very request opened, if it was delivered before."""
    return session.exec(select(Case).where(Case.request_key == request_key)).first()


def open_on_charge(session: Session, charge_id: str) -> Case | None:
    """Return the newest case that is open on a charge; beside it, older ones may be stuck."""
    return session.exec(
        select(Case)
        .where(Case.charge_id == charge_id, col(Case.state).in_(OPEN_CASE_STATES))
        .order_by(col(Case.opened_at).desc())
    ).first()


def busy_on_charge(session: Session, charge_id: str) -> Case | None:
    """Return the case on a charge that is waited for or paid just now; there is one at the most."""
    return session.exec(
        select(Case).where(Case.charge_id == charge_id, col(Case.state).in_(BUSY_CASE_STATES))
    ).first()


def newest_on_charge(session: Session, charge_id: str) -> Case | None:
    """Return the open case on a charge, else the newest one."""
    return (
        open_on_charge(session, charge_id)
        or session.exec(
            select(Case).where(Case.charge_id == charge_id).order_by(col(Case.opened_at).desc())
        ).first()
    )


def dispute_on_charge(session: Session, charge_id: str) -> Dispute | None:
    """Return the newest dispute on a charge."""
    return session.exec(
        select(Dispute).where(Dispute.charge_id == charge_id).order_by(col(Dispute.opened_at).desc())
    ).first()


def operations(session: Session, case_id: str) -> Sequence[Operation]:
    """Return the operations of a case, oldest first."""
    return session.exec(
        select(Operation).where(Operation.case_id == case_id).order_by(col(Operation.first_sent_at))
    ).all()


def unclear_on_charge(session: Session, charge_id: str) -> Sequence[Operation]:
    """Return the operations on a charge of which nobody knows whether they were made."""
    return session.exec(
        select(Operation).where(Operation.charge_id == charge_id, Operation.state == "unclear")
    ).all()


def outside(session: Session, charge_id: str) -> Sequence[OutsideRefund]:
    """Return the refunds on a charge that nobody here asked for."""
    return session.exec(select(OutsideRefund).where(OutsideRefund.charge_id == charge_id)).all()


def outside_of_customer(session: Session, customer_id: str, now: datetime) -> Sequence[OutsideRefund]:
    """Return the customer's refunds of the last year that nobody here asked for, and that stand."""
    return session.exec(
        select(OutsideRefund).where(
            OutsideRefund.customer_id == customer_id,
            OutsideRefund.seen_at >= now - _HISTORY,
            col(OutsideRefund.status).not_in(("failed", "canceled")),
        )
    ).all()


def ledger(session: Session, charge_id: str) -> Ledger | None:
    """Return what is known to be left on a charge."""
    return session.get(Ledger, charge_id)


def routes_in_use(session: Session) -> set[str]:
    """Return the routes that an open case, escalation or dispute waits on."""
    return set(session.exec(select(Deadline.route).where(col(Deadline.due_at).is_not(None)).distinct()))


def recorded(session: Session, since: datetime | None) -> Sequence[Case]:
    """Return the cases opened at or after `since`, oldest first, for a replay."""
    query = select(Case).order_by(col(Case.opened_at))
    return session.exec(query if since is None else query.where(Case.opened_at >= since)).all()


def history(session: Session, *, customer_id: str, now: datetime) -> Sequence[Case]:
    """Return the paid or to be paid cases of the customer's last year, and the day's automatic ones."""
    of_customer = and_(Case.customer_id == customer_id, Case.opened_at >= now - _HISTORY)
    automatic = and_(col(Case.automatic).is_(True), Case.opened_at >= now - _DAY)
    wanted = or_(of_customer, automatic) if customer_id else automatic
    return session.exec(select(Case).where(wanted, col(Case.state).in_(_PAID))).all()

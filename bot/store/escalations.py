"""Escalations and disputes: reading them."""

from __future__ import annotations

from sqlmodel import Session, col, select

from bot.store.tables import Escalation


def by_request(session: Session, request_key: str) -> Escalation | None:
    """Return the escalation that this very request opened, if it was delivered before."""
    return session.exec(select(Escalation).where(Escalation.request_key == request_key)).first()


def on_charge(session: Session, charge_id: str, issue: str) -> Escalation | None:
    """Return an escalation of this issue on a charge."""
    return session.exec(
        select(Escalation).where(Escalation.charge_id == charge_id, Escalation.issue == issue)
    ).first()


def warning_key(warning_id: str) -> str:
    """Return the request key of the alert about an early fraud warning."""
    return f"warning:{warning_id}"


def warning_on(session: Session, charge_id: str) -> Escalation | None:
    """Return the alert about an early fraud warning on a charge."""
    return session.exec(
        select(Escalation).where(
            Escalation.charge_id == charge_id, col(Escalation.request_key).startswith("warning:")
        )
    ).first()


def live(session: Session, issue: str, opened_by: str) -> Escalation | None:
    """Return the escalation of this issue that `opened_by` opened and that is not resolved."""
    return session.exec(
        select(Escalation).where(
            Escalation.issue == issue,
            col(Escalation.resolved_at).is_(None),
            Escalation.opened_by == opened_by,
        )
    ).first()

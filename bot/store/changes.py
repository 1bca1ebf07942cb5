"""Billing changes and their steps: reading them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, func, select

from bot.store.tables import BillingChange, ChangeStep
from policy.changes import ChangeKind, StepKind
from policy.lifecycle import LIVE_CHANGE_STATES, ChangeState

_YEAR: Final = timedelta(days=365)
ENDED_STEPS: Final = ("done", "refused")


def get(session: Session, change_id: str) -> BillingChange | None:
    """Return a change."""
    return session.get(BillingChange, change_id)


def by_request(session: Session, request_key: str) -> BillingChange | None:
    """Return the change that this very request opened, if it was delivered before."""
    return session.exec(select(BillingChange).where(BillingChange.request_key == request_key)).first()


def live_on(session: Session, customer_id: str, kind: ChangeKind, target: str) -> BillingChange | None:
    """Return the change of this kind that is under way on a customer's invoices or subscription."""
    return session.exec(
        select(BillingChange).where(
            BillingChange.customer_id == customer_id,
            BillingChange.kind == kind,
            BillingChange.target == target,
            col(BillingChange.state).in_(LIVE_CHANGE_STATES),
        )
    ).first()


def steps(session: Session, change_id: str) -> Sequence[ChangeStep]:
    """Return the steps of a change, in their order."""
    return session.exec(
        select(ChangeStep).where(ChangeStep.change_id == change_id).order_by(col(ChangeStep.number))
    ).all()


def next_step(session: Session, change_id: str) -> ChangeStep | None:
    """Return the first step that is not done."""
    return session.exec(
        select(ChangeStep)
        .where(ChangeStep.change_id == change_id, ChangeStep.state != "done")
        .order_by(col(ChangeStep.number))
    ).first()


def waiting_for(session: Session, invoice_id: str) -> Sequence[ChangeStep]:
    """Return the steps that wait for a customer to pay this invoice."""
    return session.exec(
        select(ChangeStep).where(
            ChangeStep.target == invoice_id,
            ChangeStep.kind == StepKind.AWAIT_PAYMENT,
            col(ChangeStep.due_at).is_not(None),
        )
    ).all()


def comps_of(session: Session, customer_id: str, now: datetime) -> Sequence[BillingChange]:
    """Return what a customer was given for free in the last year, newest first."""
    return session.exec(
        select(BillingChange)
        .where(
            BillingChange.customer_id == customer_id,
            BillingChange.kind == ChangeKind.COMP,
            BillingChange.state == ChangeState.DONE,
            BillingChange.opened_at >= now - _YEAR,
        )
        .order_by(col(BillingChange.opened_at).desc())
    ).all()


def comps_asked_by(session: Session, agent: str, since: datetime) -> int:
    """Return how often an agent asked for free access since a time, and was not denied."""
    return session.exec(
        select(func.count())
        .select_from(BillingChange)
        .where(
            BillingChange.requested_by == agent,
            BillingChange.kind == ChangeKind.COMP,
            col(BillingChange.state).not_in((ChangeState.DENIED, ChangeState.ABANDONED)),
            BillingChange.opened_at > since,
        )
    ).one()

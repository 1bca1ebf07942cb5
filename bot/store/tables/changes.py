"""What is to be done at Stripe besides refunds, step by step."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field

from bot.store.tables.row import Row, UtcTime, due
from policy.lifecycle import LIVE_CHANGE_STATES

_LIVE_CHANGE = text(f"state IN ({', '.join(repr(str(state)) for state in LIVE_CHANGE_STATES)})")


class BillingChange(Row, table=True):
    """Something to be done at Stripe besides a refund; its steps are rows of their own.

    `target` is what it holds: a customer for past-due invoices, else a subscription.
    """

    __tablename__ = "billing_change"
    __table_args__ = (
        Index(
            "billing_change_one_live_per_target",
            "kind",
            "target",
            unique=True,
            sqlite_where=_LIVE_CHANGE,
            postgresql_where=_LIVE_CHANGE,
        ),
        Index("billing_change_by_requester", "requested_by", "opened_at"),
        Index("billing_change_by_customer", "customer_id", "opened_at"),
    )

    id: str = Field(primary_key=True)
    state: str
    version: int = 1
    request_key: str = Field(unique=True)
    kind: str
    target: str
    customer_id: str
    customer_email: str = ""
    customer_name: str = ""
    ticket: str
    note: str = ""
    requested_by: str
    automatic: bool = False
    issue: str
    route: str
    also_route: str = ""
    opened_at: datetime = Field(sa_type=UtcTime)
    answer_by: datetime | None = Field(default=None, sa_type=UtcTime)
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    decision_note: str = ""
    problem: str = ""
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    playbook: str
    proposal: dict[str, Any] = Field(sa_type=JSON)


class ChangeStep(Row, table=True):
    """One step of a change, frozen when it was asked for: one is due at a time, in their order."""

    __tablename__ = "change_step"
    __table_args__ = (
        UniqueConstraint("change_id", "number"),
        Index("change_step_by_target", "target"),
        due("change_step"),
    )

    id: str = Field(primary_key=True)
    change_id: str
    number: int
    kind: str
    target: str
    words: str
    params: dict[str, Any] = Field(sa_type=JSON)
    state: str = "waiting"
    attempt: int = 1
    tried: int = 0
    said: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)

"""Refund cases, what is left on their charges, and what was asked of Stripe for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field

from bot.store.tables.row import BIG, Row, UtcTime, due
from policy.lifecycle import BUSY_CASE_STATES

_BUSY = text(f"state IN ({', '.join(repr(str(state)) for state in BUSY_CASE_STATES)})")
_LIVE = text("state IN ('executing', 'unknown', 'later', 'settling')")


class Case(Row, table=True):
    """A refund request and all that became of it."""

    __tablename__ = "refund_case"
    __table_args__ = (
        Index(
            "refund_case_one_open_per_charge",
            "charge_id",
            unique=True,
            sqlite_where=_BUSY,
            postgresql_where=_BUSY,
        ),
        Index("refund_case_by_charge", "charge_id", "opened_at"),
        Index("refund_case_by_requester", "requested_by", "opened_at"),
        Index("refund_case_by_customer", "customer_id", "opened_at"),
        Index("refund_case_by_day", "opened_at", "state"),
        Index("refund_case_by_ticket", "ticket"),
        due("refund_case"),
        CheckConstraint(
            "state <> 'closed' OR NOT needs_approver OR decided_by <> ''",
            name="refund_case_approver_on_record",
        ),
    )

    id: str = Field(primary_key=True)
    state: str
    version: int = 1
    request_key: str = Field(unique=True)
    charge_id: str
    payment_intent_id: str = ""
    customer_id: str = ""
    customer_email: str = ""
    customer_name: str = ""
    currency: str
    amount_minor: int = Field(sa_type=BIG)
    reason: str
    source: str
    ticket: str
    note: str = ""
    requested_by: str
    automatic: bool = False
    issue: str
    route: str
    also_route: str = ""
    opened_at: datetime = Field(sa_type=UtcTime)
    answer_by: datetime | None = Field(default=None, sa_type=UtcTime)
    needs_approver: bool = False
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    decision_note: str = ""
    question: str = ""
    problem: str = ""
    refund_id: str = ""
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    playbook: str
    facts: dict[str, Any] = Field(sa_type=JSON)
    ruling: dict[str, Any] = Field(sa_type=JSON)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Ledger(Row, table=True):
    """What is left on a charge: Stripe's figures as last read, and what live operations have reserved."""

    __tablename__ = "charge_ledger"
    __table_args__ = (CheckConstraint("reserved_minor >= 0", name="charge_ledger_reserved"),)

    charge_id: str = Field(primary_key=True)
    currency: str
    amount_minor: int = Field(sa_type=BIG)
    refunded_minor: int = Field(sa_type=BIG)
    reserved_minor: int = Field(default=0, sa_type=BIG)


class Operation(Row, table=True):
    """One refund to be made at Stripe: frozen parameters, and what Stripe answered."""

    __tablename__ = "operation"
    __table_args__ = (
        Index(
            "operation_one_live_per_case", "case_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        Index("operation_by_case", "case_id"),
        Index("operation_by_charge", "charge_id"),
        due("operation"),
    )

    id: str = Field(primary_key=True)
    case_id: str
    state: str
    attempt: int = 1
    charge_id: str
    amount_minor: int = Field(sa_type=BIG)
    currency: str
    reason: str
    approver: str
    api_version: str
    idempotency_key: str = Field(unique=True)
    first_sent_at: datetime = Field(sa_type=UtcTime)
    sent: int = 1
    key_spent: bool = False
    refund_id: str | None = Field(default=None, unique=True)
    refund_status: str = ""
    said: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class OutsideRefund(Row, table=True):
    """A refund that nobody here asked for, made in the Stripe Dashboard or by another program."""

    __tablename__ = "outside_refund"

    refund_id: str = Field(primary_key=True)
    charge_id: str = Field(index=True)
    customer_id: str = Field(default="", index=True)
    case_id: str | None = None
    amount_minor: int = Field(sa_type=BIG)
    currency: str
    status: str
    seen_at: datetime = Field(sa_type=UtcTime)

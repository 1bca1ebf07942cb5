"""The tables. Money is whole minor units beside its currency; times are aware, in UTC.

`due_at` is the same in every table that holds work: when the work is to be taken up (again), or NULL
when there is none. Taking it up pushes `due_at` ahead in a guarded update, so it is the lease as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from policy.lifecycle import BUSY_CASE_STATES, LIVE_CHANGE_STATES


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, on databases with time zones and without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone has no place in a row")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _due(table: str) -> Index:
    return Index(
        f"{table}_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    )


_BUSY = text(f"state IN ({', '.join(repr(str(state)) for state in BUSY_CASE_STATES)})")
_LIVE = text("state IN ('executing', 'unknown', 'later', 'settling')")
_LIVE_CHANGE = text(f"state IN ({', '.join(repr(str(state)) for state in LIVE_CHANGE_STATES)})")
_BIG = BigInteger().with_variant(Integer, "sqlite")


class Case(SQLModel, table=True):
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
        _due("refund_case"),
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
    amount_minor: int = Field(sa_type=_BIG)
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


class Ledger(SQLModel, table=True):
    """What is left on a charge: Stripe's figures as last read, and what live operations have reserved."""

    __tablename__ = "charge_ledger"
    __table_args__ = (CheckConstraint("reserved_minor >= 0", name="charge_ledger_reserved"),)

    charge_id: str = Field(primary_key=True)
    currency: str
    amount_minor: int = Field(sa_type=_BIG)
    refunded_minor: int = Field(sa_type=_BIG)
    reserved_minor: int = Field(default=0, sa_type=_BIG)


class Operation(SQLModel, table=True):
    """One refund to be made at Stripe: frozen parameters, and what Stripe answered."""

    __tablename__ = "operation"
    __table_args__ = (
        Index(
            "operation_one_live_per_case", "case_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        Index("operation_by_case", "case_id"),
        Index("operation_by_charge", "charge_id"),
        _due("operation"),
    )

    id: str = Field(primary_key=True)
    case_id: str
    state: str
    attempt: int = 1
    charge_id: str
    amount_minor: int = Field(sa_type=_BIG)
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


class OutsideRefund(SQLModel, table=True):
    """A refund that nobody here asked for, made in the Stripe Dashboard or by another program."""

    __tablename__ = "outside_refund"

    refund_id: str = Field(primary_key=True)
    charge_id: str = Field(index=True)
    customer_id: str = Field(default="", index=True)
    case_id: str | None = None
    amount_minor: int = Field(sa_type=_BIG)
    currency: str
    status: str
    seen_at: datetime = Field(sa_type=UtcTime)


class Escalation(SQLModel, table=True):
    """Something that a route has to answer and that pays no money."""

    __tablename__ = "escalation"
    __table_args__ = (
        Index("escalation_by_opener", "opened_by", "opened_at"),
        Index("escalation_by_charge", "charge_id", "issue"),
    )

    id: str = Field(primary_key=True)
    state: str
    version: int = 1
    request_key: str = Field(unique=True)
    issue: str
    route: str
    also_route: str = ""
    summary: str
    ticket: str = ""
    customer: str = ""
    charge_id: str = ""
    opened_by: str
    opened_at: datetime = Field(sa_type=UtcTime)
    answer_by: datetime = Field(sa_type=UtcTime)
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcTime)
    resolved_by: str = ""
    resolved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    resolution: str = ""
    playbook: str = ""
    facts: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    ruling: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class Dispute(SQLModel, table=True):
    """A chargeback as Stripe told us, and what finance decided."""

    __tablename__ = "dispute"
    __table_args__ = (_due("dispute"), Index("dispute_by_charge", "charge_id"))

    id: str = Field(primary_key=True)
    state: str
    version: int = 1
    charge_id: str
    payment_intent_id: str = ""
    customer_id: str = ""
    customer_email: str = ""
    customer_name: str = ""
    amount_minor: int = Field(sa_type=_BIG)
    currency: str
    reason: str
    status: str
    evidence_due_at: datetime | None = Field(default=None, sa_type=UtcTime)
    route: str
    also_route: str = ""
    opened_at: datetime = Field(sa_type=UtcTime)
    answer_by: datetime = Field(sa_type=UtcTime)
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    problem: str = ""
    advice: dict[str, Any] = Field(sa_type=JSON)
    livemode: bool = False
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class BillingChange(SQLModel, table=True):
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


class ChangeStep(SQLModel, table=True):
    """One step of a change, frozen when it was asked for: one is due at a time, in their order."""

    __tablename__ = "change_step"
    __table_args__ = (
        UniqueConstraint("change_id", "number"),
        Index("change_step_by_target", "target"),
        _due("change_step"),
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


class Deadline(SQLModel, table=True):
    """The clock of one open case, escalation, dispute or change: when it is reminded of next (`due_at`)."""

    __tablename__ = "deadline"
    __table_args__ = (_due("deadline"),)

    subject_id: str = Field(primary_key=True)
    subject_kind: str
    issue: str
    route: str
    opened_at: datetime = Field(sa_type=UtcTime)
    answer_by: datetime = Field(sa_type=UtcTime)
    next_kind: str
    breached: bool = False
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Post(SQLModel, table=True):
    """One Slack message: what it shows, where it stands, and whether it shows the present state.

    `place` is a route, a user id (a direct message), or a channel id. `purpose` is unique for its subject.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("subject_id", "purpose"),
        _due("post"),
    )

    id: int | None = Field(default=None, sa_column=Column(_BIG, primary_key=True, autoincrement=True))
    subject_kind: str
    subject_id: str
    purpose: str
    kind: str
    place: str
    under: str = ""
    detail: dict[str, Any] = Field(sa_type=JSON)
    channel: str = ""
    ts: str = ""
    wanted: int = 1
    drawn: int = 0
    tried: int = 0
    said: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Mail(SQLModel, table=True):
    """One mail to a customer. `message_id` is fixed before the first try, so that a doubled one is one."""

    __tablename__ = "mail"
    __table_args__ = (_due("mail"),)

    message_id: str = Field(primary_key=True)
    case_id: str = Field(index=True)
    recipient: str
    subject: str
    body: str
    tried: int = 0
    said: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Inbox(SQLModel, table=True):
    """Each event of Stripe's once; its object is read again when it is handled."""

    __tablename__ = "inbox"
    __table_args__ = (_due("inbox"),)

    event_id: str = Field(primary_key=True)
    type: str
    object_id: str
    received_at: datetime = Field(sa_type=UtcTime)
    tried: int = 0
    said: str = ""
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Audit(SQLModel, table=True):
    """One entry of the append-only trail, chained to the one before by its hash.

    The chain covers `digest`, the salted hash of `detail`: a detail can be erased and the chain holds.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_subject", "subject_id", "number"),)

    number: int = Field(sa_column=Column(_BIG, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcTime)
    actor: str
    event: str
    subject_kind: str
    subject_id: str
    detail: dict[str, Any] = Field(sa_type=JSON)
    salt: str
    digest: str
    before: str
    hash: str = Field(unique=True)


class Seen(SQLModel, table=True):
    """A mark that outlives a restart, such as how far the events list has been read."""

    __tablename__ = "seen"

    name: str = Field(primary_key=True)
    value: str

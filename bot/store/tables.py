"""The tables. Money is whole minor units beside its currency; times are aware, in UTC.

`due_at` is the same in every table that holds work: when the work is to be taken up (again), or NULL
when there is none. Taking it up pushes `due_at` ahead in a guarded update, so it is the lease as well.
"""

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


class _Row(SQLModel):
    """A table's row. Rows are not validated by pydantic, so its validators are not built at each start."""

    model_config = {"defer_build": True}


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
_UNRESOLVED = text("state <> 'resolved'")
_LIVE = text("state IN ('executing', 'unknown', 'later', 'settling')")
_LIVE_CHANGE = text(f"state IN ({', '.join(repr(str(state)) for state in LIVE_CHANGE_STATES)})")
_BIG = BigInteger().with_variant(Integer, "sqlite")


class Case(_Row, table=True):
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


class Ledger(_Row, table=True):
    """What is left on a charge: Stripe's figures as last read, and what live operations have reserved."""

    __tablename__ = "charge_ledger"
    __table_args__ = (CheckConstraint("reserved_minor >= 0", name="charge_ledger_reserved"),)

    charge_id: str = Field(primary_key=True)
    currency: str
    amount_minor: int = Field(sa_type=_BIG)
    refunded_minor: int = Field(sa_type=_BIG)
    reserved_minor: int = Field(default=0, sa_type=_BIG)


class Operation(_Row, table=True):
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


class OutsideRefund(_Row, table=True):
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


class Escalation(_Row, table=True):
    """Something that a route has to answer and that pays no money."""

    __tablename__ = "escalation"
    __table_args__ = (
        Index("escalation_by_opener", "opened_by", "opened_at"),
        Index("escalation_by_charge", "charge_id", "issue"),
        Index("escalation_by_ticket", "ticket"),
        Index(
            "escalation_live_by_issue",
            "issue",
            sqlite_where=_UNRESOLVED,
            postgresql_where=_UNRESOLVED,
        ),
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


class Dispute(_Row, table=True):
    """A chargeback as Stripe told us, and what finance decided.

    `held` is how long each piece of evidence is that Stripe has, by its field; `usage` what the record of
    usage said, and NULL until it was asked.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        _due("dispute"),
        Index("dispute_by_charge", "charge_id"),
        Index("dispute_by_customer", "customer_id"),
    )

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
    refundable: bool = False
    submitted_by: str = ""
    submitted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    investigate: bool = False
    usage: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    fraud_type: str = ""
    funds_currency: str = ""
    withdrawn_minor: int = Field(default=0, sa_type=_BIG)
    reinstated_minor: int = Field(default=0, sa_type=_BIG)
    fee_minor: int = Field(default=0, sa_type=_BIG)
    held: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Evidence(_Row, table=True):
    """One paper of a challenge: words, or a file on its way from Slack to Stripe.

    Stripe has it as it stands here once `staged` is `revision`.
    """

    __tablename__ = "evidence"

    dispute_id: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    text: str = ""
    slack_file: str = ""
    file_name: str = ""
    stripe_file: str = ""
    given_by: str
    given_at: datetime = Field(sa_type=UtcTime)
    revision: int = 1
    staged: int = 0
    problem: str = ""


class BillingChange(_Row, table=True):
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


class ChangeStep(_Row, table=True):
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


class Deadline(_Row, table=True):
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


class Post(_Row, table=True):
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


class Mail(_Row, table=True):
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


class Inbox(_Row, table=True):
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


class Audit(_Row, table=True):
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


class Mirrored(_Row, table=True):
    """One object of Stripe's as it was last read: only what is looked up, counted and compared.

    `due_at` is set when something happened to it, and it is to be read again. A row that was never read
    has no `read_at`. An `erased` row keeps no personal data, and no reading brings it back.
    """

    __tablename__ = "mirrored"
    __table_args__ = (
        _due("mirrored"),
        Index("mirrored_by_kind", "kind", "created_at", "status"),
        Index("mirrored_by_status", "kind", "status"),
        Index("mirrored_by_customer", "customer_id", "kind", "created_at"),
        Index("mirrored_by_last4", "last4", "created_at"),
        Index("mirrored_by_card", "fingerprint", "created_at"),
    )

    id: str = Field(primary_key=True)
    kind: str
    customer_id: str = ""
    charge_id: str = ""
    status: str = ""
    amount_minor: int = Field(default=0, sa_type=_BIG)
    currency: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    email: str = ""
    name: str = ""
    last4: str = ""
    fingerprint: str = ""
    brand: str = ""
    country: str = ""
    decline_code: str = ""
    price: str = ""
    digest: str = ""
    gone: bool = False
    erased: bool = False
    read_at: datetime | None = Field(default=None, sa_type=UtcTime)
    tried: int = 0
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Resolution(_Row, table=True):
    """How something ended; `told` is how its customer heard of that, and empty as long as nobody knows."""

    __tablename__ = "resolution"
    __table_args__ = (Index("resolution_by_day", "ended_at"),)

    subject_id: str = Field(primary_key=True)
    subject_kind: str
    outcome: str
    words: str
    ended_at: datetime = Field(sa_type=UtcTime)
    told: str = ""
    told_by: str = ""
    told_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Seen(_Row, table=True):
    """A mark that outlives a restart, such as how far the events list has been read."""

    __tablename__ = "seen"

    name: str = Field(primary_key=True)
    value: str

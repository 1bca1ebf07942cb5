"""Chargebacks, and the papers that challenge them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field

from bot.store.tables.row import BIG, Row, UtcTime, due


class Dispute(Row, table=True):
    """A chargeback as Stripe told us, and what finance decided.

    `held` is how long each piece of evidence is that Stripe has, by its field; `usage` what the record of
    usage said, and NULL until it was asked.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        due("dispute"),
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
    amount_minor: int = Field(sa_type=BIG)
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
    withdrawn_minor: int = Field(default=0, sa_type=BIG)
    reinstated_minor: int = Field(default=0, sa_type=BIG)
    fee_minor: int = Field(default=0, sa_type=BIG)
    held: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Evidence(Row, table=True):
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

"""Stripe's objects as they were last read."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from bot.store.tables.row import BIG, Row, UtcTime, due


class Mirrored(Row, table=True):
    """One object of Stripe's as it was last read: only what is looked up, counted and compared.

    `due_at` is set when something happened to it, and it is to be read again. A row that was never read
    has no `read_at`. An `erased` row keeps no personal data, and no reading brings it back.
    """

    __tablename__ = "mirrored"
    __table_args__ = (
        due("mirrored"),
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
    amount_minor: int = Field(default=0, sa_type=BIG)
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

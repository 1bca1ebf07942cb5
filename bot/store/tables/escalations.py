"""What a route has to answer and that pays no money."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from bot.store.tables.row import Row, UtcTime

# Not by its state: PostgreSQL would write to every index of a row whose state moves on.
_UNRESOLVED = text("resolved_at IS NULL")


class Escalation(Row, table=True):
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

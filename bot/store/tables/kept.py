"""What is kept: the audit trail, how things ended, marks that outlive a restart."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field

from bot.store.tables.row import BIG, Row, UtcTime


class Audit(Row, table=True):
    """One entry of the append-only trail, chained to the one before by its hash.

    The chain covers `digest`, the salted hash of `detail`: a detail can be erased and the chain holds.
    It does not cover `in_thread`, which only says that the card's thread tells the entry.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_subject", "subject_id", "number"),)

    number: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcTime)
    actor: str
    event: str
    subject_kind: str
    subject_id: str
    detail: dict[str, Any] = Field(sa_type=JSON)
    salt: str
    digest: str
    before: str
    hash: str
    in_thread: bool = False


class Resolution(Row, table=True):
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


class Seen(Row, table=True):
    """A mark that outlives a restart, such as how far the events list has been read."""

    __tablename__ = "seen"

    name: str = Field(primary_key=True)
    value: str

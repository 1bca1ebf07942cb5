"""What waits to be done or told: reminders, messages, mails, and events to be handled."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field

from bot.store.tables.row import BIG, Row, UtcTime, due


class Deadline(Row, table=True):
    """The clock of one open case, escalation, dispute or change: when it is reminded of next (`due_at`)."""

    __tablename__ = "deadline"
    __table_args__ = (due("deadline"),)

    subject_id: str = Field(primary_key=True)
    subject_kind: str
    issue: str
    route: str
    opened_at: datetime = Field(sa_type=UtcTime)
    answer_by: datetime = Field(sa_type=UtcTime)
    next_kind: str
    breached: bool = False
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Post(Row, table=True):
    """One Slack message: what it shows, where it stands, and whether it shows the present state.

    `place` is a route, a user id (a direct message), or a channel id. `purpose` is unique for its subject.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("subject_id", "purpose"),
        due("post"),
    )

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
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


class Mail(Row, table=True):
    """One mail to a customer. `message_id` is fixed before the first try, so that a doubled one is one."""

    __tablename__ = "mail"
    __table_args__ = (due("mail"),)

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


class Inbox(Row, table=True):
    """Each event of Stripe's once; its object is read again when it is handled."""

    __tablename__ = "inbox"
    __table_args__ = (due("inbox"),)

    event_id: str = Field(primary_key=True)
    type: str
    object_id: str
    received_at: datetime = Field(sa_type=UtcTime)
    tried: int = 0
    said: str = ""
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)

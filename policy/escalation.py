"""When to remind whom: ahead of a deadline, at it, and again and again after it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from policy.model import Issue


class Reminder(Struct, frozen=True):
    """One reminder. `number` is its place in the case's own row: ahead 0, due 1, then 2, 3 … when overdue."""

    at: datetime
    kind: Literal["ahead", "due", "overdue"]
    number: int


def next_reminder(issue: Issue, opened_at: datetime, due_at: datetime, after: datetime | None) -> Reminder:
    """Return the first reminder strictly after `after`; None: after `opened_at`.

    It is a function of the case's own times, so that a restart loses none and doubles none; whoever asks with
    `after=now` gets one reminder for all that were missed. Source: the playbook's issue
    (24-hour intervals; proportionate where the deadline is short).
    """
    since = opened_at if after is None else max(after, opened_at)
    ahead_at = due_at - issue.remind_ahead
    if since < ahead_at:
        return Reminder(ahead_at, "ahead", 0)
    if since < due_at:
        return Reminder(due_at, "due", 1)
    overdue = (since - due_at) // issue.remind_every + 1
    return Reminder(due_at + overdue * issue.remind_every, "overdue", overdue + 1)

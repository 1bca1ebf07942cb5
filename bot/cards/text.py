"""Words in Slack's markup: escaping, people, times and links."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

ACTORS: Final = {"policy": "the playbook", "stripe": "Stripe", "clock": "the clock", "": "nobody yet"}
"""Who acts besides people, as the audit trail names them."""


def escape(typed: str) -> str:
    """Make what a person typed harmless: no mention, link or command of theirs takes effect."""
    return typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote(typed: str, limit: int = 1500) -> str:
    """Write what a person typed as a quotation, cut to `limit` characters."""
    return "\n".join(f">{line}" for line in escape(shortened(typed, limit)).splitlines())


def shortened(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def when(at: datetime) -> str:
    """Write a time that each reader sees in their own time zone."""
    fallback = at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def day(at: datetime) -> str:
    """Write a day, for a plain-text place where Slack converts nothing."""
    return f"{at.day} {at:%b %Y}"


def left(now: datetime, until: datetime) -> str:
    """Say how long is left until a deadline, or how long it has been over."""
    span = until - now
    return f"{duration(span)} left" if span > timedelta() else f"{duration(-span)} over"


def duration(span: timedelta) -> str:
    """Write a duration in its largest one or two units: `3 days 4 h`, `2 h 10 min`, `5 min`."""
    minutes = int(span.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours and days < 7 else "")
    if hours:
        return f"{hours} h" + (f" {rest} min" if rest else "")
    return f"{rest} min"


def who(actor: str) -> str:
    """Name who acted: a mention of a person, or the words for what is no person."""
    return ACTORS.get(actor) or f"<@{actor}>"


def dashboard(kind: str, object_id: str, *, livemode: bool) -> str:
    """Return the address of an object in Stripe's Dashboard; `kind` is such as `customers`."""
    return f"https://dashboard.stripe.com/{'' if livemode else 'test/'}{kind}/{object_id}"


def link(address: str, words: str) -> str:
    """Write a link; without an address, its words alone."""
    return f"<{address}|{escape(words)}>" if address else escape(words)

"""Days and months as a playbook counts them: local days, anchored months, terms."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
"""An aware time; a document that leaves its offset out is refused."""

_MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)


@lru_cache(maxsize=512)
def zone_named(name: str) -> tzinfo:
    """Return the IANA time zone `name`; UTC for a name that does not exist."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a customer's metadata may say anything
        return UTC


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day that `moment` falls on in `zone`."""
    return moment.astimezone(zone).date()


def written(day: date) -> str:
    """Write a day as people read it: `1 April 2021`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: `1 month`, `11 months`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def add_months(anchor: date, months: int) -> date:
    """Return the day `months` after `anchor`, or the month's last day where it has no such day.

    Counted from the anchor, not from the month before: a term bought on 31 January has months
    that start on 28 February and on 31 March.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def months_between(anchor: date, day: date) -> int:
    """Return how many whole months have passed on `day`; negative when `day` is before `anchor`."""
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if add_months(anchor, months) <= day else months - 1


def months_in_term(interval: str, count: int) -> int:
    """Return the months of a billing term; 0 for terms of days or weeks, which hold no whole month."""
    return {"year": 12, "month": 1}.get(interval, 0) * count

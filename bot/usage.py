"""Did a customer sign in, and did they use the service: asked of the team's own record of usage.

`MAKEGOOD_USAGE` names it: an address that answers over HTTP, or a CSV file. docs/operations.md has both
formats. What cannot be read is unknown, never a no.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
from msgspec import Struct

from policy.disputes import Usage

_ANSWERS_WITHIN: Final = 10.0
_COLUMNS: Final = ("email", "customer", "at", "what")
_SIGN_IN, _USE = "sign_in", "use"


class Period(Struct, frozen=True):
    """Whose usage is asked for, and between which moments (aware, in UTC)."""

    email: str
    customer_id: str
    since: datetime
    until: datetime


class UsageRecord(Protocol):
    """Whatever can say how a customer used the service."""

    async def look(self, period: Period) -> Usage:
        """Return what the record says. Never raises: what went wrong stands in `problem`."""
        ...


class NoRecord:
    """There is no record of usage: nobody knows."""

    async def look(self, _period: Period) -> Usage:
        """Say that nobody knows."""
        return Usage(problem="No record of usage is connected; an administrator can name one.")


class UsageOverHttp:
    """A record that answers GET with JSON: `signed_in` and `used`, true, false or null, and `says`."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def look(self, period: Period) -> Usage:
        """Ask, ten seconds at the most."""
        try:
            answer = await self._client.get(self._address, params=_asked(self._address, period))
        except httpx.TimeoutException:
            return _unread("it did not answer within ten seconds")
        except httpx.HTTPError:
            return _unread("it does not answer")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return Usage(says="The record of usage does not know this customer.")
        if not answer.is_success:
            return _unread(f"it answered with status {answer.status_code}")
        try:
            said = answer.json()
        except ValueError:
            return _NOT_AGREED
        return _usage(said)


class UsageInCsv:
    """A record in a file with the columns email, customer, at and what: `sign_in` or `use`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def look(self, period: Period) -> Usage:
        """Read the file as it is now, outside of the event loop."""
        return await asyncio.to_thread(self._look, period)

    def _look(self, period: Period) -> Usage:
        try:
            with self._path.open(newline="", encoding="utf-8") as file:
                return _counted(list(_of(period, csv.DictReader(file))), period)
        except (OSError, UnicodeDecodeError, csv.Error):
            return _unread("the file cannot be opened")
        except ValueError as error:
            return _unread(str(error))


@asynccontextmanager
async def usage_record(place: str) -> AsyncIterator[UsageRecord]:
    """Open the record at `place`: an http(s) address, the path of a CSV file, or nothing."""
    if not place:
        yield NoRecord()
    elif place.startswith(("http://", "https://")):
        async with httpx.AsyncClient(timeout=_ANSWERS_WITHIN) as client:
            yield UsageOverHttp(client, place)
    else:
        yield UsageInCsv(Path(place))


def _asked(address: str, period: Period) -> Mapping[str, str]:
    """Write the query; what the address says already, such as a key, stays in it."""
    return dict(httpx.URL(address).params) | {
        "email": period.email,
        "customer": period.customer_id,
        "from": period.since.astimezone(UTC).isoformat(timespec="seconds"),
        "to": period.until.astimezone(UTC).isoformat(timespec="seconds"),
    }


def _usage(said: Any) -> Usage:  # noqa: ANN401  # any JSON value
    answers = [said.get("signed_in"), said.get("used")] if isinstance(said, dict) else []
    says = said.get("says", "") if answers else None
    if not isinstance(says, str) or not all(one is None or isinstance(one, bool) for one in answers):
        return _NOT_AGREED
    return Usage(answers[0], answers[1], says[:500])


def _of(period: Period, rows: csv.DictReader[str]) -> Iterator[tuple[datetime, str]]:
    """Yield when the customer did what. Raises ValueError, in words, for a file of another form."""
    lacking = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
    if lacking:
        raise ValueError(f"the file has no column {', '.join(lacking)}")
    for row in rows:
        email, customer_id = (row["email"] or "").strip().lower(), (row["customer"] or "").strip()
        if (email and email == period.email.lower()) or (customer_id and customer_id == period.customer_id):
            yield _moment(row["at"] or "", rows.line_num), (row["what"] or "").strip()


def _moment(text: str, line: int) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"line {line} of the file has no time like 2026-11-02T09:30:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _counted(found: list[tuple[datetime, str]], period: Period) -> Usage:
    """Count what happened in the period; of whom the file has nothing at all, nobody knows."""
    if not found:
        return Usage(says="The record of usage has nothing of this customer.")
    within = [what for at, what in found if period.since <= at <= period.until]
    sign_ins, uses = within.count(_SIGN_IN), within.count(_USE)
    return Usage(sign_ins > 0, uses > 0, f"{_times(sign_ins, 'sign-in')}, {_times(uses, 'use')}")


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _unread(why: str) -> Usage:
    return Usage(problem=f"The record of usage could not be read: {why}.")


_NOT_AGREED: Final = _unread("its answer is not of the agreed form")

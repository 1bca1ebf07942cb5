"""Watch whether payments fail everywhere: one incident while it lasts, closed when the rate is back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct
from sqlmodel import Session

from bot.desk import incidents
from bot.desk.desk import Desk
from bot.desk.mirror import missing_kinds
from bot.store import marks, mirror
from bot.store.tables import Mirrored
from policy.health import Payment, Tried, Verdict, judge, shared, told
from policy.model import Health

_BASELINE: Final = "health:baseline"
_CALM: Final = "health:calm"
_COUNTED_ANEW: Final = timedelta(hours=1)
_USUAL: Final = 500
"""So many earlier payments show what is usual."""


async def watch_payments(desk: Desk) -> None:
    """Judge the last window of payments, and open, update or close the incident."""
    health, now = desk.playbook.health, desk.now()
    if health is None or "charge" in await missing_kinds(desk):
        return
    await _count_baseline(desk, health, now)
    seen = await desk.store.read(lambda session: _look(session, health, now))
    if not seen.verdict.spike and not seen.going_on:
        return
    subject = await desk.store.write(lambda session: _follow(desk, session, seen, health, now))
    if subject:
        desk.show_soon(subject)


class _Seen(Struct, frozen=True):
    """What a look at the last window says."""

    verdict: Verdict
    summary: str
    going_on: bool


async def _count_baseline(desk: Desk, health: Health, now: datetime) -> None:
    """Count the baseline again when that is due; not while an incident would count as usual."""

    def count(session: Session) -> tuple[str, str] | None:
        before = marks.at(session, _BASELINE)
        due = (
            not before or now >= datetime.fromisoformat(msgspec.json.decode(before)["until"]) + _COUNTED_ANEW
        )
        if not due or incidents.going_on(session, health.payments_issue):
            return None
        end = now - health.window
        start = max(now - health.baseline, mirror.oldest_attempt(session) or end)
        counts = mirror.count_attempts(session, start, end)
        counted = {
            "until": now.isoformat(),
            "attempts": sum(counts.values()),
            "failed": counts.get("failed", 0),
            "windows": max((end - start) / health.window, 0.0),
        }
        return before, msgspec.json.encode(counted).decode()

    counted = await desk.store.read(count)
    if counted:
        before, after = counted
        await desk.store.write(lambda session: marks.move(session, _BASELINE, after, before))


def _look(session: Session, health: Health, now: datetime) -> _Seen:
    start = now - health.window
    rows = mirror.attempts(session, start, now + timedelta(seconds=1))
    failed = [row for row in rows if row.status == "failed"]
    usual = msgspec.json.decode(marks.at(session, _BASELINE))
    verdict = judge(
        Tried(len(rows), len(failed), len({row.customer_id or row.id for row in failed})),
        Tried(usual["attempts"], usual["failed"]),
        usual["windows"],
        health,
    )
    going_on = incidents.going_on(session, health.payments_issue) is not None
    if not verdict.spike and not going_on:
        return _Seen(verdict, "", going_on=False)
    earlier = mirror.attempts(session, now - health.baseline, start, _USUAL)
    common = shared(_payments(session, failed), _payments(session, earlier)) if failed else ()
    minutes = health.window // timedelta(minutes=1)
    return _Seen(verdict, told(verdict, minutes, common), going_on)


def _payments(session: Session, rows: Sequence[Mirrored]) -> list[Payment]:
    prices = mirror.prices(session, (row.customer_id for row in rows))
    return [
        Payment(row.country, row.decline_code, row.brand, prices.get((row.customer_id, row.amount_minor), ""))
        for row in rows
    ]


def _follow(desk: Desk, session: Session, seen: _Seen, health: Health, now: datetime) -> str:
    issue, calm_since = health.payments_issue, marks.at(session, _CALM)
    if seen.verdict.calm and calm_since and now >= datetime.fromisoformat(calm_since) + health.calm_for:
        marks.put(session, _CALM, "")
        return incidents.over(desk, session, issue, f"The rate is back.\n{seen.summary}")
    calm = (calm_since or now.isoformat()) if seen.verdict.calm else ""
    if calm != calm_since:
        marks.put(session, _CALM, calm)
    if not seen.verdict.spike and incidents.going_on(session, issue) is None:
        return ""
    return incidents.report(desk, session, issue, seen.summary)

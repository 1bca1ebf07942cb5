"""What grows with the desk: sweeps over a million open cases, memory, and the time it takes to start."""

from __future__ import annotations

import compileall
import resource
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert
from sqlmodel import Session

from bench import prepared
from bench.rounds import ROUNDS, Line, line
from bot.store import work
from bot.store.engine import Store
from bot.store.tables import Deadline

_DUE: Final = 200
_SIZES: Final = (10_000, 100_000, 1_000_000)
# The libraries as the desk uses them: Stripe's client and the dialects load when they are asked for.
_THEIRS: Final = (
    "import slack_bolt.async_app, slack_bolt.adapter.socket_mode.aiohttp, sqlmodel, starlette.applications, "
    "uvicorn, apscheduler.schedulers.asyncio, pydantic_settings, aiosmtplib, structlog, prometheus_client, "
    "msgspec, sqlalchemy.dialects.sqlite, sqlalchemy.dialects.postgresql; from stripe import StripeClient"
)


def sweeps(folder: Path) -> list[Line]:
    """Find 200 due reminders among 10,000, 100,000 and 1,000,000 open ones, on SQLite."""
    seconds = {size: _sweep_seconds(folder / f"sweep-{size}.db", size) for size in _SIZES}
    ratio = seconds[_SIZES[0]] / seconds[_SIZES[-1]]
    detail = {f"{size:,}": f"{1000 * one:.2f} ms" for size, one in seconds.items()}
    what = "sweep over 10,000 open cases, as fast as over 1,000,000"
    return [Line(what, round(ratio, 3), round(1 / 1.5, 3), conclusive=True, detail=detail)]


def _sweep_seconds(path: Path, size: int) -> float:
    url = prepared.database(f"sqlite:///{path}")
    now = datetime.now(UTC)

    def fill(session: Session) -> None:
        for start in range(0, size, 50_000):
            rows = [_deadline(number, now) for number in range(start, min(start + 50_000, size))]
            session.connection().execute(insert(Deadline), rows)

    prepared.in_one_transaction(url, fill)
    store = Store(url)
    found = []
    with Session(store.engine) as session:
        for _ in range(15):
            started = time.perf_counter()
            due = work.due(session, Deadline, now, _DUE)
            found.append(time.perf_counter() - started)
            if len(due) != _DUE:
                raise RuntimeError(f"{len(due)} are due, not {_DUE}")
            session.expunge_all()
    store.close()
    return statistics.median(found)


def _deadline(number: int, now: datetime) -> dict[str, object]:
    due = now - timedelta(minutes=1) if number < _DUE else now + timedelta(hours=1, seconds=number)
    return {
        "subject_id": f"RF-{number}",
        "subject_kind": "case",
        "issue": "standard_refund",
        "route": "leads",
        "opened_at": now,
        "answer_by": due,
        "next_kind": "due",
        "breached": False,
        "due_at": due,
    }


def start() -> list[Line]:
    """Compare our imports with those of the libraries alone, in fresh processes, all of them compiled."""
    for package in ("policy", "bot", "handlers"):
        compileall.compile_dir(package, quiet=2)
    rounds = [
        (_import_seconds(_THEIRS), _import_seconds(f"{_THEIRS}; import bot.app"), _import_seconds(_THEIRS))
        for _ in range(ROUNDS)
    ]
    return [
        line(
            "imports of the libraries, against those with ours",
            1 / 1.15,
            [(theirs, ours, ours * twin / theirs) for theirs, ours, twin in rounds],
            libraries_s=round(statistics.median(theirs for theirs, _, _ in rounds), 3),
            with_ours_s=round(statistics.median(ours for _, ours, _ in rounds), 3),
        )
    ]


def _import_seconds(statements: str) -> float:
    """Return the processor time that a fresh process takes for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statements], check=True)  # noqa: S603  # our own words
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

"""The whole desk as `makegood serve`, with its sandbox in another process: busy days, and how much memory."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import func, insert
from sqlmodel import Session, select

from bench import prepared
from bench.databases import Databases
from bench.rounds import ROUNDS, Line, load
from bot.desk.record import move, opened, start_clock
from bot.sandbox.slack.cast import MAYA, PRIYA
from bot.store.engine import Store
from bot.store.tables import Case, Escalation, Operation, Resolution
from policy import playbook

_REFUNDS: Final = 200
_CLICKS: Final = 300
_CASES: Final = 100_000
_WITHIN_MS: Final = 250
_PATH: Final = "/slack/events"
_CLICKED: Final = "escalation_acknowledge"


class _Sandbox(Struct, frozen=True):
    """A sandbox in a process of its own: what the desk's environment is, and charges to refund."""

    environment: Mapping[str, str]
    charges: list[str]


def beside(databases: Databases) -> list[Line]:
    """Measure clicks while 200 refunds, as many reminders and a month's report run beside them."""
    url = databases.fresh()
    rounds = [[f"ES-{number}-{one}" for one in range(_CLICKS)] for number in range(ROUNDS)]
    prepared.escalations(url, [one for ids in rounds for one in ids])
    with _sandbox(url) as here:
        _approve(url, here.charges[:_REFUNDS])
        with _serving(here) as (_, address), _reporting(here):
            secret = here.environment["SLACK_SIGNING_SECRET"]
            found = [
                load(address, _PATH, [prepared.click(_CLICKED, one, secret) for one in ids], 16)
                for ids in rounds
            ]
            _until_refunded(url)
    worst = max(one["p99_ms"] for one in found)
    what = f"{_WITHIN_MS} ms against a click's p99 on {databases.name}, beside refunds, reminders, a report"
    detail = {"p99_ms": [round(one["p99_ms"], 1) for one in found]}
    return [Line(what, round(_WITHIN_MS / worst, 3), 1.0, conclusive=True, detail=detail)]


def memory(databases: Databases) -> list[Line]:
    """Compare the memory of a desk that has 100,000 cases with one that has none, after clicks and sweeps."""
    rest, after = (_settled(databases, cases) for cases in (0, _CASES))
    detail = {"at_rest_mb": rest, f"after_{_CASES}_cases_mb": after}
    what = f"memory at rest, against that with {_CASES:,} cases on {databases.name}"
    return [Line(what, round(rest / after, 3), 0.8, conclusive=True, detail=detail)]


def _settled(databases: Databases, cases: int) -> int:
    url = databases.fresh()
    clicks = [f"ES-{number}" for number in range(_CLICKS)]
    prepared.escalations(url, clicks)
    _closed(url, cases)
    with _sandbox(url) as here, _serving(here) as (pid, address):
        secret = here.environment["SLACK_SIGNING_SECRET"]
        load(address, _PATH, [prepared.click(_CLICKED, one, secret) for one in clicks], 16)
        time.sleep(12)  # the slowest of the sweeps that look at cases comes round every ten seconds
        return _megabytes(pid)


@contextmanager
def _sandbox(url: str) -> Iterator[_Sandbox]:
    child = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "bench.servers", "sandbox", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None  # noqa: S101  # it was asked for
        told: dict[str, Any] = json.loads(child.stdout.readline())
        yield _Sandbox(told["environment"], told["charges"])
    finally:
        child.communicate()


@contextmanager
def _serving(here: _Sandbox) -> Iterator[tuple[int, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | here.environment | {"HOST": "127.0.0.1", "PORT": str(port)}
    child = subprocess.Popen(  # our own module
        [sys.executable, "-m", "bot", "serve"], env=environment, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _until_up(address, child)
        yield child.pid, address
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait()


@contextmanager
def _reporting(here: _Sandbox) -> Iterator[None]:
    """Let a month's report be written in a process of its own meanwhile."""
    child = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "bot", "report", "--month", f"{datetime.now(UTC):%Y-%m}", "--format", "csv"],
        env=os.environ | here.environment,
        stdout=subprocess.DEVNULL,
    )
    yield
    if child.wait() != 0:
        raise RuntimeError("the report failed")


def _until_up(address: str, child: subprocess.Popen[bytes]) -> None:
    while child.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz"):  # noqa: S310  # loopback
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the desk did not start")


def _approve(url: str, charges: list[str]) -> None:
    """Write approved refunds and overdue escalations, as if the people had just clicked."""
    issue, now = playbook.load(None).issues["standard_refund"], datetime.now(UTC)

    def write(session: Session) -> None:
        for number, charge in enumerate(charges):
            case = Case(**_case(number, charge, now), state="awaiting", route=issue.route, issue=issue.id)
            opened(session, case, actor=MAYA, at=now, event="requested", detail={})
            move(session, case, "approved", actor=PRIYA, at=now, decided_by=PRIYA, decided_at=now, due_at=now)
            late = Escalation(
                id=f"ES-late-{number}",
                state="open",
                request_key=f"late-{number}",
                issue=issue.id,
                route=issue.route,
                summary="Prepared for the measurement.",
                opened_by=MAYA,
                opened_at=now - timedelta(days=2),
                answer_by=now - timedelta(days=1),
            )
            opened(session, late, actor=MAYA, at=now, event="escalated", detail={})
            start_clock(session, late, issue, opened_at=late.opened_at, answer_by=late.answer_by)
            session.expunge_all()

    prepared.in_one_transaction(url, write)


def _until_refunded(url: str) -> None:
    """Wait until every approved refund is done. Raises RuntimeError when that takes minutes."""
    store = Store(url)
    try:
        for _ in range(600):
            with Session(store.engine) as session:
                done = session.exec(select(func.count()).where(Operation.state == "done")).one()
            if done == _REFUNDS:
                return
            time.sleep(0.5)
        raise RuntimeError(f"{done} of {_REFUNDS} refunds are done")
    finally:
        store.close()


def _closed(url: str, count: int) -> None:
    """Write cases that were closed over the last year, with their resolutions."""
    now = datetime.now(UTC)

    def write(session: Session) -> None:
        for start in range(0, count, 10_000):
            numbers = range(start, min(start + 10_000, count))
            rows = [_case(n, f"ch_{n}", now - timedelta(minutes=5 * n)) for n in numbers]
            closed = {"state": "closed", "route": "leads", "issue": "standard_refund", "closed_at": now}
            session.connection().execute(insert(Case), [row | closed for row in rows])
            ends = [
                {
                    "subject_id": row["id"],
                    "subject_kind": "case",
                    "outcome": "closed",
                    "words": "",
                    "told": "",
                }
                | {"told_by": "", "ended_at": row["opened_at"]}
                for row in rows
            ]
            session.connection().execute(insert(Resolution), ends)

    if count:
        prepared.in_one_transaction(url, write)


def _case(number: int, charge: str, at: datetime) -> dict[str, Any]:
    given = {
        "id": f"RF-{number}",
        "request_key": f"prepared-{number}",
        "charge_id": charge,
        "currency": "USD",
        "amount_minor": 500,
        "reason": "technical_error",
        "source": "email",
        "ticket": "4711",
        "requested_by": MAYA,
        "opened_at": at,
        "playbook": "bench",
        "facts": {},
        "ruling": {},
        "version": 1,
        "automatic": False,
        "needs_approver": False,
    }
    empty = (
        "payment_intent_id", "customer_id", "customer_email", "customer_name", "note", "also_route",
        "decided_by", "decision_note", "question", "problem", "refund_id",
    )  # fmt: skip
    return given | dict.fromkeys(empty, "")


def _megabytes(pid: int) -> int:
    """Return how much memory a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))

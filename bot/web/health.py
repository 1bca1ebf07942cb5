"""`GET /healthz`, `GET /readyz`, `GET /metrics`: for whoever watches the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, select, text
from sqlmodel import Session, SQLModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.desk.desk import Desk
from bot.desk.mirror import DRIFT
from bot.store import marks

_TABLES = SQLModel.metadata.tables
_THINGS = {
    "case": "refund_case",
    "escalation": "escalation",
    "dispute": "dispute",
    "change": "billing_change",
}
_WORK = (
    "refund_case", "operation", "post", "mail", "inbox", "deadline", "dispute", "change_step", "mirrored",
)  # fmt: skip
_PATIENCE = 3.0


class Health:
    """What the process can say about itself."""

    def __init__(self, desk: Desk, slack: AsyncWebClient) -> None:
        self._desk = desk
        self._slack = slack

    async def healthz(self, _request: Request) -> Response:
        """Say that the process is up."""
        return JSONResponse({"up": True})

    async def readyz(self, _request: Request) -> Response:
        """Say whether the database, Slack and Stripe can be reached; 503 when one cannot."""
        checks: dict[str, Callable[[], Awaitable[Any]]] = {
            "database": lambda: self._desk.store.read(
                lambda session: session.execute(text("SELECT 1")).all()
            ),
            "slack": self._slack.auth_test,
            "stripe": self._desk.payments.account,
        }
        answers = dict(
            zip(checks, await asyncio.gather(*(_works(ask) for ask in checks.values())), strict=True)
        )
        return JSONResponse(answers, 200 if all(answers.values()) else 503)

    async def metrics(self, _request: Request) -> Response:
        """Count what the rows hold, in Prometheus' text format."""
        registry = await self._desk.store.read(self._count)
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    def _count(self, session: Session) -> CollectorRegistry:
        registry = CollectorRegistry()
        things = Gauge(
            "makegood_things",
            "Cases, escalations, disputes and changes",
            ["kind", "state"],
            registry=registry,
        )
        for kind, name in _THINGS.items():
            state = _TABLES[name].c.state
            for value, count in session.execute(select(state, func.count()).group_by(state)):
                things.labels(kind, value).set(count)
        late = Gauge("makegood_work_due", "Pieces of work whose time has come", ["table"], registry=registry)
        for name in _WORK:
            due_at = _TABLES[name].c.due_at
            due = select(func.count()).where(due_at.is_not(None), due_at <= self._desk.now())
            late.labels(name).set(session.execute(due).scalar_one())
        self._count_mirror(session, registry)
        return registry

    def _count_mirror(self, session: Session, registry: CollectorRegistry) -> None:
        """Count what the last comparison with Stripe found."""
        counts = msgspec.json.decode(marks.at(session, DRIFT) or "{}")
        drift = Gauge(
            "makegood_mirror_drift", "Objects that differed from Stripe", ["what"], registry=registry
        )
        compared = Gauge("makegood_mirror_compared", "Objects that were compared", registry=registry)
        for what, count in counts.items():
            (compared if what == "compared" else drift.labels(what)).set(count)


async def _works(ask: Callable[[], Awaitable[Any]]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            await ask()
    except Exception:  # noqa: BLE001  # whatever went wrong, it is not ready
        return False
    return True

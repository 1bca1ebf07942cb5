"""Databases, escalations to click on, and signed deliveries, prepared before anything is measured."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from sqlalchemy import func
from sqlmodel import Session, select

from bench.servers import SIGNING_SECRET, TEAM, WEBHOOK_SECRET
from bot.desk.record import opened, start_clock
from bot.sandbox.slack.cast import MAYA, PRIYA
from bot.store import migrating
from bot.store.engine import Store
from bot.store.tables import Audit, Escalation, Inbox
from policy import playbook

Delivery = tuple[str, dict[str, str]]
_FORM = "application/x-www-form-urlencoded"


def database(url: str) -> str:
    """Bring a fresh database up to date, and return its address."""
    store = Store(url)
    migrating.migrate(store.engine)
    store.close()
    return url


def in_one_transaction(url: str, write: Callable[[Session], None]) -> None:
    """Write something that the measurement needs."""
    store = Store(url)
    with Session(store.engine) as session, session.begin():
        write(session)
    store.close()


def escalations(url: str, ids: list[str]) -> None:
    """Open escalations on the leads' route, to be clicked on."""
    issue, now = playbook.load(None).issues["standard_refund"], datetime.now(UTC)

    def write(session: Session) -> None:
        for one in ids:
            escalation = Escalation(
                id=one,
                state="open",
                request_key=one,
                issue=issue.id,
                route=issue.route,
                summary="Prepared for the measurement.",
                opened_by=MAYA,
                opened_at=now,
                answer_by=now + timedelta(days=1),
            )
            opened(session, escalation, actor=MAYA, at=now, event="escalated", detail={})
            start_clock(session, escalation, issue, opened_at=now, answer_by=escalation.answer_by)
            session.expunge_all()

    in_one_transaction(url, write)


def durability(url: str) -> dict[str, str]:
    """Read back what the desk's own connection has set for commits to be durable."""
    store = Store(url)
    asked = (
        ("PRAGMA journal_mode", "PRAGMA synchronous")
        if store.sqlite
        else ("SHOW synchronous_commit", "SHOW fsync")
    )
    with store.engine.connect() as connection:
        found = {one: str(connection.exec_driver_sql(one).scalar()) for one in asked}
    store.close()
    if list(found.values()) not in (["wal", "2"], ["on", "on"]):
        raise RuntimeError(f"commits are not durable: {found}")
    return found


def check_clicks(url: str, answered: int) -> None:
    """Raise RuntimeError unless each click that was answered is a row, with its entry in the trail."""

    def read(session: Session) -> tuple[int, int]:
        done = select(func.count()).select_from(Escalation).where(Escalation.state == "acknowledged")
        noted = select(func.count()).select_from(Audit).where(Audit.event == "acknowledged")
        return session.exec(done).one(), session.exec(noted).one()

    _compare(url, read, (answered, answered))


def check_events(url: str, answered: int) -> None:
    """Raise RuntimeError unless each new event that was answered is a row."""

    def read(session: Session) -> tuple[int]:
        return (session.exec(select(func.count()).select_from(Inbox)).one(),)

    _compare(url, read, (answered,))


def _compare(url: str, read: Callable[[Session], tuple[int, ...]], expected: tuple[int, ...]) -> None:
    store = Store(url)
    with Session(store.engine) as session:
        found = read(session)
    store.close()
    if found != expected:
        raise RuntimeError(f"{expected} were answered, and the rows say {found}")


def click(action_id: str, value: str, secret: str = SIGNING_SECRET) -> Delivery:
    """Return Priya's signed click on a button of a card, as Slack sends it."""
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "larkspur"},
        "user": {"id": PRIYA, "name": "priya.nair", "team_id": TEAM},
        "channel": {"id": "C07SUPLEADS", "name": "support-leads"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C07SUPLEADS"},
        "trigger_id": "1.1",
        "message": {"type": "message", "ts": "1.1", "text": "A card", "blocks": []},
        "response_url": "http://127.0.0.1:9/",
        "actions": [
            {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1.1"}
        ],
    }
    body, now = f"payload={quote_plus(json.dumps(payload))}", str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signature}"}
    return body, {"Content-Type": _FORM, **headers}


def event(event_id: str) -> Delivery:
    """Return a signed event of Stripe's about a refund."""
    refund = {
        "id": f"re_{event_id}",
        "object": "refund",
        "amount": 4900,
        "currency": "usd",
        "status": "succeeded",
    }
    body = json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": "refund.updated",
            "livemode": False,
            "data": {"object": refund},
        }
    )
    now = int(time.time())
    signature = hmac.new(WEBHOOK_SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={now},v1={signature}"}

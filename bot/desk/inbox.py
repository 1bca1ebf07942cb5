"""Stripe's events: taken in once, durably, then handled by reading the object again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlmodel import Session, select

from bot.desk import answering, changing, disputes, fraud_warnings, mailing, settling
from bot.desk.desk import Desk
from bot.desk.mirror import kind_of
from bot.desk.record import noted
from bot.errors import NotFoundError, StripeRefusedError, StripeUnavailableError
from bot.store import cases, marks, mirror
from bot.store.statements import add_once
from bot.store.tables import Inbox, Operation, OutsideRefund
from bot.store.work import change, take
from bot.stripe_objects import Refund

log = structlog.get_logger()
HANDLED: Final = (
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
)
_READ: Final = "events"
_OVERLAP: Final = timedelta(hours=1)
_KEPT_BY_STRIPE: Final = timedelta(days=29)


async def receive(desk: Desk, event_id: str, kind: str, object_id: str) -> bool:
    """Write an event down, once. True when it is new; it is handled after the answer is out.

    Of an event that only the mirror follows, no more is noted than that its object is to be read again.
    """
    if kind not in HANDLED:
        if (mirrored := kind_of(kind)) and object_id:
            await desk.store.write(lambda session: mirror.mark(session, object_id, mirrored, desk.now()))
        return False
    new = await desk.store.write(lambda session: _add(session, event_id, kind, object_id, desk.now()))
    if new:
        desk.tasks.start(handle(desk, event_id), f"event {event_id}")
    return new


async def handle(desk: Desk, event_id: str) -> None:
    """Handle an event that is due, if nobody else has it. What Stripe cannot tell now stays due."""
    event = await desk.store.write(lambda session: _take(session, event_id, desk.now()))
    if event is None:
        return
    try:
        if event.type.startswith("refund."):
            await _refund(desk, event.object_id)
        elif event.type.startswith("radar."):
            await fraud_warnings.take_in(desk, event.object_id)
        elif event.type.startswith("invoice."):
            await changing.invoice_changed(desk, event.object_id, event.type)
        else:
            await disputes.take_in(desk, event.object_id)
            await answering.go_on(desk, event.object_id)
    except (StripeUnavailableError, StripeRefusedError) as error:
        wait = timedelta(seconds=min(2**event.tried, 600))
        sentence = str(error)
        await desk.store.write(
            lambda session: change(session, event, due_at=desk.now() + wait, said=sentence)
        )
        return
    except NotFoundError as error:
        sentence = str(error)
        await desk.store.write(lambda session: change(session, event, due_at=None, said=sentence))
        return
    await desk.store.write(lambda session: change(session, event, due_at=None, said=""))


async def backfill(desk: Desk) -> None:
    """Ask Stripe for the events that did not arrive, since the last time it was asked."""
    now = desk.now()
    mark = await desk.store.read(lambda session: marks.at(session, _READ))
    since = datetime.fromisoformat(mark) - _OVERLAP if mark else now - _OVERLAP
    try:
        missed = await desk.payments.events_since(max(since, now - _KEPT_BY_STRIPE), list(HANDLED))
    except (StripeUnavailableError, StripeRefusedError) as error:
        log.warning("events could not be read", why=type(error).__name__)
        return

    def write(session: Session) -> list[str]:
        marks.put(session, _READ, now.isoformat())
        return [event_id for event_id, kind, found in missed if _add(session, event_id, kind, found, now)]

    for event_id in await desk.store.write(write):
        await handle(desk, event_id)


async def _refund(desk: Desk, refund_id: str) -> None:
    refund = await desk.payments.refund(refund_id)
    customer = "" if refund.operation_id else (await desk.payments.charge(refund.charge_id)).customer_id
    subject = await desk.store.write(lambda session: _adopt(desk, session, refund, customer))
    if subject:
        desk.show_soon(subject)
        await mailing.send_of(desk, subject)


def _adopt(desk: Desk, session: Session, refund: Refund, customer: str) -> str:
    """Bring our operation to this refund, or write down that it was made outside. Return the case's id."""
    operation = session.get(Operation, refund.operation_id) if refund.operation_id else None
    operation = operation or session.exec(select(Operation).where(Operation.refund_id == refund.id)).first()
    if operation:
        settling.take_in(desk, session, operation.id, refund)
        return operation.case_id
    known = session.get(OutsideRefund, refund.id)
    case = cases.newest_on_charge(session, refund.charge_id)
    if known:
        if known.status == refund.status:
            return known.case_id or ""
        change(session, known, status=refund.status)
    else:
        _outside(session, refund, customer, case.id if case else None, desk.now())
    if case:
        detail = {"refund": refund.id, "amount": str(refund.amount), "status": refund.status}
        noted(session, case, "outside_refund", actor="stripe", at=desk.now(), detail=detail)
    return case.id if case else ""


def _outside(session: Session, refund: Refund, customer: str, case_id: str | None, now: datetime) -> None:
    session.add(
        OutsideRefund(
            refund_id=refund.id,
            charge_id=refund.charge_id,
            customer_id=customer,
            case_id=case_id,
            amount_minor=refund.amount.minor,
            currency=refund.amount.currency,
            status=refund.status,
            seen_at=now,
        )
    )
    session.flush()


def _add(session: Session, event_id: str, kind: str, object_id: str, now: datetime) -> bool:
    return add_once(
        session, Inbox, event_id=event_id, type=kind, object_id=object_id, received_at=now, due_at=now
    )


def _take(session: Session, event_id: str, now: datetime) -> Inbox | None:
    event = session.get(Inbox, event_id)
    if event is None or not take(session, event, now, tried=event.tried + 1):
        return None
    if mirrored := kind_of(event.type):
        mirror.mark(session, event.object_id, mirrored, now)
    return event

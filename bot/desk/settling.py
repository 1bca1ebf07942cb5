"""Write down what Stripe said about a refund: done, refused, later, unknown, pending or failed after all."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from bot.desk import mailing
from bot.desk.desk import Desk
from bot.desk.record import move, noted, tell_requester
from bot.payments import Answer, Done, Later, Refused, Unknown
from bot.store import cases, posts
from bot.store.tables import Case, Ledger, Operation
from bot.store.work import change
from bot.stripe_objects import Refund
from policy.lifecycle import CASE, CaseState
from policy.money import Money

UNANSWERED = frozenset({"executing", "unknown", "later"})
LIVE = UNANSWERED | {"settling", "unclear"}
_AFTER_ALL = (
    "It had been closed without a refund. If the customer was paid back in another way meanwhile, they have "
    "the money twice."
)
_FAILED = {
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "expired_or_canceled_card": "the card has expired or was cancelled",
    "declined": "the bank declined it",
    "insufficient_funds": "the Stripe balance does not cover it",
}


def settle(desk: Desk, session: Session, operation_id: str, answer: Answer) -> None:
    """Write down Stripe's answer. An operation that a webhook settled meanwhile stays as it is."""
    operation = session.get(Operation, operation_id)
    if operation is None or operation.state not in UNANSWERED:
        return
    now = desk.now()
    if isinstance(answer, Done):
        take_in(desk, session, operation_id, answer.refund)
        return
    if isinstance(answer, Refused):
        _refused(session, operation, answer, now)
        return
    if isinstance(answer, Later) and operation.sent == 1:
        # Nothing is under way at Stripe, so that what is sent next counts as the first again.
        due_at = now + answer.wait
        change(session, operation, state="later", sent=0, said=answer.why, due_at=due_at)
        posts.redraw(session, operation.case_id, now)
        return
    _unknown(session, operation, answer, now)


def _unknown(session: Session, operation: Operation, answer: Later | Unknown, now: datetime) -> None:
    first = operation.state != "unknown"
    if isinstance(answer, Later):
        change(session, operation, state="unknown", said=answer.why, due_at=now + answer.wait)
    else:
        put_off(session, operation, answer.why, now)
        change(session, operation, state="unknown", key_spent=answer.stored)
    case = cases.get(session, operation.case_id)
    if case and first:
        noted(session, case, "refund_unknown", actor="stripe", at=now, detail={"why": answer.why})
    posts.redraw(session, operation.case_id, now)


def take_in(desk: Desk, session: Session, operation_id: str, refund: Refund) -> None:
    """Bring an operation and its case to what Stripe's refund is now; the same twice changes nothing."""
    operation = session.get(Operation, operation_id)
    case = cases.get(session, operation.case_id) if operation else None
    if operation is None or case is None:
        return
    now = desk.now()
    if refund.status == "succeeded":
        _succeeded(desk, session, operation, case, refund, now)
    elif refund.status in {"failed", "canceled"}:
        _failed(session, operation, case, refund, now)
    else:
        _pending(session, operation, case, refund, now)


def block(session: Session, case_id: str, sentence: str, now: datetime) -> None:
    """Stop an approved case before anything was sent, with the reason."""
    case = cases.get(session, case_id)
    if case is None or case.state != CaseState.APPROVED:
        return
    detail = {"note": sentence}
    move(
        session, case, "refund_blocked", actor="stripe", at=now, detail=detail, problem=sentence, due_at=None
    )
    tell_requester(session, case, "stuck", now)


def put_off(session: Session, operation: Operation, why: str, now: datetime) -> None:
    """Take the operation up again after a wait that doubles, up to ten minutes."""
    wait = timedelta(seconds=min(2**operation.sent, 600))
    change(session, operation, said=why, due_at=now + wait)


def _succeeded(
    desk: Desk, session: Session, operation: Operation, case: Case, refund: Refund, now: datetime
) -> None:
    # A refund that failed never succeeds again: what says so was read before it failed.
    if operation.state in {"done", "failed"}:
        return
    _unreserve(session, operation, refunded=operation.amount_minor)
    _end(session, operation, "done", refund, now)
    if not CASE.may(CaseState(case.state), "refund_succeeded"):
        return
    note = {"note": _AFTER_ALL} if case.state == CaseState.ABANDONED else {}
    amount = str(Money(case.amount_minor, case.currency))
    detail = {"amount": amount, "refund": refund.id, **note}
    move(
        session,
        case,
        "refund_succeeded",
        actor="stripe",
        at=now,
        detail=detail,
        refund_id=refund.id,
        problem="",
        due_at=None,
    )
    arrives = desk.playbook.arrives_within
    tell_requester(session, case, "refunded", now, refund=refund.id, arrives=arrives, **note)
    mailing.write_to_customer(session, case, desk.playbook, now)


def _pending(session: Session, operation: Operation, case: Case, refund: Refund, now: datetime) -> None:
    if operation.state not in LIVE:
        return
    new, changed = operation.state != "settling", operation.refund_status != refund.status
    change(
        session,
        operation,
        state="settling",
        refund_id=refund.id,
        refund_status=refund.status,
        due_at=now + timedelta(hours=1),
    )
    detail = {"refund": refund.id, "status": refund.status}
    if CASE.may(CaseState(case.state), "refund_pending"):
        move(session, case, "refund_pending", actor="stripe", at=now, detail=detail, refund_id=refund.id)
        return
    if new:
        noted(session, case, "refund_pending", actor="stripe", at=now, detail=detail)
    elif changed:
        posts.redraw(session, case.id, now)


def _failed(session: Session, operation: Operation, case: Case, refund: Refund, now: datetime) -> None:
    if operation.state == "failed":
        return
    late = operation.state == "done"
    if late:
        ledger = session.get(Ledger, operation.charge_id)
        if ledger:
            ledger.refunded_minor -= operation.amount_minor
    else:
        _unreserve(session, operation, refunded=0)
    _end(session, operation, "failed", refund, now)
    mailing.withdraw(session, case, refund.id)
    if not CASE.may(CaseState(case.state), "refund_failed"):
        posts.redraw(session, case.id, now)
        return
    verb = "was canceled" if refund.status == "canceled" else "failed"
    reason = _FAILED.get(refund.failure_reason, refund.failure_reason.replace("_", " "))
    sentence = (
        f"The refund {refund.id} {verb}{f': {reason}' if reason else ''}. "
        "The money is back in the Stripe balance. "
        "Ask the customer for another way to pay them back, or try again."
    )
    detail = {"refund": refund.id, "note": sentence}
    move(
        session,
        case,
        "refund_failed",
        actor="stripe",
        at=now,
        detail=detail,
        problem=sentence,
        refund_id=refund.id,
    )
    tell_requester(session, case, "failed" if late else "stuck", now)


def _refused(session: Session, operation: Operation, answer: Refused, now: datetime) -> None:
    _unreserve(session, operation, refunded=0)
    change(session, operation, state="refused", said=answer.sentence, ended_at=now, due_at=None)
    case = cases.get(session, operation.case_id)
    if case:
        detail = {"note": answer.sentence, "code": answer.code}
        move(session, case, "refund_refused", actor="stripe", at=now, detail=detail, problem=answer.sentence)
        tell_requester(session, case, "stuck", now)


def _end(session: Session, operation: Operation, state: str, refund: Refund, now: datetime) -> None:
    change(
        session,
        operation,
        state=state,
        refund_id=refund.id,
        refund_status=refund.status,
        ended_at=now,
        due_at=None,
    )


def _unreserve(session: Session, operation: Operation, *, refunded: int) -> None:
    """Give back what an operation has reserved; `refunded` of it is gone for good (minor units)."""
    ledger = session.get(Ledger, operation.charge_id)
    if ledger is None:
        return
    if operation.state in LIVE:
        ledger.reserved_minor -= operation.amount_minor
    ledger.refunded_minor += refunded
    session.flush()

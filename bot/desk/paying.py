"""Move the money, exactly once: reserve and freeze in one commit, ask Stripe, write down what it answered.

Whatever dies in between, the rows say how to go on: `advance` takes up an approved case,
`resume` an operation whose answer is missing. Neither ever invents an outcome.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlmodel import Session

from bot.desk import mailing
from bot.desk.desk import Desk
from bot.desk.record import move, tell_requester
from bot.desk.settling import UNANSWERED, block, put_off, settle, take_in
from bot.errors import DeskError, NotFoundError, StripeKeyError, StripeRefusedError, StripeUnavailableError
from bot.payments import API_VERSION, Answer, Done, Order, Refused, Unknown
from bot.store import cases, posts
from bot.store.ids import new_id
from bot.store.tables import Case, Ledger, Operation, OutsideRefund
from bot.store.work import LEASE, change, take
from bot.stripe_objects import Refund
from policy.facts import Charge, Reason
from policy.lifecycle import CaseState
from policy.money import Money

log = structlog.get_logger()
KEY_LIVES: Final = timedelta(hours=23)
"""For how long the same key is the same refund: Stripe keeps keys for 24 hours, less an hour of doubt."""


async def advance(desk: Desk, case_id: str) -> None:
    """Send the refund of an approved case, if nobody else has it, and bring its cards up to date."""
    case = await desk.store.write(lambda session: _take_approved(session, case_id, desk.now()))
    if case:
        await _send_first(desk, case)
    await _tell_everyone(desk, case_id)


async def resume(desk: Desk, operation_id: str) -> None:
    """Go on with an operation whose answer is missing, late or still pending at Stripe."""
    operation = await desk.store.write(lambda session: _take_operation(session, operation_id, desk.now()))
    if operation is None:
        return
    try:
        if operation.state == "settling" and operation.refund_id:
            refund = await desk.payments.refund(operation.refund_id)
            await desk.store.write(lambda session: take_in(desk, session, operation.id, refund))
        elif operation.key_spent or desk.now() - operation.first_sent_at >= KEY_LIVES:
            await _look_it_up(desk, operation)
        else:
            await _send(desk, operation)
    except (StripeUnavailableError, StripeRefusedError, NotFoundError) as error:
        log.warning("operation put off", operation=operation.id, why=type(error).__name__)
        why = _why(error)
        await desk.store.write(lambda session: put_off(session, operation, why, desk.now()))
    await _tell_everyone(desk, operation.case_id)


async def _tell_everyone(desk: Desk, case_id: str) -> None:
    desk.show_soon(case_id)
    await mailing.send_of(desk, case_id)


async def _send_first(desk: Desk, case: Case) -> None:
    try:
        charge = await desk.payments.charge(case.charge_id)
        if await _was_made_after_all(desk, case, charge):
            return
    except StripeUnavailableError:
        await desk.store.write(
            lambda session: change(session, case, due_at=desk.now() + timedelta(seconds=5))
        )
        return
    except StripeKeyError as error:
        sentence = str(error)
        await desk.store.write(lambda session: _wait_for_the_key(session, case, sentence, desk.now()))
        return
    except (NotFoundError, StripeRefusedError) as error:
        sentence = str(error)
        await desk.store.write(lambda session: block(session, case.id, sentence, desk.now()))
        return
    operation = await desk.store.write(lambda session: _reserve(session, case.id, charge, desk.now()))
    if operation:
        await _send(desk, operation)


def _wait_for_the_key(session: Session, case: Case, sentence: str, now: datetime) -> None:
    change(session, case, problem=sentence, due_at=now + timedelta(minutes=1))
    posts.redraw(session, case.id, now)


async def _was_made_after_all(desk: Desk, case: Case, charge: Charge) -> bool:
    """Take in what Stripe holds of this case before another refund is made.

    That is a refund of an operation that stayed unclear, or of one that our rows do not know: they were
    restored from a backup that is older than it.
    """
    unclear = await desk.store.read(lambda session: cases.unclear_on_charge(session, case.charge_id))
    if not unclear and not charge.refunded_minor:
        return False
    known = {operation.id for operation in unclear}
    for refund in await desk.payments.refunds(case.charge_id):
        if refund.operation_id in known or (refund.operation_id and refund.case_id == case.id):
            await desk.store.write(partial(_take_in_own, desk, case, refund))
    now = await desk.store.read(lambda session: cases.get(session, case.id))
    return now is None or now.state != CaseState.APPROVED


def _take_in_own(desk: Desk, case: Case, refund: Refund, session: Session) -> None:
    if session.get(Operation, refund.operation_id) is None:
        _write_again(session, case, refund)
    take_in(desk, session, refund.operation_id, refund)


def _write_again(session: Session, case: Case, refund: Refund) -> None:
    """Write the row of an operation that our rows have lost, as it was before Stripe answered."""
    ledger = session.get(Ledger, case.charge_id)
    if ledger:
        ledger.reserved_minor += refund.amount.minor
    outside = session.get(OutsideRefund, refund.id)
    if outside:
        session.delete(outside)
    session.add(
        Operation(
            id=refund.operation_id,
            case_id=case.id,
            state="executing",
            charge_id=case.charge_id,
            amount_minor=refund.amount.minor,
            currency=refund.amount.currency,
            reason=_stripe_reason(case),
            approver=case.decided_by or "policy",
            api_version=API_VERSION,
            idempotency_key=_key(refund.operation_id, 1),
            first_sent_at=refund.created_at,
        )
    )
    session.flush()


async def _send(desk: Desk, operation: Operation) -> None:
    answer = await desk.payments.make(_order(operation))
    if isinstance(answer, Refused) and operation.sent > 1:
        answer = await _unless_made_before(desk, operation, answer)
    log.info(
        "stripe answered",
        operation=operation.id,
        case=operation.case_id,
        answer=type(answer).__name__.lower(),
    )
    await desk.store.write(lambda session: settle(desk, session, operation.id, answer))


async def _unless_made_before(desk: Desk, operation: Operation, refused: Refused) -> Answer:
    """Believe the refusal of what was sent before only if Stripe's books hold none of it."""
    try:
        refunds = await desk.payments.refunds(operation.charge_id)
    except (StripeUnavailableError, StripeRefusedError, NotFoundError) as error:
        return Unknown(_why(error))
    made = next((refund for refund in refunds if refund.operation_id == operation.id), None)
    return Done(made) if made else refused


async def _look_it_up(desk: Desk, operation: Operation) -> None:
    """Find out from the charge's own refunds what became of a key that can no longer be asked."""
    refunds = await desk.payments.refunds(operation.charge_id)
    ours = [refund for refund in refunds if refund.operation_id == operation.id]
    if len(ours) == 1:
        await desk.store.write(lambda session: take_in(desk, session, operation.id, ours[0]))
        return
    charge = await desk.payments.charge(operation.charge_id)
    clear = not ours and _agrees(charge, refunds, operation)
    again = await desk.store.write(
        lambda session: (
            _attempt_again(session, operation, desk.now())
            if clear
            else _give_to_a_person(session, operation.id, desk.now())
        )
    )
    if again:
        await _send(desk, again)


def _why(error: DeskError) -> str:
    """Say why Stripe could not be read, for a card: the error's own words may promise more than is known."""
    return (
        "Stripe does not answer at the moment." if isinstance(error, StripeUnavailableError) else str(error)
    )


def _agrees(charge: Charge, refunds: list[Refund], operation: Operation) -> bool:
    """Say whether Stripe's charge and its list of refunds tell the same story, with room for this one."""
    standing = sum(one.amount.minor for one in refunds if one.status not in {"failed", "canceled"})
    return standing == charge.refunded_minor and operation.amount_minor <= charge.left.minor


def _attempt_again(session: Session, seen: Operation, now: datetime) -> Operation | None:
    """Give the operation a new key: Stripe's books show that the old one made nothing.

    None when somebody else has tried again since it was `seen`: their key is not in those books yet.
    """
    operation = session.get(Operation, seen.id)
    if operation is None or operation.state not in UNANSWERED or operation.attempt != seen.attempt:
        return None
    operation.attempt += 1
    operation.idempotency_key = _key(operation.id, operation.attempt)
    operation.first_sent_at = now
    operation.sent = 1
    operation.key_spent = False
    operation.state = "executing"
    operation.due_at = now + LEASE
    session.flush()
    return operation


def _give_to_a_person(session: Session, operation_id: str, now: datetime) -> None:
    """Stop: Stripe's books do not say whether this refund was made, and guessing could pay twice."""
    operation = session.get(Operation, operation_id)
    case = cases.get(session, operation.case_id) if operation else None
    if operation is None or case is None or operation.state not in UNANSWERED:
        return
    sentence = (
        f"Stripe's books for {operation.charge_id} do not say whether this refund was made. Compare the "
        "refunds of the charge in the Stripe Dashboard with this case before you try again."
    )
    change(session, operation, state="unclear", due_at=None, ended_at=now, said=sentence)
    detail = {"note": sentence}
    move(session, case, "refund_refused", actor="stripe", at=now, detail=detail, problem=sentence)
    tell_requester(session, case, "stuck", now)


def _reserve(session: Session, case_id: str, charge: Charge, now: datetime) -> Operation | None:
    """Freeze the refund's parameters and reserve its amount, or block the case with the reason."""
    case = cases.get(session, case_id)
    if case is None or case.state != CaseState.APPROVED:
        return None
    if charge.disputed and not charge.dispute_refundable:
        block(
            session,
            case.id,
            "The bank has opened a chargeback on this charge, so it goes through the dispute.",
            now,
        )
        return None
    _release_unclear(session, charge.id)
    ledger = session.merge(
        Ledger(
            charge_id=charge.id,
            currency=charge.amount.currency,
            amount_minor=charge.amount.minor,
            refunded_minor=charge.refunded_minor,
            reserved_minor=(known.reserved_minor if (known := session.get(Ledger, charge.id)) else 0),
        )
    )
    left = Money(ledger.amount_minor - ledger.refunded_minor - ledger.reserved_minor, ledger.currency)
    if left.minor < case.amount_minor:
        sentence = f"Only {left} is left on this charge, which is less than was approved."
        block(session, case.id, sentence, now)
        return None
    ledger.reserved_minor += case.amount_minor
    operation_id = new_id("OP", 12)
    operation = Operation(
        id=operation_id,
        case_id=case.id,
        state="executing",
        charge_id=charge.id,
        amount_minor=case.amount_minor,
        currency=case.currency,
        reason=_stripe_reason(case),
        approver=case.decided_by or "policy",
        api_version=API_VERSION,
        idempotency_key=_key(operation_id, 1),
        first_sent_at=now,
        due_at=now + LEASE,
    )
    session.add(operation)
    session.flush()
    session.expunge(operation)
    detail = {"operation": operation_id}
    move(session, case, "refund_sent", actor="policy", at=now, detail=detail, problem="", due_at=None)
    return operation


def _take_approved(session: Session, case_id: str, now: datetime) -> Case | None:
    case = cases.get(session, case_id)
    if case is None or case.state != CaseState.APPROVED or not take(session, case, now):
        return None
    return case


def _take_operation(session: Session, operation_id: str, now: datetime) -> Operation | None:
    operation = session.get(Operation, operation_id)
    if operation is None or not take(session, operation, now, sent=operation.sent + 1):
        return None
    return operation


def _release_unclear(session: Session, charge_id: str) -> None:
    """Give back what unclear operations had reserved: Stripe was just asked, and holds none of them."""
    ledger = session.get(Ledger, charge_id)
    for operation in cases.unclear_on_charge(session, charge_id):
        operation.state = "given_up"
        if ledger:
            ledger.reserved_minor -= operation.amount_minor
    session.flush()


def _order(operation: Operation) -> Order:
    return Order(
        operation_id=operation.id,
        case_id=operation.case_id,
        charge_id=operation.charge_id,
        amount=Money(operation.amount_minor, operation.currency),
        reason=operation.reason,
        approver=operation.approver,
        api_version=operation.api_version,
        idempotency_key=operation.idempotency_key,
    )


def _stripe_reason(case: Case) -> str:
    return "duplicate" if case.reason == Reason.DUPLICATE else "requested_by_customer"


def _key(operation_id: str, attempt: int) -> str:
    return f"makegood:{operation_id}:{attempt}"

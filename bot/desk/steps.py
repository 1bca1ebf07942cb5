"""One step of a billing change, done: what Stripe is asked for each kind, and what its answer means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from bot.desk import requesting
from bot.desk.desk import Desk
from bot.desk.drafts import Draft
from bot.errors import FieldError, NotFoundError, StripeRefusedError, StripeUnavailableError
from bot.payments import Billing, Later, Made, Outcome, Refused
from bot.store.tables import BillingChange, ChangeStep
from policy.changes import StepKind
from policy.facts import Actor, Identity, Reason, Source

Do = Callable[[Billing, ChangeStep, str], Awaitable[Outcome]]

_AT_STRIPE: Final[Mapping[StepKind, Do]] = {
    StepKind.SEND_INVOICE: lambda at, step, key: at.send_invoice(step.target, key),
    StepKind.AWAIT_PAYMENT: lambda at, step, _: at.paid(step.target),
    StepKind.PAY_INVOICE: lambda at, step, key: at.pay_invoice(step.target, step.params["method"], key),
    StepKind.VOID_INVOICE: lambda at, step, key: at.void_invoice(step.target, key),
    StepKind.CANCEL_NOW: lambda at, step, _: at.cancel_now(step.target, step.change_id),
    StepKind.CANCEL_AT_PERIOD_END: lambda at, step, key: at.cancel_at_period_end(
        step.target, step.change_id, key
    ),
    StepKind.FLAG_CUSTOMER: lambda at, step, key: at.flag_customer(step.target, step.change_id, key),
    StepKind.CREATE_COUPON: lambda at, step, key: at.create_coupon(
        step.change_id, step.params["months"], key
    ),
    StepKind.APPLY_COUPON: lambda at, step, key: at.apply_coupon(step.target, step.change_id, key),
    StepKind.EXTEND_TRIAL: lambda at, step, key: at.extend_trial(step.target, step.params["until"], key),
}


async def do(desk: Desk, change: BillingChange, step: ChangeStep) -> Outcome:
    """Do one step; never raises for what Stripe or the network answers."""
    try:
        if step.kind == StepKind.REQUEST_REFUND:
            return await _request_refund(desk, change, step)
        key = f"makegood:{step.id}:{step.attempt}"
        return await _AT_STRIPE[StepKind(step.kind)](desk.payments.billing, step, key)
    except StripeUnavailableError:
        return Later(backoff(step))
    except (NotFoundError, StripeRefusedError) as error:
        return Refused("", str(error))


def backoff(step: ChangeStep) -> timedelta:
    """Return how long to wait before the next try: it doubles, up to ten minutes."""
    return timedelta(seconds=min(2**step.tried, 600))


async def _request_refund(desk: Desk, change: BillingChange, step: ChangeStep) -> Outcome:
    """Ask for what comes back, as the agent would; the refund rules decide. The same request twice is one.

    Whether the agent may ask was checked when they asked for the change.
    """
    draft = Draft(
        charge_id=step.target,
        reason=Reason.TERMINATION,
        source=Source.SLACK,
        ticket=change.ticket,
        note=change.note,
        identity=Identity(email=True, organisation=True, tenant=True),
    )
    try:
        answered = await requesting.ruled(desk, draft, Actor(change.requested_by), f"{change.id}:refund")
    except FieldError as error:
        return Refused("", str(error))
    if answered.subject_id:
        desk.show_soon(answered.subject_id)
    return Made(" ".join(filter(None, [answered.subject_id, answered.ruling.headline])))

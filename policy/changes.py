"""What is to be done at Stripe besides a refund: a proposal with its steps in order, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class ChangeKind(StrEnum):
    """What kind of change it is."""

    PAST_DUE = "past_due"
    CANCELLATION = "cancellation"
    COMP = "comp"


class StepKind(StrEnum):
    """One thing to be done, to one object."""

    SEND_INVOICE = "send_invoice"
    AWAIT_PAYMENT = "await_payment"
    PAY_INVOICE = "pay_invoice"
    VOID_INVOICE = "void_invoice"
    CANCEL_NOW = "cancel_now"
    CANCEL_AT_PERIOD_END = "cancel_at_period_end"
    FLAG_CUSTOMER = "flag_customer"
    CREATE_COUPON = "create_coupon"
    APPLY_COUPON = "apply_coupon"
    EXTEND_TRIAL = "extend_trial"
    REQUEST_REFUND = "request_refund"


class Step(Struct, frozen=True):
    """One step: what is done to `target` (an id at Stripe), in `words`, with which parameters."""

    kind: StepKind
    target: str
    words: str
    params: Mapping[str, str | int] = {}


class Proposal(Struct, frozen=True):
    """What is to be done, in order; `issue` is whose route must approve it, None: nobody.

    `target` is what one change of a kind holds at a time: a customer's invoices, or a subscription.
    `sums` are the amounts in it, each under its label; `by_hand` is what remains for a person to do.
    """

    kind: ChangeKind
    target: str
    headline: str
    steps: tuple[Step, ...]
    by_hand: tuple[str, ...]
    tell_customer: tuple[str, ...]
    issue: str | None
    sources: tuple[str, ...]
    sums: tuple[tuple[str, str], ...] = ()
    refund_possible: bool = False


class Declined(Struct, frozen=True):
    """Nothing is done; why, and what the agent can do instead."""

    why: str
    next_steps: tuple[str, ...] = ()

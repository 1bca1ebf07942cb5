"""Stripe's objects, as plain dictionaries, read into the desk's facts.

Shapes are those of the API version that the SDK pins; amounts are minor units, times are UNIX seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from policy.facts import Charge, Customer, Invoice, Subscription
from policy.money import Money

Object = Mapping[str, Any]


class Refund(Struct, frozen=True):
    """A refund as Stripe has it; `status` is pending, requires_action, succeeded, failed or canceled."""

    id: str
    charge_id: str
    amount: Money
    status: str
    created_at: datetime
    failure_reason: str = ""
    pending_reason: str = ""
    operation_id: str = ""
    case_id: str = ""


class StripeDispute(Struct, frozen=True):
    """A dispute as Stripe has it; `evidence_due_at` None where Stripe names no day.

    `held` is how long each piece of evidence is that Stripe has, staged or submitted, by its field.
    """

    id: str
    charge_id: str
    payment_intent_id: str
    amount: Money
    reason: str
    status: str
    created_at: datetime
    evidence_due_at: datetime | None
    charge_refundable: bool
    livemode: bool
    held: Mapping[str, int]
    funds: Funds


class Funds(Struct, frozen=True):
    """What a dispute has moved in the account's balance: minor units of `currency`, none negative."""

    currency: str = ""
    withdrawn_minor: int = 0
    reinstated_minor: int = 0
    fee_minor: int = 0


class FraudWarning(Struct, frozen=True):
    """An issuer's early warning that a charge is fraudulent, as Stripe has it."""

    id: str
    charge_id: str
    fraud_type: str
    actionable: bool


class LiveSubscription(Struct, frozen=True):
    """A subscription with what changes need of it: what people call it, its trial, its coupons.

    `discounts` pairs each discount's id with its coupon's, where discounts were asked for.
    """

    facts: Subscription
    customer_id: str
    name: str
    status: str
    ends_at_period_end: bool
    trial_end: datetime | None
    discounts: tuple[tuple[str, str], ...]

    @property
    def over(self) -> bool:
        """Whether it has ended for good."""
        return self.status in {"canceled", "incomplete_expired"}

    @property
    def words(self) -> str:
        """What it is called, costs and how it stands, for a list to choose from."""
        price = f" · {self.facts.price}" if self.facts.price else ""
        return f"{self.name}{price} · {self.status.replace('_', ' ')}"


def charge(found: Object, dispute: Object | None = None) -> Charge:
    """Read a charge; `dispute` is the newest on it, when it is disputed."""
    card = (found.get("payment_method_details") or {}).get("card") or {}
    currency = str(found["currency"]).upper()
    return Charge(
        id=found["id"],
        amount=Money(found["amount_captured"] if found.get("captured") else found["amount"], currency),
        created_at=instant(found["created"]),
        customer_id=identity(found.get("customer")),
        payment_intent_id=identity(found.get("payment_intent")),
        status=found["status"],
        decline_code=(found.get("outcome") or {}).get("reason") or "" if found["status"] == "failed" else "",
        captured=bool(found.get("captured")),
        refunded_minor=found.get("amount_refunded") or 0,
        disputed=bool(found.get("disputed")),
        dispute_refundable=bool(dispute and dispute.get("is_charge_refundable")),
        description=found.get("description") or "",
        card_brand=card.get("brand") or "",
        card_last4=card.get("last4") or "",
        card_fingerprint=card.get("fingerprint") or "",
        receipt_email=found.get("receipt_email") or (found.get("billing_details") or {}).get("email") or "",
        livemode=bool(found.get("livemode")),
    )


def customer(found: Object) -> Customer:
    """Read a customer; organisation, tenant, tier and time zone are where teams keep them: in metadata."""
    metadata = found.get("metadata") or {}
    return Customer(
        id=found["id"],
        email=found.get("email") or "",
        name=found.get("name") or "",
        organisation=metadata.get("organisation") or metadata.get("organization") or "",
        tenant_id=metadata.get("tenant_id") or "",
        tier=metadata.get("tier") or "",
        timezone=metadata.get("timezone") or "UTC",
    )


def subscription(found: Object) -> Subscription:
    """Read a subscription; since API version “basil” its period stands on the item."""
    item = (found.get("items") or {}).get("data", [{}])[0]
    price = item.get("price") or {}
    recurring = price.get("recurring") or {}
    amount = price.get("unit_amount")
    return Subscription(
        id=found["id"],
        status=found["status"],
        started_at=instant(found["start_date"]),
        interval=recurring.get("interval") or "month",
        interval_count=recurring.get("interval_count") or 1,
        price=None
        if amount is None
        else Money(amount * (item.get("quantity") or 1), price["currency"].upper()),
        period_start=maybe_instant(item.get("current_period_start")),
        period_end=maybe_instant(item.get("current_period_end")),
        cancelled_at=maybe_instant(found.get("canceled_at")),
        ends_at=maybe_instant(found.get("ended_at") or found.get("cancel_at")),
    )


def live_subscription(found: Object) -> LiveSubscription:
    """Read a subscription with its name, its trial and its discounts."""
    item = (found.get("items") or {}).get("data", [{}])[0]
    price = item.get("price") or {}
    discounts = [one for one in found.get("discounts") or () if isinstance(one, Mapping)]
    return LiveSubscription(
        facts=subscription(found),
        customer_id=identity(found.get("customer")),
        name=found.get("description")
        or price.get("nickname")
        or identity(price.get("product"))
        or found["id"],
        status=found["status"],
        ends_at_period_end=bool(found.get("cancel_at_period_end")),
        trial_end=maybe_instant(found.get("trial_end")),
        discounts=tuple((one["id"], identity((one.get("source") or {}).get("coupon"))) for one in discounts),
    )


def invoice(found: Object) -> Invoice:
    """Read an invoice. One that is charged by itself is due since its first attempt, which failed."""
    attempted = found["created"] if found.get("attempted") else None
    return Invoice(
        id=found["id"],
        status=found["status"],
        amount_due=Money(found["amount_remaining"], str(found["currency"]).upper()),
        due_at=maybe_instant(found.get("due_date") or attempted),
        created_at=instant(found["created"]),
        number=found.get("number") or "",
    )


def refund(found: Object) -> Refund:
    """Read a refund, with the operation and case that its metadata names."""
    metadata = found.get("metadata") or {}
    return Refund(
        id=found["id"],
        charge_id=identity(found.get("charge")),
        amount=Money(found["amount"], str(found["currency"]).upper()),
        status=found["status"],
        created_at=instant(found["created"]),
        failure_reason=found.get("failure_reason") or "",
        pending_reason=found.get("pending_reason") or "",
        operation_id=metadata.get("makegood_operation") or "",
        case_id=metadata.get("makegood_case") or "",
    )


def dispute(found: Object) -> StripeDispute:
    """Read a dispute; a `due_by` of 0 or null is no day."""
    return StripeDispute(
        id=found["id"],
        charge_id=identity(found.get("charge")),
        payment_intent_id=identity(found.get("payment_intent")),
        amount=Money(found["amount"], str(found["currency"]).upper()),
        reason=found["reason"],
        status=found["status"],
        created_at=instant(found["created"]),
        evidence_due_at=maybe_instant((found.get("evidence_details") or {}).get("due_by")),
        charge_refundable=bool(found.get("is_charge_refundable")),
        livemode=bool(found.get("livemode")),
        held={
            field: len(held)
            for field, held in (found.get("evidence") or {}).items()
            if isinstance(held, str) and held
        },
        funds=_funds(found.get("balance_transactions") or ()),
    )


def _funds(movements: Iterable[Object]) -> Funds:
    """Add up a dispute's balance transactions; a fee that came back is no fee."""
    found = [(one["amount"], one.get("fee") or 0, one["currency"]) for one in movements]
    if not found:
        return Funds()
    return Funds(
        currency=str(found[0][2]).upper(),
        withdrawn_minor=-sum(amount for amount, _, _ in found if amount < 0),
        reinstated_minor=sum(amount for amount, _, _ in found if amount > 0),
        fee_minor=max(0, sum(fee for _, fee, _ in found)),
    )


def fraud_warning(found: Object) -> FraudWarning:
    """Read an early fraud warning."""
    return FraudWarning(
        id=found["id"],
        charge_id=identity(found.get("charge")),
        fraud_type=found["fraud_type"],
        actionable=bool(found.get("actionable")),
    )


def identity(value: str | Object | None) -> str:
    """Return the id of something that Stripe sent expanded, or as its id, or not at all."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value["id"])


def instant(seconds: int) -> datetime:
    """Read UNIX seconds as an aware time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def maybe_instant(seconds: int | None) -> datetime | None:
    """Read UNIX seconds that may be missing; 0 is missing."""
    return instant(seconds) if seconds else None

"""Subscriptions: changed, cancelled, discounted and put on trial, with credit where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.stripe import billing_shapes, customers, sales
from bot.sandbox.stripe.endpoints import PAGING, Call, Endpoint, retrieving
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.lists import in_range, page
from bot.sandbox.stripe.params import merged_metadata

_TWO_YEARS: Final = 2 * 366 * 86_400
_CANCELED_TAKES: Final = frozenset({"cancellation_details", "metadata"})


def unused_share(subscription: Record, at: int) -> int:
    """Return the price of the rest of the current period after `at`, in minor units, rounded half up."""
    item = subscription["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    left: int = min(max(end - at, 0), end - start)
    amount: int = item["price"]["unit_amount"]
    length: int = end - start
    return (2 * amount * left + length) // (2 * length)


def proration_line(subscription: Record, at: int, invoice: str | None) -> Record:
    """Return the invoice line that credits the unused rest of the period."""
    name = subscription["description"] or subscription["items"]["data"][0]["price"]["product"]
    return billing_shapes.invoice_line(
        new_id("il_1"),
        invoice,
        subscription,
        amount=-unused_share(subscription, at),
        text=f"Unused time on {name}",
        proration=True,
    )


def end(ledger: Ledger, subscription: Record, details: Mapping[str, Any]) -> Record:
    """Cancel a subscription at once; `details` are the caller's `cancellation_details`."""
    now = ledger.now()
    subscription["cancel_at_period_end"] = False
    subscription["cancellation_details"] = _details(subscription, details)
    ledger.change(
        subscription,
        status="canceled",
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        cancel_at=None,
    )
    ledger.emit("customer.subscription.deleted", subscription)
    return subscription


def _details(subscription: Record, given: Mapping[str, Any]) -> Record:
    cleaned = {name: value or None for name, value in given.items()}
    return {**subscription["cancellation_details"], "reason": "cancellation_requested", **cleaned}


def _cancel(ledger: Ledger, call: Call) -> Record:
    subscription = ledger.get("subscription", call.ids[0])
    if subscription["status"] == "canceled":
        message = f"No such subscription: '{subscription['id']}'"
        raise ApiError(404, message, code="resource_missing", param="id")
    end(ledger, subscription, call.params.get("cancellation_details", {}))
    if call.params.get("prorate") and call.params.get("invoice_now"):
        _credit_unused(ledger, subscription)
    return subscription


def _credit_unused(ledger: Ledger, subscription: Record) -> None:
    """Invoice the unused rest at once: it becomes credit on the customer's balance, not a refund."""
    customer = ledger.get("customer", subscription["customer"])
    identifier = new_id("in_1")
    line = proration_line(subscription, ledger.now(), identifier)
    invoice = billing_shapes.invoice(
        identifier,
        ledger.now(),
        customer,
        subscription,
        lines=[line],
        reason="subscription_update",
        number=number(customer),
    )
    ledger.put(sales.settle_invoice(ledger, invoice, None, ledger.now()))
    customers.adjust_balance(
        ledger, customer, line["amount"], invoice["currency"], "invoice_too_small", invoice=identifier
    )
    invoice["ending_balance"] = customer["balance"]
    subscription["latest_invoice"] = identifier
    ledger.emit("invoice.created", invoice)
    ledger.emit("invoice.finalized", invoice)
    ledger.emit("invoice.paid", invoice)


def number(customer: Record) -> str:
    """Return the customer's next invoice number and count it."""
    sequence: int = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = sequence + 1
    return f"{customer['invoice_prefix']}-{sequence:04d}"


def _update(ledger: Ledger, call: Call) -> Record:
    subscription = ledger.get("subscription", call.ids[0])
    params = call.params
    if subscription["status"] == "canceled" and not _CANCELED_TAKES.issuperset(params):
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise ApiError(400, message)
    if params.get("proration_behavior", "none") != "none":
        raise ParameterError(
            "Only `none` is available as proration_behavior in this account.", "proration_behavior"
        )
    values: Record = {"metadata": merged_metadata(subscription["metadata"], params.get("metadata"))}
    values |= _cancellation(ledger, subscription, params)
    if "default_payment_method" in params:
        method = ledger.get("payment_method", params["default_payment_method"], "default_payment_method", 400)
        values["default_payment_method"] = method["id"]
    if "description" in params:
        values["description"] = params["description"] or None
    if "discounts" in params:
        values["discounts"] = _discounts(ledger, subscription, params["discounts"] or [])
    if "trial_end" in params:
        values |= _trial(ledger, subscription, params["trial_end"])
    if "pause_collection" in params:
        pause = params["pause_collection"]
        values["pause_collection"] = {"resumes_at": None, **pause} if pause else None
    return ledger.change(subscription, "customer.subscription.updated", **values)


def _cancellation(ledger: Ledger, subscription: Record, params: Mapping[str, Any]) -> Record:
    if params.get("cancel_at") and params.get("cancel_at_period_end"):
        raise ParameterError("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    values: Record = {}
    if "cancellation_details" in params:
        values["cancellation_details"] = _details(subscription, params["cancellation_details"])
    if "cancel_at_period_end" not in params and "cancel_at" not in params:
        return values
    period_end = subscription["items"]["data"][0]["current_period_end"]
    cancel_at = period_end if params.get("cancel_at_period_end") else params.get("cancel_at") or None
    if isinstance(cancel_at, str):
        cancel_at = period_end
    if cancel_at is not None and cancel_at < ledger.now():
        raise ParameterError("`cancel_at` must be in the future.", "cancel_at")
    reason = "cancellation_requested" if cancel_at else None
    return {
        "cancel_at": cancel_at,
        "cancel_at_period_end": bool(params.get("cancel_at_period_end")),
        "canceled_at": ledger.now() if cancel_at else None,
        "cancellation_details": {**subscription["cancellation_details"], "reason": reason},
        **values,
    }


def _trial(ledger: Ledger, subscription: Record, ends: int | str) -> Record:
    """Put it on trial until `ends`: the period now under way ends with it, and the next one starts there."""
    now, anchor = ledger.now(), subscription["billing_cycle_anchor"]
    if ends == "now":
        raise ParameterError("Ending a trial at once is not available in this account.", "trial_end")
    if not isinstance(ends, int) or ends <= now:
        raise ParameterError(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end"
        )
    if ends > max(now, anchor) + _TWO_YEARS:
        raise ParameterError("`trial_end` can be at most two years from the anchor.", "trial_end")
    start = subscription["trial_start"] if subscription["status"] == "trialing" else now
    items = subscription["items"]
    item = {**items["data"][0], "current_period_start": start, "current_period_end": ends}
    return {
        "status": "trialing",
        "trial_start": start,
        "trial_end": ends,
        "billing_cycle_anchor": ends,
        "items": {**items, "data": [item]},
    }


def _discounts(ledger: Ledger, subscription: Record, given: list[Mapping[str, str]]) -> list[str]:
    identifiers = []
    for one in given:
        if "discount" in one:
            identifiers.append(ledger.get("discount", one["discount"], "discounts", 400)["id"])
            continue
        coupon = ledger.get("coupon", one.get("coupon", ""), "discounts", 400)
        if not coupon["valid"]:
            raise ApiError(
                400, f"Coupon {coupon['id']} is not valid.", code="coupon_expired", param="discounts"
            )
        coupon["times_redeemed"] += 1
        coupon["valid"] = (
            coupon["max_redemptions"] is None or coupon["times_redeemed"] < coupon["max_redemptions"]
        )
        identifiers.append(_discount(ledger, subscription, coupon)["id"])
    return identifiers


def _discount(ledger: Ledger, subscription: Record, coupon: Record) -> Record:
    return ledger.put(
        {
            "id": new_id("di_1"),
            "object": "discount",
            "checkout_session": None,
            "customer": subscription["customer"],
            "customer_account": None,
            "end": None,
            "invoice": None,
            "invoice_item": None,
            "promotion_code": None,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": ledger.now(),
            "subscription": subscription["id"],
            "subscription_item": None,
        }
    )


def _list(ledger: Ledger, call: Call) -> Record:
    """List subscriptions; cancelled ones only when `status` asks for them, as the API does."""
    params = call.params
    status = params.get("status")

    def keep(subscription: Record) -> bool:
        item = subscription["items"]["data"][0]
        return (
            _has_status(subscription, status)
            and params.get("price", item["price"]["id"]) == item["price"]["id"]
            and _within(item["current_period_end"], params.get("current_period_end"))
            and _within(item["current_period_start"], params.get("current_period_start"))
        )

    return page(ledger, "subscription", call.path, params, by=("customer", "collection_method"), keep=keep)


def _within(value: int, wanted: int | Mapping[str, int] | None) -> bool:
    return wanted is None or in_range(value, wanted)


def _has_status(subscription: Record, wanted: str | None) -> bool:
    held = subscription["status"]
    if wanted is None:
        return bool(held != "canceled")
    if wanted == "ended":
        return held in {"canceled", "incomplete_expired"}
    return wanted in {"all", held}


ENDPOINTS: Final = (
    Endpoint(
        "DELETE",
        "/v1/subscriptions/{}",
        "SubscriptionCancelParams",
        "subscription_write",
        _cancel,
        takes="cancellation_details invoice_now prorate",
    ),
    Endpoint(
        "POST",
        "/v1/subscriptions/{}",
        "SubscriptionUpdateParams",
        "subscription_write",
        _update,
        takes="cancel_at cancel_at_period_end cancellation_details default_payment_method description "
        "discounts metadata pause_collection proration_behavior trial_end",
    ),
    retrieving("subscription", "/v1/subscriptions/{}", "SubscriptionRetrieveParams", "subscription_read"),
    Endpoint(
        "GET",
        "/v1/subscriptions",
        "SubscriptionListParams",
        "subscription_read",
        _list,
        takes=f"collection_method current_period_end current_period_start customer price status {PAGING}",
    ),
)

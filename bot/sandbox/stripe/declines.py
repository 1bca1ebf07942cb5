"""Payments that the bank declines, and payments that go through, as they happen by themselves."""

from __future__ import annotations

from typing import Final

from bot.sandbox.stripe import billing_shapes, sales, shapes
from bot.sandbox.stripe.errors import Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.subscriptions import number

_DAY: Final = 86_400
_NEXT_TRY: Final = 3 * _DAY
_OWN_CODES: Final = frozenset(
    {"expired_card", "incorrect_cvc", "incorrect_number", "incorrect_zip", "processing_error"}
)
"""Declines that are a failure code of their own; all others are `card_declined`."""
_ADVICE: Final = {
    "insufficient_funds": "try_again_later",
    "do_not_honor": "try_again_later",
    "processing_error": "try_again_later",
    "expired_card": "confirm_card_data",
    "incorrect_cvc": "confirm_card_data",
    "incorrect_number": "confirm_card_data",
    "incorrect_zip": "confirm_card_data",
    "lost_card": "do_not_try_again",
    "stolen_card": "do_not_try_again",
}
_MESSAGES: Final = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "incorrect_zip": "Your card's postal code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def decline(intent: Record, charge: Record, code: str) -> None:
    """Turn a payment that was just made into one that the bank declined with `code`."""
    message, advice = _MESSAGES.get(code, "Your card was declined."), _ADVICE.get(code)
    failure = code if code in _OWN_CODES else "card_declined"
    intent |= {
        "amount_received": 0,
        "latest_charge": charge["id"],
        "status": "requires_payment_method",
        "last_payment_error": {
            "advice_code": advice,
            "charge": charge["id"],
            "code": failure,
            "decline_code": code,
            "message": message,
            "type": "card_error",
        },
    }
    outcome = {
        **charge["outcome"],
        "advice_code": advice,
        "network_status": "declined_by_network",
        "reason": code,
        "seller_message": f"The bank returned the decline code `{code}`.",
        "type": "issuer_declined",
    }
    charge |= {
        "amount_captured": 0,
        "captured": False,
        "failure_code": failure,
        "failure_message": message,
        "outcome": outcome,
        "paid": False,
        "receipt_url": None,
        "status": "failed",
    }


def fail_payment(ledger: Ledger, customer: Record, code: str, country: str) -> Record:
    """Let the customer's next payment fail: the renewal, where there is a subscription. Return the charge.

    Raises ValueError for a customer without a payment method.
    """
    subscription = _renewing(ledger, customer)
    invoice = _invoice(ledger, customer, subscription) if subscription else None
    amount = invoice["amount_due"] if invoice else 4900
    currency = invoice["currency"] if invoice else "usd"
    intent, charge = _tried(ledger, customer, amount, currency, "Subscription update" if invoice else "Order")
    card = charge["payment_method_details"].get("card")
    if card and country:
        charge["payment_method_details"] = {"type": "card", "card": {**card, "country": country}}
    decline(intent, charge, code)
    ledger.put(intent)
    ledger.put(charge)
    if subscription and invoice:
        _owe(ledger, customer, subscription, invoice, intent)
    ledger.emit("charge.failed", charge)
    ledger.emit("payment_intent.payment_failed", intent)
    return charge


def take_payment(ledger: Ledger, customer: Record) -> Record:
    """Let the customer pay for something; return the charge. Raises ValueError as `fail_payment` does."""
    charge = sales.take(
        ledger,
        customer,
        _method(ledger, customer),
        amount=4900,
        currency="usd",
        text="Order",
        created=ledger.now(),
        ids=sales.Ids.fresh(),
    )
    ledger.emit("charge.succeeded", charge)
    return charge


def _renewing(ledger: Ledger, customer: Record) -> Record | None:
    return next(
        (
            one
            for one in reversed(ledger.where("subscription", "customer", customer["id"]))
            if one["status"] in {"active", "past_due"} and one["collection_method"] == "charge_automatically"
        ),
        None,
    )


def _tried(ledger: Ledger, customer: Record, amount: int, currency: str, text: str) -> tuple[Record, Record]:
    ids, method = sales.Ids.fresh(), _method(ledger, customer)
    intent = shapes.payment_intent(
        ids.intent, ledger.now(), customer, method, amount=amount, currency=currency, text=text
    )
    return intent, shapes.charge(ids.charge, intent, customer, method)


def _invoice(ledger: Ledger, customer: Record, subscription: Record) -> Record:
    """Bill the period that begins now, or return the bill that is still open."""
    for invoice in ledger.where("invoice", "subscription", subscription["id"]):
        if invoice["status"] == "open":
            return invoice
    identifier, price = new_id("in_1"), subscription["items"]["data"][0]["price"]
    line = billing_shapes.invoice_line(
        new_id("il_1"),
        identifier,
        subscription,
        amount=price["unit_amount"],
        text=subscription["description"] or price["product"],
        proration=False,
    )
    invoice = billing_shapes.invoice(
        identifier,
        ledger.now(),
        customer,
        subscription,
        lines=[line],
        reason="subscription_cycle",
        number=number(customer),
    )
    invoice["auto_advance"] = True
    ledger.put(invoice)
    ledger.emit("invoice.created", invoice)
    ledger.emit("invoice.finalized", invoice)
    return invoice


def _owe(ledger: Ledger, customer: Record, subscription: Record, invoice: Record, intent: Record) -> None:
    """Leave the invoice open, with the next of Stripe's own tries."""
    tries = invoice["attempt_count"] + 1
    following = ledger.now() + _NEXT_TRY if tries <= 3 else None
    ledger.put(billing_shapes.open_invoice_payment(new_id("inpay_1"), invoice, intent))
    ledger.change(customer, "customer.updated", delinquent=True)
    ledger.change(invoice, attempted=True, attempt_count=tries, next_payment_attempt=following)
    ledger.change(
        subscription, "customer.subscription.updated", status="past_due", latest_invoice=invoice["id"]
    )
    ledger.emit("invoice.payment_failed", invoice)


def _method(ledger: Ledger, customer: Record) -> Record:
    methods = ledger.where("payment_method", "customer", customer["id"])
    if customer.get("deleted") or not methods:
        raise ValueError(f"{customer['id']} has nothing to pay with.")
    return methods[-1]

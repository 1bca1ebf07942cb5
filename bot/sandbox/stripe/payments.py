"""Charges, payment intents, payment methods and the issuers' fraud warnings."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.stripe import shapes
from bot.sandbox.stripe.endpoints import PAGING, Call, Endpoint, listing, retrieving
from bot.sandbox.stripe.errors import ApiError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.lists import page
from bot.sandbox.stripe.params import merged_metadata, positive

_UPDATABLE: Final = ("description", "receipt_email", "transfer_group")


def warn_of_fraud(ledger: Ledger, charge: Record, *, identifier: str = "", created: int = 0) -> Record:
    """Let the card's issuer warn about a charge."""
    warning = shapes.early_fraud_warning(identifier or new_id("issfr_1"), created or ledger.now(), charge)
    ledger.put(warning)
    ledger.emit("radar.early_fraud_warning.created", warning, created=created or None)
    return warning


def settle_warnings(ledger: Ledger, charge: Record) -> None:
    """Note that nothing can be done any more about warnings of a charge that was disputed or paid back."""
    for warning in ledger.where("radar.early_fraud_warning", "charge", charge["id"]):
        if warning["actionable"]:
            ledger.change(warning, "radar.early_fraud_warning.updated", actionable=False)


def _update_charge(ledger: Ledger, call: Call) -> Record:
    charge = ledger.get("charge", call.ids[0])
    values: dict[str, Any] = {name: call.params[name] for name in _UPDATABLE if name in call.params}
    if "fraud_details" in call.params:
        values["fraud_details"] = {**charge["fraud_details"], **call.params["fraud_details"]}
    values["metadata"] = merged_metadata(charge["metadata"], call.params.get("metadata"))
    return ledger.change(charge, "charge.updated", **values)


def _capture_charge(ledger: Ledger, call: Call) -> Record:
    charge = ledger.get("charge", call.ids[0])
    if charge["captured"]:
        message = f"Charge {charge['id']} has already been captured."
        raise ApiError(400, message, code="charge_already_captured")
    return _capture(ledger, charge, positive(call.params, "amount"))


def _capture_intent(ledger: Ledger, call: Call) -> Record:
    intent = ledger.get("payment_intent", call.ids[0])
    _require_capturable(intent, "captured")
    _capture(
        ledger, ledger.get("charge", intent["latest_charge"]), positive(call.params, "amount_to_capture")
    )
    return intent


def _capture(ledger: Ledger, charge: Record, amount: int | None) -> Record:
    if charge["refunded"]:
        raise ApiError(
            400,
            f"Charge {charge['id']} cannot be captured because it was released.",
            code="charge_expired_for_capture",
        )
    taken = charge["amount"] if amount is None else amount
    if taken > charge["amount"]:
        raise ApiError(
            400,
            "You cannot capture more than the authorized amount.",
            code="amount_too_large",
            param="amount",
        )
    intent = ledger.get("payment_intent", charge["payment_intent"])
    ledger.change(intent, status="succeeded", amount_capturable=0, amount_received=taken)
    ledger.change(charge, "charge.captured", captured=True, amount_captured=taken, paid=True)
    ledger.emit("payment_intent.succeeded", intent)
    return charge


def _cancel_intent(ledger: Ledger, call: Call) -> Record:
    intent = ledger.get("payment_intent", call.ids[0])
    _require_capturable(intent, "canceled")
    charge = ledger.get("charge", intent["latest_charge"])
    ledger.change(charge, refunded=True, amount_refunded=charge["amount"])
    ledger.change(
        intent,
        "payment_intent.canceled",
        status="canceled",
        amount_capturable=0,
        canceled_at=ledger.now(),
        cancellation_reason=call.params.get("cancellation_reason"),
    )
    ledger.emit("charge.refunded", charge)
    return intent


def _require_capturable(intent: Record, wish: str) -> None:
    if intent["status"] != "requires_capture":
        raise ApiError(
            400,
            f"This PaymentIntent could not be {wish} because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )


def _list_methods(ledger: Ledger, call: Call) -> Record:
    """List by customer, given in the path or as a parameter, and by type."""
    params = {**call.params, **({"customer": call.ids[0]} if call.ids else {})}
    if call.ids:
        ledger.get("customer", call.ids[0])
    return page(ledger, "payment_method", call.path, params, by=("customer", "type"))


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/charges/{}",
        "ChargeUpdateParams",
        "charge_write",
        _update_charge,
        takes="description fraud_details metadata receipt_email transfer_group",
    ),
    Endpoint(
        "POST",
        "/v1/charges/{}/capture",
        "ChargeCaptureParams",
        "charge_write",
        _capture_charge,
        takes="amount",
    ),
    retrieving("charge", "/v1/charges/{}", "ChargeRetrieveParams", "charge_read"),
    listing("charge", "/v1/charges", "ChargeListParams", "charge_read", by="customer payment_intent"),
    Endpoint(
        "POST",
        "/v1/payment_intents/{}/cancel",
        "PaymentIntentCancelParams",
        "payment_intent_write",
        _cancel_intent,
        takes="cancellation_reason",
    ),
    Endpoint(
        "POST",
        "/v1/payment_intents/{}/capture",
        "PaymentIntentCaptureParams",
        "payment_intent_write",
        _capture_intent,
        takes="amount_to_capture",
    ),
    retrieving(
        "payment_intent", "/v1/payment_intents/{}", "PaymentIntentRetrieveParams", "payment_intent_read"
    ),
    listing(
        "payment_intent",
        "/v1/payment_intents",
        "PaymentIntentListParams",
        "payment_intent_read",
        by="customer",
    ),
    retrieving(
        "payment_method", "/v1/payment_methods/{}", "PaymentMethodRetrieveParams", "payment_method_read"
    ),
    Endpoint(
        "GET",
        "/v1/payment_methods",
        "PaymentMethodListParams",
        "payment_method_read",
        _list_methods,
        takes=f"customer type {PAGING}",
    ),
    Endpoint(
        "GET",
        "/v1/customers/{}/payment_methods",
        "CustomerPaymentMethodListParams",
        "payment_method_read",
        _list_methods,
        takes=f"type {PAGING}",
    ),
    retrieving(
        "radar.early_fraud_warning",
        "/v1/radar/early_fraud_warnings/{}",
        "radar.EarlyFraudWarningRetrieveParams",
        "charge_read",
    ),
    listing(
        "radar.early_fraud_warning",
        "/v1/radar/early_fraud_warnings",
        "radar.EarlyFraudWarningListParams",
        "charge_read",
        by="charge payment_intent",
    ),
)

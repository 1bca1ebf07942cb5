"""Refunds: made, refused, settled and put back ("Refunds" in the API reference and in the guides)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.stripe import disputes, payments, sales, shapes
from bot.sandbox.stripe.endpoints import Call, Endpoint, listing, retrieving
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.params import merged_metadata, positive
from policy.money import Money

_AT_ONCE: Final = frozenset({"card", "link"})
_WITH_INSTRUCTIONS: Final = frozenset({"konbini", "boleto", "promptpay", "oxxo"})
"""Ways to pay that cannot take money back: the customer is asked by mail where to send it."""

_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"succeeded", "failed", "canceled", "requires_action"}),
    "requires_action": frozenset({"pending", "succeeded", "failed", "canceled"}),
    "succeeded": frozenset({"failed"}),
}
_PUT_BACK: Final = frozenset({"failed", "canceled"})
FAILURE_REASONS: Final = frozenset(
    "charge_for_pending_refund_disputed declined expired_or_canceled_card insufficient_funds "
    "lost_or_stolen_card merchant_request unknown".split()
)
"""Why a bank returned a refund."""


def refundable(ledger: Ledger, charge: Record, amount: int | None) -> int:
    """Return the amount, in minor units, that a refund would have. Raises ApiError when it may not be."""
    name, left = charge["id"], charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise ApiError(400, f"Charge {name} did not succeed, so it cannot be refunded.", param="charge")
    if charge["refunded"]:
        message = f"Charge {name} has already been refunded."
        raise ApiError(400, message, code="charge_already_refunded")
    if not charge["captured"]:
        raise ApiError(
            400,
            f"Charge {name} has not been captured. Cancel its PaymentIntent ({charge['payment_intent']}) "
            "to release the funds.",
            param="charge",
        )
    if charge["disputed"] and not disputes.leaves_refundable(ledger, charge):
        message = f"Charge {name} has been charged back; cannot issue a refund."
        raise ApiError(400, message, code="charge_disputed")
    if amount is not None and amount > left:
        asked, rest = (_written(minor, charge["currency"]) for minor in (amount, left))
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})"
        raise ApiError(400, message, param="amount")
    return left if amount is None else amount


def issue(ledger: Ledger, charge: Record, amount: int | None, details: Mapping[str, Any]) -> Record:
    """Refund `amount` minor units (None: all that is left) and return the refund.

    `details` are `reason`, `metadata` and `instructions_email` as the API takes them. Cards are refunded
    at once, bank debits stay pending, vouchers require an action of the customer.
    """
    amount = refundable(ledger, charge, amount)
    type_ = charge["payment_method_details"]["type"]
    email = details.get("instructions_email") or charge["receipt_email"]
    if type_ in _WITH_INSTRUCTIONS and email is None:
        raise ApiError(
            400,
            "Missing required param: instructions_email.",
            code="parameter_missing",
            param="instructions_email",
        )
    refund = shapes.refund(_refund_id(charge), ledger.now(), charge, amount, "succeeded")
    refund["reason"] = details.get("reason")
    refund["metadata"] = merged_metadata({}, details.get("metadata"))
    if type_ in _WITH_INSTRUCTIONS:
        refund["status"] = "requires_action"
        refund["instructions_email"] = email
        refund["next_action"] = _mail_sent(email, refund["created"])
    elif type_ not in _AT_ONCE:
        refund["status"] = "pending"
        refund["pending_reason"] = "processing"
    moved = sales.move(ledger, new_id("txn_3"), refund["created"], refund, "refund", amount=-amount)
    refund["balance_transaction"] = moved["id"]
    ledger.put(refund)
    _set_refunded(ledger, charge, charge["amount_refunded"] + amount)
    ledger.emit("refund.created", refund)
    ledger.emit("charge.refunded", charge)
    if charge["refunded"]:
        disputes.close_inquiries(ledger, charge)
        payments.settle_warnings(ledger, charge)
    return refund


def settle(ledger: Ledger, refund: Record, status: str, failure_reason: str | None = None) -> Record:
    """Let the bank decide: move a refund to `status`; one that fails or is cancelled goes back to the charge.

    Raises ValueError for a status that the refund cannot reach, or an unknown failure reason.
    """
    if status not in _MOVES.get(refund["status"], frozenset()):
        raise ValueError(f"A refund that is {refund['status']} cannot become {status}.")
    reason = (failure_reason or "unknown") if status == "failed" else None
    if reason is not None and reason not in FAILURE_REASONS:
        raise ValueError(f"“{reason}” is no failure reason of a refund.")
    values: Record = {"status": status, "failure_reason": reason, "pending_reason": None, "next_action": None}
    if status == "pending":
        values["pending_reason"] = "processing"
    if status == "requires_action":
        values["next_action"] = _mail_sent(refund.get("instructions_email", ""), ledger.now())
    charge = ledger.get("charge", refund["charge"])
    if status in _PUT_BACK:
        moved = sales.move(
            ledger, new_id("txn_3"), ledger.now(), refund, "refund_failure", amount=refund["amount"]
        )
        values["failure_balance_transaction"] = moved["id"]
        _set_refunded(ledger, charge, charge["amount_refunded"] - refund["amount"])
    ledger.change(refund, "refund.updated", **values)
    ledger.emit("charge.refund.updated", refund)
    if status == "failed":
        ledger.emit("refund.failed", refund)
    return refund


def _set_refunded(ledger: Ledger, charge: Record, amount: int) -> None:
    ledger.change(charge, amount_refunded=amount, refunded=amount == charge["amount_captured"])


def _refund_id(charge: Record) -> str:
    return f"re_{charge['id'][3:15]}{new_id('')[:12]}"


def _mail_sent(email: str, at: int) -> Record:
    details = {"email_sent": {"email_sent_at": at, "email_sent_to": email}, "expires_at": at + 45 * 86_400}
    return {"type": "display_details", "display_details": details}


def _written(minor: int, currency: str) -> str:
    money = Money(minor, currency.upper())
    symbol = {"usd": "$", "eur": "€", "jpy": "¥"}.get(currency)
    return f"{symbol}{money.digits}" if symbol else str(money)


def _create(ledger: Ledger, call: Call) -> Record:
    params = call.params
    given = [name for name in ("charge", "payment_intent") if name in params]
    if not given:
        raise ParameterError(
            "One of the following params should be provided for this request: payment_intent or charge.",
            "charge",
            "parameter_missing",
        )
    if len(given) > 1:
        raise ParameterError(
            "You may only specify one of these parameters: payment_intent, charge.", "charge"
        )
    amount = positive(params, "amount")
    return issue(ledger, _charge_to_refund(ledger, params), amount, params)


def _charge_to_refund(ledger: Ledger, params: Mapping[str, Any]) -> Record:
    if "charge" in params:
        return ledger.get("charge", params["charge"], param="charge")
    intent = ledger.get("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["latest_charge"] is None or intent["status"] != "succeeded":
        raise ApiError(
            400,
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return ledger.get("charge", intent["latest_charge"])


def _update(ledger: Ledger, call: Call) -> Record:
    refund = ledger.get("refund", call.ids[0])
    metadata = merged_metadata(refund["metadata"], call.params.get("metadata"))
    return ledger.change(refund, "refund.updated", metadata=metadata)


def _cancel(ledger: Ledger, call: Call) -> Record:
    refund = ledger.get("refund", call.ids[0])
    if refund["status"] != "requires_action":
        message = (
            f"You can only cancel a refund in the `requires_action` state. This one is {refund['status']}."
        )
        raise ApiError(400, message)
    return settle(ledger, refund, "canceled")


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/refunds",
        "RefundCreateParams",
        "charge_write",
        _create,
        takes="amount charge instructions_email metadata payment_intent reason",
    ),
    Endpoint("POST", "/v1/refunds/{}", "RefundUpdateParams", "charge_write", _update, takes="metadata"),
    Endpoint("POST", "/v1/refunds/{}/cancel", "RefundCancelParams", "charge_write", _cancel),
    retrieving("refund", "/v1/refunds/{}", "RefundRetrieveParams", "charge_read"),
    listing("refund", "/v1/refunds", "RefundListParams", "charge_read", by="charge payment_intent"),
)

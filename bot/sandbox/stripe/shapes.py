"""New objects of the payments side of the API, with every field that the API version gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.sandbox.stripe.errors import Record

_NO_ADDRESS: Final[Record] = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


def listing(url: str, data: Sequence[Record], *, has_more: bool = False) -> Record:
    """Return a page of a list, newest first."""
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def customer(
    identifier: str, created: int, email: str | None, name: str | None, metadata: Mapping[str, str]
) -> Record:
    """Return a new customer."""
    return {
        "id": identifier,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": email,
        "invoice_prefix": identifier[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": dict(metadata),
        "name": name,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def payment_method(identifier: str, created: int, customer: Record, type_: str, details: Record) -> Record:
    """Return a payment method of `type_` (`card`, `us_bank_account`, …) with that type's own fields."""
    return {
        "id": identifier,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(customer),
        "created": created,
        "customer": customer["id"],
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": type_,
        type_: details,
    }


def card(brand: str, last4: str, fingerprint: str, exp_year: int) -> Record:
    """Return the fields of a card."""
    return {
        "brand": brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": brand,
        "exp_month": 8,
        "exp_year": exp_year,
        "fingerprint": fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": last4,
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def billing_details(customer: Record) -> Record:
    """Return the payer's details as a customer has them."""
    return {
        "address": _NO_ADDRESS,
        "email": customer["email"],
        "name": customer["name"],
        "phone": None,
        "tax_id": None,
    }


def _paid_with(method: Record) -> Record:
    type_ = method["type"]
    if type_ != "card":
        return {"type": type_, type_: method[type_]}
    held = method["card"]
    kept = {name: held[name] for name in ("brand", "checks", "country", "exp_month", "exp_year")}
    kept |= {name: held[name] for name in ("fingerprint", "funding", "last4", "regulated_status", "wallet")}
    return {
        "type": "card",
        "card": {
            **kept,
            "amount_authorized": None,
            "authorization_code": None,
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": held["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": 0, "status": "unavailable"},
            "three_d_secure": None,
        },
    }


def payment_intent(
    identifier: str, created: int, customer: Record, method: Record, *, amount: int, currency: str, text: str
) -> Record:
    """Return a payment intent that has been paid in full."""
    return {
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": amount,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{identifier}_secret_local",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "description": text,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": method["id"],
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": [method["type"]],
        "processing": None,
        "receipt_email": customer["email"],
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(identifier: str, intent: Record, customer: Record, method: Record) -> Record:
    """Return the captured, successful charge of a payment intent."""
    return {
        "id": identifier,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": billing_details(customer),
        "calculated_statement_descriptor": "GOODS CLOUD",
        "captured": True,
        "created": intent["created"],
        "currency": intent["currency"],
        "customer": customer["id"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _paid_with(method),
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": customer["email"],
        "receipt_number": None,
        "receipt_url": f"https://pay.stripe.com/receipts/payment/{identifier}",
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def refund(identifier: str, created: int, charge: Record, amount: int, status: str) -> Record:
    """Return a refund of `amount` minor units of a charge."""
    type_ = charge["payment_method_details"]["type"]
    to_card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": type_, type_: to_card if type_ == "card" else {}},
        "failure_balance_transaction": None,
        "failure_reason": None,
        "metadata": {},
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def balance_transaction(
    identifier: str, created: int, source: Record, type_: str, *, amount: int, fee: int
) -> Record:
    """Return a movement of the account's balance; `amount` is negative when money leaves."""
    fees = [{"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}]
    return {
        "id": identifier,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created + 2 * 86_400,
        "balance_type": "payments",
        "created": created,
        "currency": source["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**one, "description": "Processing fees"} for one in fees if fee],
        "net": amount - fee,
        "reporting_category": type_,
        "source": source["id"],
        "status": "pending",
        "type": type_,
    }


_TEXT_EVIDENCE: Final = (
    "access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal "
    "customer_email_address customer_name customer_purchase_ip duplicate_charge_explanation "
    "duplicate_charge_id product_description refund_policy_disclosure refund_refusal_explanation "
    "service_date shipping_address shipping_carrier shipping_date shipping_tracking_number "
    "uncategorized_text"
).split()
FILE_EVIDENCE: Final = (
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation "
    "receipt refund_policy service_documentation shipping_documentation uncategorized_file"
).split()
"""The evidence fields that take the id of an uploaded file."""


def dispute(
    identifier: str, created: int, charge: Record, *, amount: int, reason: str, due_by: int
) -> Record:
    """Return a new chargeback that waits for an answer until `due_by`."""
    brand = charge["payment_method_details"]["card"]["brand"]
    evidence: Record = dict.fromkeys([*_TEXT_EVIDENCE, *FILE_EVIDENCE])
    return {
        "id": identifier,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {
            **evidence,
            "customer_email_address": charge["billing_details"]["email"],
            "customer_name": charge["billing_details"]["name"],
            "enhanced_evidence": {},
        },
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": brand,
                "case_type": "chargeback",
                "network": brand,
                "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
            },
        },
        "reason": reason,
        "status": "needs_response",
    }


def early_fraud_warning(identifier: str, created: int, charge: Record) -> Record:
    """Return an issuer's warning that a charge is probably fraudulent."""
    return {
        "id": identifier,
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": created,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }

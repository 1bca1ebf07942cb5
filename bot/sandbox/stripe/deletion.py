"""Deleting a customer: for good, with their subscriptions; their charges stay."""

from __future__ import annotations

from typing import Final

from bot.sandbox.stripe import subscriptions
from bot.sandbox.stripe.endpoints import Call, Endpoint
from bot.sandbox.stripe.errors import Record, missing
from bot.sandbox.stripe.ledger import Ledger


def delete(ledger: Ledger, customer: Record) -> Record:
    """Delete a customer; what is left of them says so. Raises ApiError for one that is deleted already."""
    if customer.get("deleted"):
        raise missing("customer", customer["id"])
    for subscription in ledger.where("subscription", "customer", customer["id"]):
        if subscription["status"] != "canceled":
            subscriptions.end(ledger, subscription, {})
    ledger.emit("customer.deleted", customer)
    return ledger.leave({"id": customer["id"], "object": "customer", "deleted": True})


def _delete(ledger: Ledger, call: Call) -> Record:
    return delete(ledger, ledger.get("customer", call.ids[0]))


ENDPOINTS: Final = (
    Endpoint("DELETE", "/v1/customers/{}", "CustomerDeleteParams", "customer_write", _delete),
)

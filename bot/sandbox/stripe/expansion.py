"""`expand[]`: ids replaced by their objects in the answer, four levels deep ("Expanding Responses")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.sandbox.stripe import shapes
from bot.sandbox.stripe.errors import ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger

_KINDS: Final = {
    "ch": "charge",
    "cn": "credit_note",
    "cus": "customer",
    "cbtxn": "customer_balance_transaction",
    "di": "discount",
    "du": "dispute",
    "file": "file",
    "in": "invoice",
    "pi": "payment_intent",
    "pm": "payment_method",
    "re": "refund",
    "sub": "subscription",
    "txn": "balance_transaction",
}


def _refunds(ledger: Ledger, charge: Record) -> Record:
    newest = list(reversed(ledger.where("refund", "charge", charge["id"])))
    return shapes.listing(f"/v1/charges/{charge['id']}/refunds", newest[:10], has_more=len(newest) > 10)


def _subscriptions(ledger: Ledger, customer: Record) -> Record:
    held = [
        one for one in ledger.where("subscription", "customer", customer["id"]) if one["status"] != "canceled"
    ]
    return shapes.listing(f"/v1/customers/{customer['id']}/subscriptions", list(reversed(held)))


def _payments(ledger: Ledger, invoice: Record) -> Record:
    paid = ledger.where("invoice_payment", "invoice", invoice["id"])
    return shapes.listing("/v1/invoice_payments", list(reversed(paid)))


_INCLUDED: Final[dict[tuple[str, str], Callable[[Ledger, Record], Record]]] = {
    ("charge", "refunds"): _refunds,
    ("customer", "subscriptions"): _subscriptions,
    ("invoice", "payments"): _payments,
}
"""The lists that an object has only when they are asked for."""


def expand(ledger: Ledger, record: Record, paths: Sequence[str]) -> Record:
    """Return a copy of `record` with `paths` expanded. Raises ParameterError for one that cannot be."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4 + (steps[0] == "data"):
            raise ParameterError("You cannot expand more than 4 levels of a property.", "expand")
        record = _step(ledger, record, steps, path)
    return record


def _step(ledger: Ledger, record: Record, steps: Sequence[str], path: str) -> Record:
    name, rest = steps[0], steps[1:]
    include = _INCLUDED.get((record.get("object", ""), name))
    if include is not None and name not in record:
        record = {**record, name: include(ledger, record)}
    if name not in record:
        raise ParameterError(f"This property cannot be expanded ({path}).", "expand")
    value = record[name]
    if isinstance(value, list):
        return {**record, name: [_one(ledger, item, rest, path) for item in value]}
    if value is None:
        return record
    return {**record, name: _one(ledger, value, rest, path)}


def _one(ledger: Ledger, value: str | Record, rest: Sequence[str], path: str) -> str | Record:
    if isinstance(value, dict):
        return _step(ledger, value, rest, path) if rest else value
    found = ledger.find(_KINDS.get(str(value).split("_", maxsplit=1)[0], ""), str(value))
    if found is None:
        raise ParameterError(f"This property cannot be expanded ({path}).", "expand")
    return _step(ledger, found, rest, path) if rest else found

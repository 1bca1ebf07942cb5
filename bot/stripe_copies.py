"""What the mirror keeps of Stripe's objects: the few fields that are looked up, counted and compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.store.mirror import Copy
from bot.stripe_objects import Object, identity, instant

KINDS: Final = ("customer", "subscription", "invoice", "charge", "refund", "dispute")


def copied(found: Object) -> Copy:
    """Read any of the six kinds."""
    return _READERS[found["object"]](found)


def lost(object_id: str, kind: str, now: datetime) -> Copy:
    """Return the copy of an object that Stripe does not have any more; it is dated `now`."""
    return Copy(object_id, kind, now, customer_id=object_id if kind == "customer" else "", gone=True)


def _customer(found: Object) -> Copy:
    return Copy(
        found["id"],
        "customer",
        instant(found["created"]),
        customer_id=found["id"],
        status="delinquent" if found.get("delinquent") else "",
        email=(found.get("email") or "").lower(),
        name=found.get("name") or "",
    )


def _subscription(found: Object) -> Copy:
    item = (found.get("items") or {}).get("data", [{}])[0]
    price = item.get("price") or {}
    return Copy(
        found["id"],
        "subscription",
        instant(found["created"]),
        customer_id=identity(found.get("customer")),
        status=found["status"],
        amount_minor=(price.get("unit_amount") or 0) * (item.get("quantity") or 1),
        currency=_currency(found),
        price=price.get("id") or "",
    )


def _invoice(found: Object) -> Copy:
    return Copy(
        found["id"],
        "invoice",
        instant(found["created"]),
        customer_id=identity(found.get("customer")),
        status=found.get("status") or "draft",
        amount_minor=found["amount_remaining"],
        currency=_currency(found),
    )


def _charge(found: Object) -> Copy:
    card = (found.get("payment_method_details") or {}).get("card") or {}
    failed = found["status"] == "failed"
    held = found["status"] == "succeeded" and not found.get("captured")
    return Copy(
        found["id"],
        "charge",
        instant(found["created"]),
        customer_id=identity(found.get("customer")),
        status="hold" if held else found["status"],
        amount_minor=found["amount"],
        currency=_currency(found),
        last4=card.get("last4") or "",
        fingerprint=card.get("fingerprint") or "",
        brand=card.get("brand") or "",
        country=card.get("country") or "",
        decline_code=((found.get("outcome") or {}).get("reason") or found.get("failure_code") or "")
        if failed
        else "",
    )


def _refund(found: Object) -> Copy:
    return Copy(
        found["id"],
        "refund",
        instant(found["created"]),
        charge_id=identity(found.get("charge")),
        status=found["status"],
        amount_minor=found["amount"],
        currency=_currency(found),
    )


def _dispute(found: Object) -> Copy:
    return Copy(
        found["id"],
        "dispute",
        instant(found["created"]),
        charge_id=identity(found.get("charge")),
        status=found["status"],
        amount_minor=found["amount"],
        currency=_currency(found),
    )


def _currency(found: Object) -> str:
    return str(found.get("currency") or "").upper()


_READERS: Final[dict[str, Callable[[Object], Copy]]] = {
    "customer": _customer,
    "subscription": _subscription,
    "invoice": _invoice,
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
}

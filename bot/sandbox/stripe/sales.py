"""Taking money: a payment intent, its charge, and for a subscription the invoice that it pays."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bot.sandbox.stripe import billing_shapes, shapes
from bot.sandbox.stripe.errors import Record
from bot.sandbox.stripe.ledger import Ledger, new_id

_PERCENT_FEE: Final = 29  # Stripe's standard card price: 2.9 % …
_FIXED_FEE: Final = 30  # … and 30 cents, counted here in the charge's own minor units


class Ids(Struct, frozen=True):
    """The ids that a sale will have."""

    charge: str
    intent: str
    movement: str

    @classmethod
    def fresh(cls) -> Ids:
        """Return ids of which the charge and its intent share their first half, as in Stripe."""
        stem = new_id("")[:12]
        tail = new_id("")
        return cls(f"ch_3{stem}{tail[:11]}", f"pi_3{stem}{tail[11:22]}", new_id("txn_3"))


def move(
    ledger: Ledger, identifier: str, created: int, source: Record, type_: str, *, amount: int, fee: int = 0
) -> Record:
    """Book `amount` minor units to (or, negative, from) the balance because of `source`."""
    return ledger.put(shapes.balance_transaction(identifier, created, source, type_, amount=amount, fee=fee))


def take(
    ledger: Ledger,
    customer: Record,
    method: Record,
    *,
    amount: int,
    currency: str,
    text: str,
    created: int,
    ids: Ids,
) -> Record:
    """Charge a customer `amount` minor units and return the charge."""
    intent = shapes.payment_intent(
        ids.intent, created, customer, method, amount=amount, currency=currency, text=text
    )
    charge = shapes.charge(ids.charge, intent, customer, method)
    charge["balance_transaction"] = ids.movement
    fee = amount * _PERCENT_FEE // 1000 + _FIXED_FEE
    move(ledger, ids.movement, created, charge, "charge", amount=amount, fee=fee)
    intent["latest_charge"] = charge["id"]
    customer["currency"] = currency
    ledger.put(intent)
    return ledger.put(charge)


def settle_invoice(ledger: Ledger, invoice: Record, intent: Record | None, paid_at: int) -> Record:
    """Mark an invoice paid, by a payment intent or (None) outside of Stripe."""
    invoice["amount_paid"] = invoice["amount_due"]
    invoice["amount_remaining"] = 0
    invoice["attempted"] = intent is not None
    invoice["attempt_count"] += intent is not None
    invoice["status"] = "paid"
    invoice["status_transitions"] = {**invoice["status_transitions"], "paid_at": paid_at}
    invoice["next_payment_attempt"] = None
    if intent is not None:
        ledger.put(billing_shapes.invoice_payment("inpay_1" + invoice["id"][4:], invoice, intent))
    return invoice

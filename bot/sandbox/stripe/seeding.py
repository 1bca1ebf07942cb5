"""The words in which a company is told to an empty ledger: people, cards, sales, subscriptions, refunds."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from msgspec import Struct

from bot.sandbox.stripe import billing_shapes, declines, sales, shapes
from bot.sandbox.stripe.errors import Record
from bot.sandbox.stripe.ledger import Ledger
from bot.sandbox.stripe.subscriptions import number

DAY: Final = 86_400
"""Seconds."""
_PERIOD_DAYS: Final = {"month": 30, "year": 365}
_BRANDS: Final = ("visa", "mastercard", "visa", "amex", "visa", "mastercard", "discover")
_DAYS_UNTIL_DUE: Final = 14


class Plan(Struct, frozen=True):
    """A price of the company's software: minor units of `currency` for a `month` or a `year`."""

    name: str
    amount: int
    interval: str
    currency: str = "usd"


class Payer(Struct, frozen=True):
    """A customer with the payment method that they use."""

    customer: Record
    method: Record


class Telling:
    """Writes a past into a ledger, with ids that are the same each time.

    `ago` is in days, `amount` in minor units. Who tells more to a ledger says how much was `told` before.
    """

    def __init__(self, ledger: Ledger, told: int = 0) -> None:
        self.ledger = ledger
        self.now = ledger.now()
        self._told = told

    def at(self, ago: float) -> int:
        """Return the Unix time `ago` days before the present."""
        return self.now - round(ago * DAY)

    def id(self, prefix: str, length: int = 26) -> str:
        """Return the next made-up id."""
        self._told += 1
        digest = hashlib.blake2b(f"goods cloud {self._told}".encode(), digest_size=21).digest()
        return (prefix + base64.b64encode(digest, b"xk").decode())[:length]

    def payer(
        self,
        identifier: str,
        name: str,
        organisation: str,
        email: str | None,
        *,
        since: float = 200,
        fingerprint: str = "",
        **metadata: str,
    ) -> Payer:
        """Introduce a customer and their card."""
        tenant = f"tn_{1000 + self._told}"
        known = {"organisation": organisation, "tenant_id": tenant, **metadata}
        customer = self.ledger.put(shapes.customer(identifier, self.at(since), email, name, known))
        brand = _BRANDS[self._told % len(_BRANDS)]
        last4 = f"{(self._told * 7919) % 10_000:04d}"
        card = shapes.card(brand, last4, fingerprint or self.id("", 16), 2030 + self._told % 4)
        return Payer(customer, self._method(customer, "card", card))

    def pays_by(self, payer: Payer, type_: str, details: Record) -> Payer:
        """Give a customer another payment method."""
        return Payer(payer.customer, self._method(payer.customer, type_, details))

    def _method(self, customer: Record, type_: str, details: Record) -> Record:
        method = shapes.payment_method(self.id("pm_1"), customer["created"], customer, type_, details)
        customer["invoice_settings"] = {
            **customer["invoice_settings"],
            "default_payment_method": method["id"],
        }
        return self.ledger.put(method)

    def sale(
        self, payer: Payer, amount: int, text: str, ago: float, identifier: str = "", *, currency: str = "usd"
    ) -> Record:
        """Let a payment succeed and return its charge."""
        ids = self._ids(identifier)
        return sales.take(
            self.ledger,
            payer.customer,
            payer.method,
            amount=amount,
            currency=currency,
            text=text,
            created=self.at(ago),
            ids=ids,
        )

    def hold(self, payer: Payer, amount: int, text: str, ago: float, identifier: str) -> Record:
        """Authorise a payment without capturing it."""
        intent, charge = self._unpaid(payer, amount, text, ago, identifier)
        intent |= {"status": "requires_capture", "capture_method": "manual", "amount_capturable": amount}
        charge |= {"captured": False, "amount_captured": 0, "receipt_url": None}
        self.ledger.put(intent)
        return self.ledger.put(charge)

    def declined(self, payer: Payer, amount: int, text: str, ago: float, identifier: str) -> Record:
        """Let a payment fail for insufficient funds."""
        intent, charge = self._unpaid(payer, amount, text, ago, identifier)
        declines.decline(intent, charge, "insufficient_funds")
        self.ledger.put(intent)
        return self.ledger.put(charge)

    def _unpaid(
        self, payer: Payer, amount: int, text: str, ago: float, identifier: str
    ) -> tuple[Record, Record]:
        ids, at = self._ids(identifier), self.at(ago)
        intent = shapes.payment_intent(
            ids.intent, at, payer.customer, payer.method, amount=amount, currency="usd", text=text
        )
        charge = shapes.charge(identifier, intent, payer.customer, payer.method)
        intent |= {"amount_received": 0, "latest_charge": identifier}
        return intent, charge

    def _ids(self, identifier: str) -> sales.Ids:
        charge = identifier or self.id("ch_3")
        return sales.Ids(charge, f"pi_3{charge[4:16]}{self.id('', 11)}", self.id("txn_3"))

    def refund(self, charge: Record, amount: int, ago: float, identifier: str) -> Record:
        """Let a part of a charge have been refunded."""
        at = self.at(ago)
        refund = shapes.refund(identifier, at, charge, amount, "succeeded")
        refund["reason"] = "requested_by_customer"
        refund["balance_transaction"] = self.id("txn_3")
        sales.move(self.ledger, refund["balance_transaction"], at, refund, "refund", amount=-amount)
        refunded = charge["amount_refunded"] + amount
        self.ledger.change(charge, amount_refunded=refunded, refunded=refunded == charge["amount"])
        return self.ledger.put(refund)

    def subscribe(self, payer: Payer, plan: Plan, ago: float, renewed: float, identifier: str = "") -> Record:
        """Let a subscription have started `ago` days ago; its current period began `renewed` days ago."""
        product = "prod_" + plan.name.title().replace(" ", "")
        price = billing_shapes.price(
            f"price_1{product[5:]}{plan.interval}{plan.currency}",
            self.at(500),
            product,
            amount=plan.amount,
            currency=plan.currency,
            interval=plan.interval,
        )
        period = (self.at(renewed), self.at(renewed - _PERIOD_DAYS[plan.interval]))
        subscription = billing_shapes.subscription(
            identifier or self.id("sub_1"),
            self.at(ago),
            payer.customer,
            price,
            period=period,
            method=payer.method["id"],
        )
        subscription["description"] = f"{plan.name}, per {plan.interval}"
        return self.ledger.put(subscription)

    def billed(
        self,
        payer: Payer,
        subscription: Record,
        ago: float,
        identifier: str = "",
        reason: str = "subscription_cycle",
    ) -> Record:
        """Let a period have been invoiced and paid; return the charge."""
        invoice = self._invoice(payer, subscription, self.at(ago), reason, self.id("in_1"))
        text = "Subscription creation" if reason == "subscription_create" else "Subscription update"
        amount, currency = invoice["amount_due"], invoice["currency"]
        charge = self.sale(payer, amount, text, ago, identifier, currency=currency)
        intent = self.ledger.get("payment_intent", charge["payment_intent"])
        self.ledger.put(sales.settle_invoice(self.ledger, invoice, intent, charge["created"]))
        return charge

    def owed(self, payer: Payer, subscription: Record, ago: float, identifier: str) -> Record:
        """Let a period have been invoiced two weeks before it fell due, and not paid."""
        subscription |= {"collection_method": "send_invoice", "days_until_due": _DAYS_UNTIL_DUE}
        subscription["status"] = "past_due"
        payer.customer["delinquent"] = True
        invoice = self._invoice(payer, subscription, self.at(ago), "subscription_cycle", identifier)
        invoice["due_date"] = invoice["created"] + _DAYS_UNTIL_DUE * DAY
        return self.ledger.put(invoice)

    def _invoice(self, payer: Payer, subscription: Record, at: int, reason: str, identifier: str) -> Record:
        amount = subscription["items"]["data"][0]["price"]["unit_amount"]
        text = subscription["description"]
        line = billing_shapes.invoice_line(
            self.id("il_1"), identifier, subscription, amount=amount, text=text, proration=False
        )
        subscription["latest_invoice"] = identifier
        return billing_shapes.invoice(
            identifier,
            at,
            payer.customer,
            subscription,
            lines=[line],
            reason=reason,
            number=number(payer.customer),
        )

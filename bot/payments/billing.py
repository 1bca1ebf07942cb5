"""Invoices, subscriptions, customers' flags and coupons: read, and changed one step at a time.

Stripe does not keep a second cancellation or void from being asked for, so each change reads the state
first, and “already so” is success. Reads raise what `refusal` makes of an error; changes answer.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import stripe
from msgspec import Struct

from bot import stripe_objects as read
from bot.errors import NotFoundError
from bot.payments.answers import Later, Refused, Unknown, answer_to, refusal
from bot.payments.calls import Calls
from bot.stripe_objects import LiveSubscription
from policy.facts import Charge, Customer, Invoice

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams

_SETTLED_ELSEWHERE: Final = {
    "paid": "was paid meanwhile",
    "void": "was voided meanwhile",
    "uncollectible": "was written off meanwhile",
    "draft": "is still a draft",
}


class Made(Struct, frozen=True):
    """Stripe holds it; `said` is an id or a word to show, `already` that it was so before."""

    said: str = ""
    already: bool = False


class Open(Struct, frozen=True):
    """Stripe waits for the customer: look again after `wait`, unless an event comes first."""

    wait: timedelta


Outcome = Made | Open | Refused | Later | Unknown


class Billed(Struct, frozen=True):
    """A customer and what they are billed for: unpaid invoices, which of them Stripe mails, a card."""

    customer: Customer
    invoices: tuple[Invoice, ...]
    sendable: frozenset[str]
    subscriptions: tuple[LiveSubscription, ...]
    method: str
    card: str


class Billing(Calls):
    """The billing side of one Stripe account."""

    async def customers(self, query: str) -> list[Customer]:
        """Return the customers that `query` names: a whole email address, or a cus_ id."""
        query = query.strip()
        if query.startswith("cus_"):
            found = await self._read(self._client.v1.customers.retrieve_async(query))
            if found.get("deleted"):
                raise NotFoundError("This customer was deleted in Stripe.")
            return [read.customer(found)]
        if "@" not in query:
            raise NotFoundError(
                f"“{query}” is not something to look up. Use the customer's full email address, "
                "or an id that begins with cus_."
            )
        page = await self._list(self._client.v1.customers.list_async({"email": query, "limit": 10}))
        if not page:
            raise NotFoundError(f"Stripe has no customer with the address {query}.")
        return [read.customer(one) for one in page]

    async def billed(self, customer_id: str) -> Billed:
        """Read what a customer is billed for."""
        found = await self._read(
            self._client.v1.customers.retrieve_async(
                customer_id, {"expand": ["invoice_settings.default_payment_method"]}
            )
        )
        unpaid = await self._list(
            self._client.v1.invoices.list_async({"customer": customer_id, "status": "open", "limit": 100})
        )
        plans = await self._list(
            self._client.v1.subscriptions.list_async({"customer": customer_id, "limit": 100})
        )
        method = found["invoice_settings"]["default_payment_method"] or await self._newest_method(customer_id)
        return Billed(
            customer=read.customer(found),
            invoices=tuple(read.invoice(one) for one in unpaid),
            sendable=frozenset(one["id"] for one in unpaid if one["collection_method"] == "send_invoice"),
            subscriptions=tuple(read.live_subscription(one) for one in plans),
            method=method["id"] if method else "",
            card=_called(method) if method else "",
        )

    async def subscription(self, subscription_id: str) -> LiveSubscription:
        """Read a subscription with its discounts."""
        return read.live_subscription(
            await self._read(
                self._client.v1.subscriptions.retrieve_async(subscription_id, {"expand": ["discounts"]})
            )
        )

    async def newest_charge(self, subscription_id: str) -> Charge | None:
        """Return the charge that paid the subscription's newest invoice; None when nothing was ever paid."""
        paid = await self._list(
            self._client.v1.invoices.list_async(
                {"subscription": subscription_id, "status": "paid", "limit": 10}
            )
        )
        for invoice in paid:
            payments = await self._list(
                self._client.v1.invoice_payments.list_async({"invoice": invoice["id"], "limit": 10})
            )
            for payment in payments:
                intent = read.identity(payment["payment"].get("payment_intent"))
                charges = await self._list(
                    self._client.v1.charges.list_async({"payment_intent": intent, "limit": 10})
                )
                for charge in charges:
                    if charge["status"] == "succeeded":
                        return read.charge(charge)
        return None

    async def send_invoice(self, invoice_id: str, key: str) -> Outcome:
        """Mail an open invoice to the customer."""
        invoice = await self._invoice(invoice_id)
        if invoice["status"] != "open":
            return _elsewhere(invoice, wanted="paid")
        return await _asked(self._client.v1.invoices.send_invoice_async(invoice_id, {}, _once(key)))

    async def paid(self, invoice_id: str) -> Outcome:
        """Say whether the customer has paid an invoice."""
        invoice = await self._invoice(invoice_id)
        if invoice["status"] == "open":
            return Open(timedelta(hours=1))
        return Made() if invoice["status"] == "paid" else _elsewhere(invoice, wanted="paid")

    async def pay_invoice(self, invoice_id: str, method: str, key: str) -> Outcome:
        """Charge an open invoice to a payment method."""
        invoice = await self._invoice(invoice_id)
        if invoice["status"] != "open":
            return _elsewhere(invoice, wanted="paid")
        return await _asked(
            self._client.v1.invoices.pay_async(
                invoice_id, {"payment_method": method, "off_session": True}, _once(key)
            )
        )

    async def void_invoice(self, invoice_id: str, key: str) -> Outcome:
        """Void an invoice that is open or written off. One that was paid meanwhile stays paid."""
        invoice = await self._invoice(invoice_id)
        if invoice["status"] == "paid":
            return Made("it was paid meanwhile", already=True)
        if invoice["status"] not in {"open", "uncollectible"}:
            return _elsewhere(invoice, wanted="void")
        return await _asked(self._client.v1.invoices.void_invoice_async(invoice_id, {}, _once(key)))

    async def cancel_now(self, subscription_id: str, change_id: str) -> Outcome:
        """Cancel at once. Without proration: what comes back is a refund, and never credit as well."""
        if (await self.subscription(subscription_id)).over:
            return Made(already=True)
        return await _asked(
            self._client.v1.subscriptions.cancel_async(
                subscription_id,
                {"prorate": False, "invoice_now": False, "cancellation_details": {"comment": change_id}},
                {"max_network_retries": 0},
            )
        )

    async def cancel_at_period_end(self, subscription_id: str, change_id: str, key: str) -> Outcome:
        """Let it end with its period."""
        found = await self.subscription(subscription_id)
        if found.over or found.ends_at_period_end:
            return Made(already=True)
        details: SubscriptionUpdateParams = {
            "cancel_at_period_end": True,
            "cancellation_details": {"comment": change_id},
        }
        return await _asked(self._client.v1.subscriptions.update_async(subscription_id, details, _once(key)))

    async def flag_customer(self, customer_id: str, change_id: str, key: str) -> Outcome:
        """Write into the customer's metadata that the account is closed."""
        flags = {"makegood_account": "closed", "makegood_change": change_id}
        found = await self._read(self._client.v1.customers.retrieve_async(customer_id))
        if flags.items() <= (found.get("metadata") or {}).items():
            return Made(already=True)
        return await _asked(
            self._client.v1.customers.update_async(customer_id, {"metadata": flags}, _once(key))
        )

    async def create_coupon(self, coupon_id: str, months: int, key: str) -> Outcome:
        """Make a coupon for 100 % that can be used once. Its id is ours, so a second one cannot be made."""
        try:
            await self._read(self._client.v1.coupons.retrieve_async(coupon_id))
        except NotFoundError:
            return await _asked(
                self._client.v1.coupons.create_async(
                    {
                        "id": coupon_id,
                        "name": "Free access",
                        "percent_off": 100,
                        "duration": "repeating",
                        "duration_in_months": months,
                        "max_redemptions": 1,
                        "metadata": {"makegood_change": coupon_id},
                    },
                    _once(key),
                )
            )
        return Made(already=True)

    async def apply_coupon(self, subscription_id: str, coupon_id: str, key: str) -> Outcome:
        """Put a coupon on a subscription, beside the discounts that it has."""
        found = await self.subscription(subscription_id)
        if coupon_id in {coupon for _, coupon in found.discounts}:
            return Made(coupon_id, already=True)
        kept: list[dict[str, str]] = [{"discount": discount} for discount, _ in found.discounts]
        discounts = cast("SubscriptionUpdateParams", {"discounts": [*kept, {"coupon": coupon_id}]})
        update = self._client.v1.subscriptions.update_async(subscription_id, discounts, _once(key))
        return await _asked(update, coupon_id)

    async def extend_trial(self, subscription_id: str, until: int, key: str) -> Outcome:
        """Move the end of a trial to `until` (Unix seconds), charging and crediting nothing."""
        found = await self.subscription(subscription_id)
        if found.trial_end == read.instant(until):
            return Made(already=True)
        return await _asked(
            self._client.v1.subscriptions.update_async(
                subscription_id, {"trial_end": until, "proration_behavior": "none"}, _once(key)
            )
        )

    async def _invoice(self, invoice_id: str) -> dict[str, Any]:
        return await self._read(self._client.v1.invoices.retrieve_async(invoice_id))

    async def _newest_method(self, customer_id: str) -> dict[str, Any] | None:
        found = await self._list(
            self._client.v1.customers.payment_methods.list_async(customer_id, {"limit": 1})
        )
        return found[0] if found else None


def _once(key: str) -> stripe.RequestOptions:
    """Return the options of a change: its key, and no retries but ours."""
    return {"idempotency_key": key, "max_network_retries": 0}


async def _asked(call: Awaitable[stripe.StripeObject], said: str = "") -> Outcome:
    try:
        await call
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        return Refused("", str(refusal(error)))
    except stripe.StripeError as error:
        answer = answer_to(error)
        assert isinstance(answer, Refused | Later | Unknown)  # noqa: S101  # an error is never a refund
        return answer
    return Made(said)


def _elsewhere(invoice: dict[str, Any], *, wanted: str) -> Outcome:
    """Answer for an invoice that is no longer open: done when it is as `wanted`."""
    status = invoice["status"]
    if status == wanted:
        return Made(already=True)
    number = invoice.get("number") or invoice["id"]
    return Refused(
        f"invoice_{status}", f"Invoice {number} {_SETTLED_ELSEWHERE.get(status, status)} in Stripe."
    )


def _called(method: dict[str, Any]) -> str:
    card = method.get("card") or {}
    if card:
        return f"{card['brand'].title()} •••• {card['last4']}"
    return f"the customer's {method['type'].replace('_', ' ')}"

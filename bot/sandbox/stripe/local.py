"""The local Stripe as a whole: its state, its HTTP application and the acts of the outside world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from starlette.applications import Starlette
from starlette.routing import Mount

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe import (
    control,
    declines,
    deletion,
    disputes,
    invoices,
    payments,
    refunds,
    seed,
    subscriptions,
)
from bot.sandbox.stripe.api import Api
from bot.sandbox.stripe.errors import Record
from bot.sandbox.stripe.faults import Fault, Faults
from bot.sandbox.stripe.ledger import Ledger
from bot.sandbox.stripe.webhooks import Trick, Webhooks
from bot.sandbox.watching import Watch

Company: TypeAlias = Callable[[Ledger], None]
"""Whose books they are: a function that fills an empty ledger, at start and at every reset."""

_REFUND_FIELDS: Final = ("id", "amount", "status", "metadata")


class LocalStripe:
    """A Stripe account in memory, served over HTTP; its own time is the sandbox's clock.

    What emits events needs a running event loop while `webhook_url` is set. `company` None leaves the
    account empty.
    """

    def __init__(
        self,
        clock: SandboxClock,
        *,
        api_key: str,
        webhook_secret: str,
        webhook_url: str | None = None,
        company: Company | None = seed.goods_cloud,
    ) -> None:
        self._clock = clock
        self._company = company
        self.faults = Faults()
        self.webhooks = Webhooks(webhook_secret, webhook_url)
        self._api = Api(lambda: self.ledger, api_key, self.faults, self.webhooks.idle)
        self.ledger = self._filled()
        self.app = Starlette(routes=[*control.routes(self), Mount("/", app=self._api)])

    @property
    def webhook_url(self) -> str | None:
        """Where events are sent; None: nowhere yet."""
        return self.webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.webhooks.url = url

    @property
    def api_key(self) -> str:
        """The one key that the account accepts."""
        return self._api.api_key

    @api_key.setter
    def api_key(self, key: str) -> None:
        self._api.api_key = key

    def watch(self, watch: Watch) -> None:
        """Let somebody watch the requests to the API."""
        self._api.watch = watch

    async def aclose(self) -> None:
        """Stop the deliveries under way and every arranged delay."""
        self._api.close()
        await self.webhooks.aclose()

    async def file_dispute(
        self, charge_id: str, reason: str = "fraudulent", *, due_by: int | None = None
    ) -> Record:
        """Charge a payment back; `due_by` (Unix seconds; 0: no day is named) is in nine days unless given.

        Raises ApiError for an unknown charge, ValueError if it cannot be.
        """
        return disputes.open_dispute(self.ledger, self.ledger.get("charge", charge_id), reason, due_by=due_by)

    async def open_inquiry(self, charge_id: str, reason: str = "unrecognized") -> Record:
        """Let the bank ask about a payment first; it stays refundable. Raises as `file_dispute`."""
        return disputes.open_inquiry(self.ledger, self.ledger.get("charge", charge_id), reason)

    async def charge_back_inquiry(self, dispute_id: str) -> Record:
        """Let the bank turn its inquiry into a chargeback. Raises ValueError for one that is over."""
        return disputes.charge_back(self.ledger, self.ledger.get("dispute", dispute_id))

    async def decide_dispute(self, dispute_id: str, status: str) -> Record:
        """Let the bank decide `won` or `lost`. Raises ValueError for a dispute that is decided already."""
        return disputes.decide(self.ledger, self.ledger.get("dispute", dispute_id), status)

    async def warn_of_fraud(self, charge_id: str) -> Record:
        """Let the card's issuer send an early fraud warning."""
        return payments.warn_of_fraud(self.ledger, self.ledger.get("charge", charge_id))

    async def settle_refund(self, refund_id: str, status: str, failure_reason: str | None = None) -> Record:
        """Move a refund to `status` as the bank would. Raises ValueError for a move that it cannot make."""
        return refunds.settle(self.ledger, self.ledger.get("refund", refund_id), status, failure_reason)

    async def refund_in_dashboard(self, charge_id: str, amount: int | None = None) -> Record:
        """Refund a charge (minor units; None: all that is left) as somebody in the Dashboard would."""
        charge = self.ledger.get("charge", charge_id)
        return refunds.issue(self.ledger, charge, amount, {"reason": "requested_by_customer"})

    async def fail_payment(
        self, customer_id: str, code: str = "insufficient_funds", country: str = ""
    ) -> Record:
        """Let the bank decline a customer's next payment, on a card issued in `country` (or their own)."""
        return declines.fail_payment(self.ledger, self.ledger.get("customer", customer_id), code, country)

    async def take_payment(self, customer_id: str) -> Record:
        """Let a customer's payment go through."""
        return declines.take_payment(self.ledger, self.ledger.get("customer", customer_id))

    async def delete_customer(self, customer_id: str) -> Record:
        """Delete a customer, as somebody in the Dashboard would."""
        return deletion.delete(self.ledger, self.ledger.get("customer", customer_id))

    async def pay_invoice(self, invoice_id: str) -> Record:
        """Let the customer pay an invoice on its page. Raises ValueError for one that is not open."""
        return invoices.pay_by_link(self.ledger, self.ledger.get("invoice", invoice_id))

    async def decline_invoice(self, invoice_id: str) -> Record:
        """Let the customer try to pay an invoice, in vain. Raises as `pay_invoice`."""
        return invoices.decline(self.ledger, self.ledger.get("invoice", invoice_id))

    async def void_in_dashboard(self, invoice_id: str) -> Record:
        """Void an invoice as somebody in the Dashboard would. Raises ApiError for one that is paid."""
        return invoices.void(self.ledger, self.ledger.get("invoice", invoice_id))

    async def cancel_in_dashboard(self, subscription_id: str) -> Record:
        """Cancel a subscription at once as somebody in the Dashboard would."""
        return subscriptions.end(self.ledger, self.ledger.get("subscription", subscription_id), {})

    async def redeliver(self, event_id: str) -> int | None:
        """Send a past event again; returns the status of the answer. Raises ApiError when unknown."""
        return await self.webhooks.redeliver(self.ledger.get("event", event_id))

    async def send_trick(self, trick: Trick, event_id: str | None = None) -> int | None:
        """Send a bad copy of an event (None: of the latest); returns the status of the answer."""
        events = self.ledger.events()
        if event_id is None and not events:
            raise ValueError("There is no event yet that could be copied.")
        event = events[-1] if event_id is None else self.ledger.get("event", event_id)
        return await self.webhooks.play(trick, event)

    def arrange(self, fault: Fault) -> None:
        """Let a fault happen to the next request that matches it."""
        self.faults.arrange(fault)

    def deny(self, *permissions: str) -> None:
        """Take permissions such as `charge_write` from the key, in place of those taken before."""
        self._api.denied = set(permissions)

    def books(self) -> dict[str, Record]:
        """Return, per charge: amount, currency, refunds (oldest first), amount_refunded and disputed."""
        return {charge["id"]: self._page(charge) for charge in self.ledger.all("charge")}

    def billing(self, customer_id: str) -> Record:
        """Return what the account holds of a customer besides charges.

        Their invoices by status, how often each was sent, paid and voided, subscriptions, credit, metadata
        and the coupons on their subscriptions.
        """
        ledger = self.ledger
        held = ledger.where("invoice", "customer", customer_id)
        plans = ledger.where("subscription", "customer", customer_id)
        happened = [(event["type"], event["data"]["object"]["id"]) for event in ledger.events()]
        discounts = [ledger.get("discount", one) for plan in plans for one in plan["discounts"]]
        return {
            "invoices": {one["id"]: one["status"] for one in held},
            "sent": {one["id"]: happened.count(("invoice.sent", one["id"])) for one in held},
            "voided": {one["id"]: happened.count(("invoice.voided", one["id"])) for one in held},
            "payments": {
                one["id"]: len(ledger.where("invoice_payment", "invoice", one["id"])) for one in held
            },
            "subscriptions": {one["id"]: one["status"] for one in plans},
            "balance": ledger.get("customer", customer_id)["balance"],
            "metadata": ledger.get("customer", customer_id)["metadata"],
            "coupons": [one["source"]["coupon"] for one in discounts],
        }

    def requests(self) -> list[Record]:
        """Return the latest requests to the API, oldest first; `status` None means that none was sent."""
        return list(self._api.requests)

    def reset(self) -> None:
        """Go back to the seed, dated by the clock; keys, faults, permissions and held webhooks are gone."""
        self.faults.clear()
        self._api.keys.clear()
        self._api.denied = set()
        self._api.requests.clear()
        self.webhooks.start_over()
        self.ledger = self._filled()

    def _page(self, charge: Record) -> Record:
        made = self.ledger.where("refund", "charge", charge["id"])
        return {
            "amount": charge["amount"],
            "currency": charge["currency"],
            "refunds": [{name: refund[name] for name in _REFUND_FIELDS} for refund in made],
            "amount_refunded": charge["amount_refunded"],
            "disputed": charge["disputed"],
        }

    def _filled(self) -> Ledger:
        ledger = Ledger(self._clock)
        if self._company is not None:
            self._company(ledger)
        ledger.on_event = self.webhooks.publish
        return ledger

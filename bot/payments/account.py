"""One Stripe account: charges found and read, refunds made, events listed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

import httpx
import stripe
from msgspec import Struct
from msgspec.structs import replace
from stripe import StripeClient

from bot import stripe_objects as read
from bot.errors import NotFoundError
from bot.payments.accounts import Accounts
from bot.payments.answers import NOT_STRIPES, Answer, Done, Order, answer_to
from bot.payments.billing import Billing
from bot.payments.calls import Calls, plain
from bot.payments.copies import Copies
from bot.payments.disputes import Disputes
from bot.stripe_objects import Refund
from policy.facts import Charge, Customer, Invoice, Subscription

if TYPE_CHECKING:
    from stripe.params import ChargeListParams

API_VERSION: Final = stripe.api_version
_DAY: Final = timedelta(days=1)
_ONE_DAY_PAGES: Final = 5


class Record(Struct, frozen=True):
    """What Stripe holds around one charge. `siblings` share its customer or card, within a day."""

    charge: Charge
    customer: Customer | None
    subscription: Subscription | None
    siblings: tuple[Charge, ...]
    invoices: tuple[Invoice, ...]


class Payments(Calls):
    """One Stripe account. Close it when done. `billing` has its invoices, subscriptions and coupons."""

    def __init__(self, client: StripeClient) -> None:
        super().__init__(client)
        self.accounts = Accounts(client)
        self.billing = Billing(client)
        self.copies = Copies(client)
        self.disputes = Disputes(client)

    async def find(self, query: str) -> list[tuple[Charge, Customer | None]]:
        """Return the charges that `query` names, newest first: an email, or a cus_, ch_ or pi_ id.

        Raises NotFoundError, in words, when Stripe has no such thing.
        """
        query = query.strip()
        if query.startswith(("ch_", "py_")):
            found = await self._read(self._client.v1.charges.retrieve_async(query, {"expand": ["customer"]}))
            return [_with_customer(found)]
        if query.startswith("pi_"):
            await self._read(self._client.v1.payment_intents.retrieve_async(query))
            return await self._charges(payment_intent=query)
        if query.startswith("cus_"):
            await self._read(self._client.v1.customers.retrieve_async(query))
            return await self._charges(customer=query)
        if re.fullmatch(r"[^@\s]+@[^@\s]+", query):
            customers = await self._list(self._client.v1.customers.list_async({"email": query, "limit": 10}))
            pages = [self._charges(customer=customer["id"]) for customer in customers]
            charges = [one for page in await asyncio.gather(*pages) for one in page]
            return sorted(charges, key=lambda one: one[0].created_at, reverse=True)
        raise NotFoundError(
            f"“{query}” is not something to look up. Use the customer's full email address, "
            "or an id that begins with cus_, ch_ or pi_."
        )

    async def record(self, charge_id: str) -> Record:
        """Read a charge and what stands around it. Raises NotFoundError, Stripe…Error."""
        found = await self._read(self._client.v1.charges.retrieve_async(charge_id, {"expand": ["customer"]}))
        dispute, subscription, siblings, invoices = await asyncio.gather(
            self._newest_dispute(found),
            self._subscription_of(read.identity(found.get("payment_intent"))),
            self._siblings(found),
            self._open_invoices(read.identity(found.get("customer"))),
        )
        charge = read.charge(found, dispute)
        if subscription:
            invoice_id, reason, plan = subscription
            charge = replace(
                charge, invoice_id=invoice_id, billing_reason=reason, subscription_id=plan.id if plan else ""
            )
        return Record(
            charge, _with_customer(found)[1], subscription[2] if subscription else None, siblings, invoices
        )

    async def charge(self, charge_id: str) -> Charge:
        """Read a charge alone, with its dispute when it has one."""
        found = await self._read(self._client.v1.charges.retrieve_async(charge_id))
        return read.charge(found, await self._newest_dispute(found))

    async def customer(self, customer_id: str) -> Customer:
        """Read a customer."""
        return read.customer(await self._read(self._client.v1.customers.retrieve_async(customer_id)))

    async def portal_link(self, customer_id: str) -> str:
        """Return a fresh link to Stripe's customer portal; it logs the customer in, and expires by itself.

        Raises NotFoundError, Stripe…Error.
        """
        made = await self._read(
            self._client.v1.billing_portal.sessions.create_async({"customer": customer_id})
        )
        return str(made["url"])

    async def make(self, order: Order) -> Answer:
        """Ask Stripe for the refund, once; never raises for what Stripe or the network answers.

        The SDK's own retries are off: an unclear answer is ours to resolve, from rows.
        """
        try:
            found = await self._client.v1.refunds.create_async(
                {
                    "charge": order.charge_id,
                    "amount": order.amount.minor,
                    "reason": order.reason,
                    "metadata": {
                        "makegood_operation": order.operation_id,
                        "makegood_case": order.case_id,
                        "makegood_approver": order.approver,
                    },
                },
                {
                    "idempotency_key": order.idempotency_key,
                    "stripe_version": order.api_version,
                    "max_network_retries": 0,
                },
            )
            return Done(read.refund(plain(found)))
        except stripe.StripeError as error:
            return answer_to(error)
        except (AttributeError, LookupError, TypeError, ValueError):
            return NOT_STRIPES

    async def refunds(self, charge_id: str) -> list[Refund]:
        """Page through every refund of a charge; the truth of what was paid back."""
        page = await self._call(self._client.v1.refunds.list_async({"charge": charge_id, "limit": 100}))
        return [read.refund(plain(one)) async for one in page.auto_paging_iter()]

    async def refund(self, refund_id: str) -> Refund:
        """Read one refund."""
        return read.refund(await self._read(self._client.v1.refunds.retrieve_async(refund_id)))

    async def events_since(self, since: datetime, types: list[str]) -> list[tuple[str, str, str]]:
        """Return (event id, type, object id) of the events created at or after `since`, oldest first.

        Stripe keeps events for 30 days.
        """
        page = await self._call(
            self._client.v1.events.list_async(
                {"created": {"gte": int(since.timestamp())}, "types": types, "limit": 100}
            )
        )
        found = [plain(one) async for one in page.auto_paging_iter()]
        return [(one["id"], one["type"], one["data"]["object"]["id"]) for one in reversed(found)]

    async def account(self) -> str:
        """Read the account's name; the cheapest way to see that the key works."""
        found = await self._read(self._client.v1.accounts.retrieve_current_async())
        return str(((found.get("settings") or {}).get("dashboard") or {}).get("display_name") or found["id"])

    async def may_refund(self) -> None:
        """Raise StripeRefusedError when the key may not read refunds: the nearest that can be tried."""
        await self._read(self._client.v1.refunds.list_async({"limit": 1}))

    async def _charges(self, **of: str) -> list[tuple[Charge, Customer | None]]:
        found = await self._list(
            self._client.v1.charges.list_async(
                cast("ChargeListParams", {"limit": 50, "expand": ["data.customer"], **of})
            )
        )
        return [_with_customer(one) for one in found]

    async def _newest_dispute(self, charge: read.Object) -> read.Object | None:
        if not charge.get("disputed"):
            return None
        found = await self._list(self._client.v1.disputes.list_async({"charge": charge["id"], "limit": 1}))
        return found[0] if found else None

    async def _subscription_of(self, intent: str) -> tuple[str, str, Subscription | None] | None:
        """Follow payment intent -> invoice payment -> invoice -> subscription, as of API version “basil”."""
        if not intent:
            return None
        payments = await self._list(
            self._client.v1.invoice_payments.list_async(
                {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
            )
        )
        if not payments:
            return None
        invoice = await self._read(
            self._client.v1.invoices.retrieve_async(read.identity(payments[0]["invoice"]))
        )
        details = (invoice.get("parent") or {}).get("subscription_details") or {}
        plan = read.identity(details.get("subscription"))
        if not plan:
            return invoice["id"], invoice.get("billing_reason") or "", None
        found = await self._read(self._client.v1.subscriptions.retrieve_async(plan))
        return invoice["id"], invoice.get("billing_reason") or "", read.subscription(found)

    async def _siblings(self, charge: read.Object) -> tuple[Charge, ...]:
        """Other charges within a day: of this customer, and on this card whoever the customer is.

        Stripe lists no charges by card, so the day's charges are read, 500 at the most.
        """
        day = read.instant(charge["created"])
        window = {"gte": int((day - _DAY).timestamp()), "lte": int((day + _DAY).timestamp())}
        mine = read.charge(charge)
        found: dict[str, Charge] = {}
        if mine.customer_id:
            own = self._client.v1.charges.list_async(
                cast("ChargeListParams", {"customer": mine.customer_id, "created": window, "limit": 100})
            )
            found = {one["id"]: read.charge(one) for one in await self._list(own)}
        if mine.card_fingerprint:
            async for one in self._of_the_day(window):
                if one.card_fingerprint == mine.card_fingerprint:
                    found[one.id] = one
        found.pop(mine.id, None)
        return tuple(sorted(found.values(), key=lambda one: one.created_at))

    async def _of_the_day(self, window: dict[str, int]) -> AsyncIterator[Charge]:
        after: dict[str, str] = {}
        for _ in range(_ONE_DAY_PAGES):
            page = await self._call(
                self._client.v1.charges.list_async(
                    cast("ChargeListParams", {"created": window, "limit": 100, **after})
                )
            )
            for one in page.data:
                yield read.charge(plain(one))
            if not page.has_more:
                return
            after = {"starting_after": page.data[-1].id}

    async def _open_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        if not customer_id:
            return ()
        found = await self._list(
            self._client.v1.invoices.list_async({"customer": customer_id, "status": "open", "limit": 100})
        )
        return tuple(read.invoice(one) for one in found)


@asynccontextmanager
async def payments(api_key: str, api_base: str, patience: float = 20) -> AsyncIterator[Payments]:
    """Open the way to Stripe, with a time-out of `patience` seconds and two retries for reads; closes it."""
    transport = stripe.HTTPXClient(timeout=httpx.Timeout(patience, connect=5))
    client = StripeClient(
        api_key,
        http_client=transport,
        max_network_retries=2,
        base_addresses={"api": api_base.rstrip("/"), "files": files_base(api_base)},
    )
    try:
        yield Payments(client)
    finally:
        await transport.close_async()  # type: ignore[no-untyped-call]  # the SDK types it in no version


def files_base(api_base: str) -> str:
    """Return where files are uploaded: Stripe itself has a host of its own for them."""
    base = api_base.rstrip("/")
    return "https://files.stripe.com" if base == "https://api.stripe.com" else base


def _with_customer(found: read.Object) -> tuple[Charge, Customer | None]:
    customer = found.get("customer")
    if not isinstance(customer, dict) or customer.get("deleted"):
        return read.charge(found), None
    return read.charge(found), read.customer(customer)

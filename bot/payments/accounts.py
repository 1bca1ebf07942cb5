"""A customer's whole account at Stripe, for whoever looks them up."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from bot import stripe_objects as read
from bot.payments.calls import Calls
from bot.stripe_objects import Object
from policy.accounts import Account, Failed, GivenBack, Plan
from policy.facts import Charge, Customer

_CHARGES: Final = 50
_REFUNDED: Final = 5
"""Refunds are read of so many charges: Stripe lists none by customer."""
_FAILED: Final = 3


class Accounts(Calls):
    """Reads customers' accounts. Everything raises NotFoundError, Stripe…Error."""

    async def by_email(self, email: str) -> list[Customer]:
        """Return the customers of an address, the newest first, a hundred at the most."""
        found = await self._list(self._client.v1.customers.list_async({"email": email, "limit": 100}))
        return [read.customer(one) for one in found]

    async def account(self, customer_id: str) -> Account:
        """Read a customer and what belongs to them."""
        found, plans, charges, invoices = await asyncio.gather(
            self._read(self._client.v1.customers.retrieve_async(customer_id)),
            self._list(
                self._client.v1.subscriptions.list_async(
                    {"customer": customer_id, "status": "all", "limit": 20}
                )
            ),
            self.charges(customer_id),
            self._list(
                self._client.v1.invoices.list_async({"customer": customer_id, "status": "open", "limit": 20})
            ),
        )
        deleted = bool(found.get("deleted"))
        return Account(
            customer=Customer(customer_id) if deleted else read.customer(found),
            since=None if deleted else read.instant(found["created"]),
            deleted=deleted,
            flag=_flag(found.get("metadata") or {}),
            plans=tuple(map(_plan, plans)),
            charges=charges,
            refunds=await self._refunds(charges),
            open_invoices=tuple(map(read.invoice, invoices)),
        )

    async def customer(self, customer_id: str) -> Customer:
        """Read a customer; one that was deleted has no more than its id."""
        found = await self._read(self._client.v1.customers.retrieve_async(customer_id))
        return Customer(customer_id) if found.get("deleted") else read.customer(found)

    async def charges(self, customer_id: str) -> tuple[Charge, ...]:
        """Return the customer's newest charges, the newest first."""
        found = await self._list(
            self._client.v1.charges.list_async({"customer": customer_id, "limit": _CHARGES})
        )
        return tuple(map(read.charge, found))

    async def failed(self, customer_id: str) -> list[Failed]:
        """Return the newest charges that failed, with where Stripe's tries stand."""
        charges = [one for one in await self.charges(customer_id) if one.status == "failed"]
        return list(await asyncio.gather(*map(self._tries, charges[:_FAILED])))

    async def _tries(self, charge: Charge) -> Failed:
        if not charge.payment_intent_id:
            return Failed(charge)
        payments = await self._list(
            self._client.v1.invoice_payments.list_async(
                {"payment": {"type": "payment_intent", "payment_intent": charge.payment_intent_id}}
            )
        )
        if not payments:
            return Failed(charge)
        found = await self._read(
            self._client.v1.invoices.retrieve_async(read.identity(payments[0]["invoice"]))
        )
        return Failed(
            charge,
            found["id"],
            found["status"],
            found["attempt_count"],
            read.maybe_instant(found.get("next_payment_attempt")),
        )

    async def _refunds(self, charges: tuple[Charge, ...]) -> tuple[GivenBack, ...]:
        given_back = [one for one in charges if one.refunded_minor and one.captured][:_REFUNDED]
        pages = await asyncio.gather(
            *(
                self._list(self._client.v1.refunds.list_async({"charge": one.id, "limit": 10}))
                for one in given_back
            )
        )
        refunds = [read.refund(one) for page in pages for one in page]
        found = [GivenBack(one.id, one.charge_id, one.amount, one.status, one.created_at) for one in refunds]
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _plan(found: Object) -> Plan:
    facts = read.subscription(found)
    item: dict[str, Any] = (found.get("items") or {}).get("data", [{}])[0]
    price = item.get("price") or {}
    named = found.get("description") or price.get("nickname") or price.get("lookup_key")
    several = facts.interval_count > 1
    return Plan(
        id=facts.id,
        status=facts.status,
        name=named or read.identity(price.get("product")) or facts.id,
        price=facts.price,
        per=f"{facts.interval_count} {facts.interval}s" if several else facts.interval,
        renews_at=facts.period_end,
        ends_at=facts.ends_at,
        trial_ends_at=read.maybe_instant(found.get("trial_end")),
    )


def _flag(metadata: Object) -> str:
    """Return what the team wrote about a customer in Stripe: `makegood_flag`, or that it is `fraud`."""
    flag = str(metadata.get("makegood_flag") or "")
    fraud = str(metadata.get("fraud") or "").lower()
    return flag or ("" if fraud in {"", "no", "false", "0"} else "fraud")

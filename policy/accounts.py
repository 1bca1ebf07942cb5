"""A customer's whole account, as whoever looks it up reads it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from policy.facts import Charge, Customer, Invoice
from policy.money import Money


class Plan(Struct, frozen=True):
    """A subscription as support reads it; `per` is `month`, or `3 months`."""

    id: str
    status: str
    name: str
    price: Money | None
    per: str
    renews_at: datetime | None
    ends_at: datetime | None
    trial_ends_at: datetime | None

    @property
    def living(self) -> bool:
        """Whether it goes on."""
        return self.status not in {"canceled", "incomplete_expired"}


class GivenBack(Struct, frozen=True):
    """A refund as Stripe has it."""

    id: str
    charge_id: str
    amount: Money
    status: str
    at: datetime


class Account(Struct, frozen=True):
    """What Stripe holds about a customer; of a `deleted` one it says no more than the charges."""

    customer: Customer
    since: datetime | None
    deleted: bool
    flag: str
    plans: tuple[Plan, ...]
    charges: tuple[Charge, ...]
    refunds: tuple[GivenBack, ...]
    open_invoices: tuple[Invoice, ...]


class Failed(Struct, frozen=True):
    """A charge that failed, and where Stripe's own tries stand; `invoice_id` empty: there is no invoice."""

    charge: Charge
    invoice_id: str = ""
    invoice_status: str = ""
    tries: int = 0
    next_try_at: datetime | None = None

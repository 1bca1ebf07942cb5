"""Look a customer up: by email or id at Stripe, by a card's last four digits, or by ticket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from bot.desk import authority
from bot.desk.desk import Desk
from bot.desk.mirror import missing_kinds
from bot.errors import NotFoundError
from bot.store import lookups, mirror
from bot.store.lookups import Here, Match
from bot.store.tables import Mirrored
from policy.accounts import Account, Failed
from policy.facts import Charge, Customer
from policy.periods import zone_named
from policy.twice import Twice, charged_twice

_MOST: Final = 100
"""So many options a list in Slack can have."""
_EMAIL: Final = re.compile(r"[^@\s<>|]+@[^@\s<>|]+")
_LINKED: Final = re.compile(r"<mailto:([^|>]+)(?:\|[^>]*)?>")
_DIGITS: Final = re.compile(r"\d{4}")
_TICKET: Final = re.compile(r"(?:ticket\s*[:#]?\s*|#)(\S+)", re.IGNORECASE)
_TWICE_WITHIN: Final = timedelta(days=60)
_OTHERS: Final = 20


class Matches(Struct, frozen=True):
    """Several customers, to pick one from; `more` were left out."""

    query: str
    found: tuple[Match, ...]
    more: int
    note: str = ""


class Looked(Struct, frozen=True):
    """One customer: what Stripe holds, what is here. `note` says what is not known."""

    account: Account
    here: Here
    note: str = ""


async def look_up(desk: Desk, query: str, by: str) -> Matches | Looked:
    """Return the one customer whom `query` names, or those to pick from.

    Raises NotFoundError with what to do, NotAllowedError, CouldNotCheckError, Stripe…Error.
    """
    await authority.require_member(desk, by, "look a customer up", "customer")
    query = _LINKED.sub(r"\1", query.strip())
    if not query:
        raise NotFoundError(_HOW)
    if query.startswith("cus_"):
        return await _looked(desk, query)
    if _EMAIL.fullmatch(query):
        found = [Match(one.id, _named(one), one.id) for one in await _by_email(desk, query)]
        return await _one_or_several(desk, query, found, f"Stripe has no customer with the address {query}.")
    ticket = _TICKET.fullmatch(query)
    named = ticket[1] if ticket else query
    found = await _by_ticket(desk, named)
    if ticket or not _DIGITS.fullmatch(query):
        return await _one_or_several(desk, query, found, f"No case here has the ticket “{named}”. {_HOW}")
    found += await _by_last4(desk, query)
    note = await _not_filled(desk)
    nobody = f"No card that ends in {query} was used in the last 400 days, and no case has that ticket."
    return await _one_or_several(desk, query, found, f"{nobody} {note}".strip(), note)


async def show(desk: Desk, customer_id: str, by: str) -> Looked:
    """Return the customer who was picked. Raises as `look_up` does."""
    await authority.require_member(desk, by, "look a customer up", "customer", customer_id)
    return await _looked(desk, customer_id)


async def failed(desk: Desk, customer_id: str, by: str) -> tuple[Customer, list[Failed]]:
    """Return a customer's newest failed charges. Raises as `look_up` does."""
    await authority.require_member(desk, by, "see failed payments", "customer", customer_id)
    accounts = desk.payments.accounts
    customer, found = await asyncio.gather(accounts.customer(customer_id), accounts.failed(customer_id))
    return customer, found


async def portal(desk: Desk, customer_id: str, by: str) -> str:
    """Make a link to Stripe's customer portal. Raises as `look_up` does."""
    await authority.require_member(desk, by, "make a portal link", "customer", customer_id)
    return await desk.payments.portal_link(customer_id)


async def twice(desk: Desk, customer_id: str, by: str) -> tuple[Customer, Twice, str]:
    """Return what is behind “I was charged twice”, and what is not known. Raises as `look_up` does."""
    await authority.require_member(desk, by, "see double charges", "customer", customer_id)
    accounts = desk.payments.accounts
    customer, charges = await asyncio.gather(accounts.customer(customer_id), accounts.charges(customer_id))
    recent = [one for one in charges if one.created_at > desk.now() - _TWICE_WITHIN]
    zone = zone_named(customer.timezone) if desk.playbook.local_days else UTC
    elsewhere = await _elsewhere(desk, customer_id, recent)
    return customer, charged_twice(recent, elsewhere, zone), await _not_filled(desk)


async def _looked(desk: Desk, customer_id: str, note: str = "") -> Looked:
    account = await desk.payments.accounts.account(customer_id)
    charges = [charge.id for charge in account.charges]
    here = await desk.store.read(lambda session: lookups.about(session, customer_id, charges))
    return Looked(account, here, note)


async def _one_or_several(
    desk: Desk, query: str, found: Sequence[Match], nobody: str, note: str = ""
) -> Matches | Looked:
    unique = tuple({match.customer_id: match for match in reversed(found)}.values())[::-1]
    if not unique:
        raise NotFoundError(nobody)
    if len(unique) == 1:
        return await _looked(desk, unique[0].customer_id, note)
    return Matches(query, unique[:_MOST], max(0, len(unique) - _MOST), note)


async def _by_email(desk: Desk, email: str) -> list[Customer]:
    """Return the customers of an address as typed, else in small letters: Stripe tells them apart."""
    found = await desk.payments.accounts.by_email(email)
    return found or (await desk.payments.accounts.by_email(email.lower()) if email != email.lower() else [])


async def _by_ticket(desk: Desk, ticket: str) -> list[Match]:
    cases = await desk.store.read(lambda session: lookups.by_ticket(session, ticket))
    found = [
        Match(
            case.customer_id,
            case.customer_name or case.customer_email or case.customer_id,
            f"ticket {ticket}",
        )
        for case in cases
    ]
    charges = await desk.store.read(lambda session: lookups.charges_of_ticket(session, ticket))
    for charge_id in charges:
        customer_id = (await desk.payments.charge(charge_id)).customer_id
        if customer_id:
            found.append(Match(customer_id, customer_id, f"ticket {ticket}"))
    return found


async def _by_last4(desk: Desk, last4: str) -> list[Match]:
    ids = await desk.store.read(lambda session: mirror.by_last4(session, last4))
    people = await desk.store.read(lambda session: mirror.people(session, ids))
    return [Match(one, _known_as(people.get(one), one), f"card •••• {last4}") for one in ids]


async def _elsewhere(desk: Desk, customer_id: str, recent: Sequence[Charge]) -> list[Charge]:
    """Return other customers' charges of the same amount, within a day, on a card that looks the same."""
    found: dict[str, datetime] = {}
    for charge in recent:
        if not charge.card_last4:
            continue
        rows = await desk.store.read(
            lambda session, one=charge: mirror.on_card(  # type: ignore[misc]  # a default binds the loop's charge
                session, one.card_fingerprint, one.card_last4, one.created_at
            )
        )
        for row in rows:
            same = (row.amount_minor, row.currency) == (charge.amount.minor, charge.amount.currency)
            if row.customer_id != customer_id and same:
                found[row.id] = row.created_at
    newest = sorted(found, key=lambda one: found[one], reverse=True)[:_OTHERS]
    return list(await asyncio.gather(*(desk.payments.charge(one) for one in newest)))


async def _not_filled(desk: Desk) -> str:
    missing = [kind for kind in await missing_kinds(desk) if kind in {"customer", "charge"}]
    if not missing:
        return ""
    return "The copy of Stripe's data is still being filled, so there may be more that is not known yet."


def _named(customer: Customer) -> str:
    return customer.name or customer.email or customer.id


def _known_as(row: Mirrored | None, customer_id: str) -> str:
    return (row.name or row.email if row else "") or customer_id


_HOW: Final = (
    "Look somebody up by their whole email address, an id that begins with cus_, the last four digits of "
    "their card, or a ticket, such as “ticket 4711”."
)

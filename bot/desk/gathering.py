"""Gather the facts of a request: what Stripe holds, and what the desk's own rows say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace
from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.drafts import Draft, as_ask
from bot.errors import FieldError, NotFoundError
from bot.store import cases
from bot.store.tables import Case
from policy.facts import Actor, Facts, History, PastRefund
from policy.money import Money
from policy.playbook import Playbook
from policy.ruling import in_reference_currency

_DAY: Final = timedelta(days=1)


async def gather(desk: Desk, draft: Draft, actor: Actor) -> Facts:
    """Read everything around the charge at Stripe; the desk's history follows in the transaction.

    Raises FieldError, StripeUnavailableError and StripeRefusedError.
    """
    try:
        record = await desk.payments.record(draft.charge_id)
    except NotFoundError as error:
        raise FieldError({"charge": str(error)}) from error
    return Facts(
        ask=as_ask(draft, record.charge.amount.currency),
        charge=record.charge,
        customer=record.customer,
        actor=actor,
        subscription=record.subscription,
        siblings=record.siblings,
        invoices=record.invoices,
    )


def with_history(session: Session, facts: Facts, playbook: Playbook, now: datetime) -> Facts:
    """Add what our own rows say, read in the transaction that acts on it."""
    if facts.charge is None:
        return facts
    customer = facts.charge.customer_id
    found = cases.history(session, customer_id=customer, now=now)
    automatic = [case for case in found if case.automatic and case.opened_at > now - _DAY]
    mine = [case for case in automatic if case.requested_by == facts.actor.id]
    open_case = cases.open_on_charge(session, facts.charge.id)
    of_customer = [case for case in found if customer and case.customer_id == customer]
    outside = cases.outside_of_customer(session, customer, now) if customer else ()
    refunds = [PastRefund(case.opened_at, _amount(case), case.charge_id) for case in of_customer]
    refunds += [
        PastRefund(one.seen_at, Money(one.amount_minor, one.currency), one.charge_id) for one in outside
    ]
    return replace(
        facts,
        history=History(
            refunds=tuple(refunds),
            automatic_by_agent=len(mine),
            automatic_by_agent_minor=_sum(mine, playbook),
            automatic_in_all=len(automatic),
            automatic_in_all_minor=_sum(automatic, playbook),
            open_case=open_case.id if open_case else None,
        ),
    )


def _amount(case: Case) -> Money:
    return Money(case.amount_minor, case.currency)


def _sum(found: list[Case], playbook: Playbook) -> int:
    """Add up in the playbook's reference currency; one without a rate is never granted automatically."""
    converted = [in_reference_currency(playbook, _amount(case)) for case in found]
    return sum(amount.minor for amount in converted if amount)

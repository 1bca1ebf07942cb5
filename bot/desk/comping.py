"""Give free access to a subscription: a coupon for 100 %, or the end of its trial moved."""

from __future__ import annotations

from msgspec import Struct
from sqlmodel import Session

from bot.cards.text import day
from bot.desk import changes
from bot.desk.changes import Wanted
from bot.desk.desk import Desk
from bot.errors import FieldError, LimitError
from bot.payments import Billed
from bot.store import changes as held
from bot.store.tables import BillingChange
from bot.stripe_objects import LiveSubscription
from policy.changes import Declined, Proposal
from policy.comps import Gift, give_access


class Look(Struct, frozen=True):
    """What stands at Stripe now, what was given before, and what would be done."""

    billed: Billed
    chosen: LiveSubscription | None
    given: tuple[str, ...]
    proposal: Proposal | Declined | None


async def look(desk: Desk, customer_id: str, subscription_id: str, gift: Gift | None, by: str) -> Look:
    """Read a customer's subscriptions and say what follows.

    Raises NotAllowedError, CouldNotCheckError, and what reading Stripe raises.
    """
    await changes.require_member(desk, by, "give free access", customer_id)
    billed = await desk.payments.billing.billed(customer_id)
    live = [one for one in billed.subscriptions if not one.over]
    chosen = next((one for one in live if one.facts.id == subscription_id), live[0] if live else None)
    given, asked = await desk.store.read(lambda session: _before(desk, session, customer_id, by))
    if chosen is None or gift is None:
        return Look(billed, chosen, given, None)
    proposal = give_access(gift, chosen.facts, chosen.name, asked, desk.playbook, desk.now())
    return Look(billed, chosen, given, proposal)


async def request(
    desk: Desk,
    customer_id: str,
    subscription_id: str,
    gift: Gift | None,
    *,
    ticket: str,
    note: str,
    by: str,
    request_key: str,
) -> BillingChange | Look:
    """Ask for it; where that cannot be, return how it looks now.

    The agent's limit is counted again in the transaction that records it. Raises FieldError, LimitError,
    AlreadyDecidedError, and what `look` raises.
    """
    before = await changes.repeated(desk, request_key)
    if before:
        return before
    seen = await look(desk, customer_id, subscription_id, gift, by)
    if gift is None or seen.chosen is None or not isinstance(seen.proposal, Proposal):
        return seen
    wrong = {} if ticket else {"ticket": "Write the ticket, please."}
    if not note:
        wrong["note"] = "Say why it is given."
    if wrong:
        raise FieldError(wrong)
    chosen = seen.chosen

    def may(session: Session) -> None:
        _, asked = _before(desk, session, customer_id, by)
        now = give_access(gift, chosen.facts, chosen.name, asked, desk.playbook, desk.now())
        if isinstance(now, Declined):
            raise LimitError(now.why)

    wanted = Wanted(seen.proposal, seen.billed.customer, ticket, note, by)
    return await changes.request(desk, request_key, wanted, may)


def _before(desk: Desk, session: Session, customer_id: str, by: str) -> tuple[tuple[str, ...], int]:
    """Return what the customer was given in the last year, and how often this agent asked lately."""
    given = tuple(
        f"{one.proposal['headline']} {day(one.closed_at or one.opened_at)}"
        for one in held.comps_of(session, customer_id, desk.now())
    )
    limits = desk.playbook.comps.limits if desk.playbook.comps else None
    return given, held.comps_asked_by(session, by, desk.now() - limits.within) if limits else 0

"""Cancel a subscription: at the end of its period, or now with a look at what would come back."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot.desk import changes
from bot.desk.changes import Wanted, fingerprint
from bot.desk.desk import Desk
from bot.desk.drafts import Draft
from bot.desk.gathering import gather, with_history
from bot.errors import FieldError
from bot.payments import Billed
from bot.store.tables import BillingChange
from bot.stripe_objects import LiveSubscription
from policy.cancelling import Way, cancel
from policy.changes import Declined, Proposal
from policy.facts import Actor, Identity, Reason, Source
from policy.ruling import Ruling, rule

_CHECKED = Identity(email=True, organisation=True, tenant=True)


class Look(Struct, frozen=True):
    """What stands at Stripe now, and what would be done; `refund` is how the newest charge would be ruled."""

    billed: Billed
    chosen: LiveSubscription | None
    refund: Ruling | None
    proposal: Proposal | Declined


async def portal_link(desk: Desk, customer_id: str) -> str:
    """Return the link at which the customer cancels by themselves. Raises what asking Stripe raises."""
    return await desk.payments.portal_link(customer_id)


async def look(desk: Desk, customer_id: str, subscription_id: str, way: Way, by: str) -> Look:
    """Read a customer's subscriptions and say what follows.

    Raises NotAllowedError, CouldNotCheckError, and what reading Stripe raises.
    """
    await changes.require_member(desk, by, "cancel a subscription", customer_id)
    billed = await desk.payments.billing.billed(customer_id)
    live = [one for one in billed.subscriptions if not one.over]
    chosen = next((one for one in live if one.facts.id == subscription_id), live[0] if live else None)
    if chosen is None:
        return Look(billed, None, None, Declined("There is no subscription that could be cancelled."))
    preview = await _preview(desk, chosen, by) if way is Way.IMMEDIATELY else None
    proposal = cancel(way, chosen.facts, chosen.name, preview, desk.playbook, desk.now())
    return Look(billed, chosen, preview[1] if preview else None, proposal)


async def request(
    desk: Desk,
    customer_id: str,
    subscription_id: str,
    way: Way,
    *,
    identity: bool,
    ticket: str,
    note: str,
    by: str,
    request_key: str,
    shown: str,
) -> BillingChange | Look:
    """Have it cancelled, if it still is what the form has `shown`; else return how it looks now.

    Raises FieldError, AlreadyDecidedError, and what `look` raises.
    """
    before = await changes.repeated(desk, request_key)
    if before:
        return before
    seen = await look(desk, customer_id, subscription_id, way, by)
    if not isinstance(seen.proposal, Proposal) or fingerprint(seen.proposal) != shown:
        return seen
    wrong = {} if ticket else {"ticket": "Write the ticket, please."}
    if not note:
        wrong["note"] = "Say why the customer cancels."
    if not identity and "identity" in desk.playbook.gates:
        wrong["cancel_identity"] = "Check all three with the customer before you cancel anything."
    if wrong:
        raise FieldError(wrong)
    return await changes.request(
        desk, request_key, Wanted(seen.proposal, seen.billed.customer, ticket, note, by)
    )


async def _preview(desk: Desk, subscription: LiveSubscription, by: str) -> tuple[str, Ruling] | None:
    """Rule on the newest charge as if the subscription had just ended; None where nothing was charged."""
    charge = await desk.payments.billing.newest_charge(subscription.facts.id)
    if charge is None:
        return None
    words = "as soon as it is cancelled"
    draft = Draft(charge.id, Reason.TERMINATION, Source.SLACK, ticket=words, note=words, identity=_CHECKED)
    facts = await gather(desk, draft, Actor(by))
    ended = replace(subscription.facts, status="canceled", cancelled_at=desk.now(), ends_at=desk.now())
    facts = await desk.store.read(
        lambda session: with_history(session, replace(facts, subscription=ended), desk.playbook, desk.now())
    )
    return charge.id, rule(facts, desk.playbook, desk.now())

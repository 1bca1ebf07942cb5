"""Past-due invoices: look at them, show the one resolution that the rule allows, and have it carried out."""

from __future__ import annotations

from msgspec import Struct

from bot.desk import changes
from bot.desk.changes import Wanted, fingerprint
from bot.desk.desk import Desk
from bot.errors import FieldError
from bot.payments import Billed
from bot.store.tables import BillingChange
from policy.changes import Declined, Proposal
from policy.clearing import Account, Collecting, Deviation, clearing, deviating
from policy.facts import Invoice, PastDueWish
from policy.past_due import past_due


class Chosen(Struct, frozen=True):
    """What an agent answered: the flowchart's two questions, how to collect, or what to do instead."""

    wish: PastDueWish | None = None
    collecting: Collecting | None = None
    deviation: Deviation | None = None


class Look(Struct, frozen=True):
    """What stands at Stripe now, and what would be done; `proposal` None: not all is answered."""

    billed: Billed
    account: Account
    late: tuple[Invoice, ...]
    ways: tuple[Collecting, ...]
    proposal: Proposal | Declined | None


async def look(desk: Desk, customer_id: str, chosen: Chosen, by: str) -> Look:
    """Read a customer's invoices and say what follows.

    Raises NotAllowedError, CouldNotCheckError, and what reading Stripe raises.
    """
    await changes.require_member(desk, by, "settle past-due invoices", customer_id)
    billed = await desk.payments.billing.billed(customer_id)
    account = Account(
        customer_id=customer_id,
        subscriptions=tuple((one.facts.id, one.name) for one in billed.subscriptions if not one.over),
        sendable=billed.sendable,
        method=billed.method,
        card=billed.card,
    )
    proposal = _proposal(desk, billed, account, chosen)
    late = past_due(billed.invoices, desk.now())
    collected = _collected(proposal, late)
    return Look(billed, account, late, account.ways_to_collect(collected) if collected else (), proposal)


async def request(
    desk: Desk,
    customer_id: str,
    chosen: Chosen,
    *,
    ticket: str,
    note: str,
    by: str,
    request_key: str,
    shown: str,
) -> BillingChange | Look:
    """Have it carried out, if it still is what the form has `shown`; else return how it looks now.

    Raises FieldError, AlreadyDecidedError, and what `look` raises.
    """
    before = await changes.repeated(desk, request_key)
    if before:
        return before
    seen = await look(desk, customer_id, chosen, by)
    if not isinstance(seen.proposal, Proposal) or fingerprint(seen.proposal) != shown:
        return seen
    wrong = {} if ticket else {"ticket": "Write the ticket, please: the resolution is documented there."}
    if chosen.deviation and not note:
        wrong["note"] = "Say why the rule should not hold here."
    if wrong:
        raise FieldError(wrong)
    wanted = Wanted(seen.proposal, seen.billed.customer, ticket, note, by)
    return await changes.request(desk, request_key, wanted)


def _proposal(desk: Desk, billed: Billed, account: Account, chosen: Chosen) -> Proposal | Declined | None:
    now, playbook = desk.now(), desk.playbook
    if chosen.deviation == Deviation():
        return None
    if chosen.deviation:
        return deviating(billed.invoices, chosen.deviation, account, chosen.collecting, playbook, now)
    if chosen.wish is None:
        return None
    return clearing(billed.invoices, chosen.wish, account, chosen.collecting, playbook, now)


def _collected(proposal: Proposal | Declined | None, late: tuple[Invoice, ...]) -> tuple[Invoice, ...]:
    """Return the invoices that a proposal collects."""
    steps = proposal.steps if isinstance(proposal, Proposal) else ()
    targets = {step.target for step in steps if step.kind in {"send_invoice", "pay_invoice"}}
    return tuple(invoice for invoice in late if invoice.id in targets)

"""`/cancel`: the portal first, then by hand: at the end of the period, or now with what comes back."""

from __future__ import annotations

from typing import Final

from bot.cards import cancel_form, change_form
from bot.cards.blocks import Block
from bot.cards.cancel_form import Shown
from bot.cards.change_form import ALL_CHECKS, Note, Typed
from bot.desk import cancelling
from bot.desk.cancelling import Look
from bot.desk.changes import fingerprint
from bot.desk.desk import Desk
from handlers.customer_form import CustomerForm, Sent
from policy.cancelling import Way
from policy.changes import Proposal

_CHANGED: Final = "This is not what the form showed before. Look at it again, then send it."


async def _draw(desk: Desk, note: Note, typed: Typed, user: str) -> Block:
    customer, way = note["customer"], _way(desk, typed)
    look = await cancelling.look(desk, customer, typed.get("cancel_subscription"), way, user)
    portal = note.get("portal") or await cancelling.portal_link(desk, customer)
    return _drawn(desk, look, typed, portal, "")


async def _submit(desk: Desk, sent: Sent) -> Block:
    typed = sent.typed
    asked = await cancelling.request(
        desk,
        sent.note["customer"],
        typed.get("cancel_subscription"),
        _way(desk, typed),
        identity=set(ALL_CHECKS) <= set(typed.all("cancel_identity")),
        ticket=typed.get("ticket"),
        note=typed.get("note"),
        by=sent.user,
        request_key=sent.view_id,
        shown=sent.note["shown"],
    )
    if isinstance(asked, Look):
        return _drawn(desk, asked, typed, sent.note["portal"], _CHANGED)
    return change_form.told(cancel_form.TITLE, asked, await desk.directory.mention(asked.route))


def _drawn(desk: Desk, look: Look, typed: Typed, portal: str, hint: str) -> Block:
    if look.chosen is None:
        return cancel_form.nothing(look.billed.customer)
    issue = look.proposal.issue if isinstance(look.proposal, Proposal) else None
    shown = Shown(
        customer=look.billed.customer,
        playbook=desk.playbook,
        subscriptions=[(one.facts.id, one.words) for one in look.billed.subscriptions if not one.over],
        chosen=look.chosen.facts.id,
        way=_way(desk, typed),
        refund=look.refund,
        proposal=look.proposal,
        asked=desk.playbook.routes[desk.playbook.issues[issue].route].called if issue else "",
    )
    note = {
        "customer": look.billed.customer.id,
        "portal": portal,
        "shown": fingerprint(look.proposal),
    }
    return cancel_form.draw(shown, typed, note, hint)


def _way(desk: Desk, typed: Typed) -> Way:
    """Return when it ends, by the form or as the playbook prefers."""
    terms = desk.playbook.cancellation
    return Way(typed.get("cancel_way") or (terms.preferred if terms else Way.AT_PERIOD_END))


FORM: Final = CustomerForm(cancel_form.TITLE, "/cancel", "cancel_open", _draw, _submit)

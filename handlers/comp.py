"""`/comp`: free access for a subscription, by coupon or by a later end of its trial."""

from __future__ import annotations

from typing import Final

from bot.cards import change_form, comp_form
from bot.cards.blocks import Block
from bot.cards.change_form import Note, Typed
from bot.cards.comp_form import Shown
from bot.desk import comping
from bot.desk.comping import Look
from bot.desk.desk import Desk
from handlers.customer_form import CustomerForm, Sent


async def _draw(desk: Desk, note: Note, typed: Typed, user: str) -> Block:
    chosen, gift = typed.get("comp_subscription"), comp_form.gift(typed)
    return _drawn(desk, await comping.look(desk, note["customer"], chosen, gift, user), typed)


async def _submit(desk: Desk, sent: Sent) -> Block:
    typed = sent.typed
    asked = await comping.request(
        desk,
        sent.note["customer"],
        typed.get("comp_subscription"),
        comp_form.gift(typed),
        ticket=typed.get("ticket"),
        note=typed.get("note"),
        by=sent.user,
        request_key=sent.view_id,
    )
    if isinstance(asked, Look):
        return _drawn(desk, asked, typed)
    return change_form.told(comp_form.TITLE, asked, await desk.directory.mention(asked.route))


def _drawn(desk: Desk, look: Look, typed: Typed) -> Block:
    comps = desk.playbook.comps
    if comps is None or comps.limits is None:
        return change_form.said(comp_form.TITLE, "⛔ This playbook does not say how free access is given.")
    if look.chosen is None:
        return comp_form.nothing(look.billed.customer)
    shown = Shown(
        customer=look.billed.customer,
        subscriptions=[(one.facts.id, one.words) for one in look.billed.subscriptions if not one.over],
        chosen=look.chosen.facts.id,
        longest=comps.limits.longest,
        proposal=look.proposal,
        given=look.given,
        asked=desk.playbook.routes[comps.granted_by].called,
    )
    return comp_form.draw(shown, typed, {"customer": look.billed.customer.id})


FORM: Final = CustomerForm(comp_form.TITLE, "/comp", "comp_open", _draw, _submit)

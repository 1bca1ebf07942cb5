"""`/pastdue`: the open invoices, the two questions, and the one resolution that the rule allows."""

from __future__ import annotations

from typing import Final

from bot.cards import change_form, past_due_form
from bot.cards.blocks import Block
from bot.cards.change_form import Note, Typed
from bot.cards.past_due_form import Shown
from bot.desk import past_due
from bot.desk.changes import fingerprint
from bot.desk.desk import Desk
from bot.desk.past_due import Chosen, Look
from handlers.customer_form import CustomerForm, Sent

_CHANGED: Final = "This is not what the form showed before. Look at it again, then send it."


async def _draw(desk: Desk, note: Note, typed: Typed, user: str) -> Block:
    look = await past_due.look(desk, note["customer"], _chosen(typed), user)
    return await _drawn(desk, look, typed, "")


async def _submit(desk: Desk, sent: Sent) -> Block:
    typed = sent.typed
    asked = await past_due.request(
        desk,
        sent.note["customer"],
        _chosen(typed),
        ticket=typed.get("ticket"),
        note=typed.get("note"),
        by=sent.user,
        request_key=sent.view_id,
        shown=sent.note.get("shown", ""),
    )
    if isinstance(asked, Look):
        return await _drawn(desk, asked, typed, _CHANGED if sent.note.get("shown") else "")
    return change_form.told(past_due_form.TITLE, asked, await desk.directory.mention(asked.route))


async def _drawn(desk: Desk, look: Look, typed: Typed, hint: str) -> Block:
    terms = desk.playbook.past_due
    route = desk.playbook.issues[terms.issue].route if terms else ""
    shown = Shown(
        now=desk.now(),
        customer=look.billed.customer,
        invoices=look.billed.invoices,
        late=look.late,
        account=look.account,
        collect=terms.collect if terms else 0,
        ways=look.ways,
        proposal=look.proposal,
        asked=desk.playbook.routes[route].called if route else "a person",
    )
    note = {"customer": look.billed.customer.id, "shown": fingerprint(look.proposal)}
    return past_due_form.draw(shown, typed, note, hint)


def _chosen(typed: Typed) -> Chosen:
    return Chosen(past_due_form.wish(typed), past_due_form.collecting(typed), past_due_form.deviation(typed))


FORM: Final = CustomerForm(past_due_form.TITLE, "/pastdue", "pastdue_open", _draw, _submit)

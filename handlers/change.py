"""Buttons of a billing change's card: approve, deny, go on, close, and the refund that may follow."""

from __future__ import annotations

import json
from typing import Final

from bot.cards import blocks as b
from bot.cards.change import title as title_of
from bot.cards.refund_form import Filled
from bot.cards.text import escape
from bot.desk import changes
from bot.desk.desk import Desk
from handlers import refund
from handlers.turn import Turn
from policy.facts import PastDueWish, Reason

_SENTENCES: Final = {
    "change_deny": ("Deny", "Why not?", changes.deny),
    "change_leave_off": ("Close without the rest", "Why is it closed?", changes.leave_off),
}


async def approve(desk: Desk, turn: Turn) -> None:
    """Approve the change whose card was clicked."""
    await changes.approve(desk, turn.value, turn.user)
    await turn.ack()


async def go_on(desk: Desk, turn: Turn) -> None:
    """Try the step again at which it is stuck."""
    await changes.go_on(desk, turn.value, turn.user)
    await turn.ack()


async def open_sentence(desk: Desk, turn: Turn) -> None:
    """Open the form that asks for the sentence, to whoever may decide."""
    change = await changes.check_may_decide(desk, turn.value, turn.user)
    title, label, _ = _SENTENCES[turn.action_id]
    hint = "Whoever asked for it reads this sentence."
    field = b.labelled(label, "sentence", b.text_field(lines=True, limit=1500), hint=hint)
    about = b.context(f"{escape(title_of(change))} · {escape(change.proposal['headline'])}")
    note = json.dumps({"change": change.id, "what": turn.action_id})
    view = b.modal(title, "change_sentence", [about, field], submit="Send", close="Cancel", note=note)
    await turn.client.views_open(trigger_id=turn.trigger_id, view=view)
    await turn.ack()


async def submit_sentence(desk: Desk, turn: Turn) -> None:
    """Deny or close with the sentence; whether they may is asked again."""
    note = json.loads(turn.view["private_metadata"])
    sentence = turn.view["state"]["values"]["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await turn.ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    await _SENTENCES[note["what"]][2](desk, note["change"], turn.user, sentence)
    await turn.ack()


async def start_refund(desk: Desk, turn: Turn) -> None:
    """Open the refund form for what the rule may still give back, with what is known filled in."""
    change = await changes.found(desk, turn.value)
    values = {
        "reason": Reason.PAST_DUE,
        "wish": PastDueWish.REFUND_PAYS_TWO,
        "ticket": change.ticket,
        "note": change.note,
    }
    await refund.prefilled(desk, turn, Filled(values), change.customer_id)

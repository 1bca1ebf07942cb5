"""Buttons of a refund card: approve, deny, ask, answer, try again, close."""

from __future__ import annotations

import json
from typing import Final

from bot.cards import blocks as b
from bot.cards.case import amount
from bot.cards.ruling import every_check
from bot.desk import refunds
from bot.desk.desk import Desk
from handlers.turn import Turn

_SENTENCES: Final = {
    "case_deny": ("Deny", "Why not?", "The requester reads this sentence.", refunds.deny),
    "case_ask": ("Ask the requester", "What do you need to know?", "They answer in Slack.", refunds.ask_back),
    "case_abandon": ("Close without refund", "Why is it closed?", "The requester reads it.", refunds.abandon),
}


async def approve(desk: Desk, turn: Turn) -> None:
    """Approve the case whose card was clicked."""
    await refunds.approve(desk, turn.value, turn.user)
    await turn.ack()


async def retry(desk: Desk, turn: Turn) -> None:
    """Send a stuck refund again."""
    await refunds.retry(desk, turn.value, turn.user)
    await turn.ack()


async def open_sentence(desk: Desk, turn: Turn) -> None:
    """Open the form that asks for the sentence, to whoever may decide."""
    case = await refunds.check_may_decide(desk, turn.value, turn.user)
    title, label, hint, _ = _SENTENCES[turn.action_id]
    field = b.labelled(label, "sentence", b.text_field(lines=True, limit=1500), hint=hint)
    about = b.context(f"{amount(case)} for {case.customer_name or case.customer_email or case.charge_id}")
    note = json.dumps({"case": case.id, "what": turn.action_id})
    view = b.modal(title, "case_sentence", [about, field], submit="Send", close="Cancel", note=note)
    await turn.client.views_open(trigger_id=turn.trigger_id, view=view)
    await turn.ack()


async def submit_sentence(desk: Desk, turn: Turn) -> None:
    """Deny, ask or close with the sentence; whether they may is asked again."""
    note = json.loads(turn.view["private_metadata"])
    sentence = turn.view["state"]["values"]["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await turn.ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    await _SENTENCES[note["what"]][3](desk, note["case"], turn.user, sentence)
    await turn.ack()


async def show_checks(desk: Desk, turn: Turn) -> None:
    """Show everything that the playbook consulted, to whoever asks."""
    ruling = await refunds.ruling_of(desk, turn.value)
    await turn.client.views_open(
        trigger_id=turn.trigger_id, view=b.modal("Every check", "case_checks", every_check(ruling))
    )
    await turn.ack()


async def open_answer(_desk: Desk, turn: Turn) -> None:
    """Open the form for the requester's answer."""
    field = b.labelled("Your answer", "sentence", b.text_field(lines=True, limit=1500))
    view = b.modal("Answer", "case_answer", [field], submit="Send", close="Cancel", note=turn.value)
    await turn.client.views_open(trigger_id=turn.trigger_id, view=view)
    await turn.ack()


async def submit_answer(desk: Desk, turn: Turn) -> None:
    """Send the answer into the card's thread."""
    sentence = turn.view["state"]["values"]["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await turn.ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    await refunds.answer(desk, turn.view["private_metadata"], turn.user, sentence)
    await turn.ack()

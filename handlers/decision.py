"""Buttons of a refund card: approve, deny, ask, answer, try again, close."""

from __future__ import annotations

import json
from typing import Any, Final

from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import blocks as b
from bot.cards.case import amount
from bot.cards.ruling import every_check
from bot.desk import refunds
from bot.desk.desk import Desk

_SENTENCES: Final = {
    "case_deny": ("Deny", "Why not?", "The requester reads this sentence.", refunds.deny),
    "case_ask": ("Ask the requester", "What do you need to know?", "They answer in Slack.", refunds.ask_back),
    "case_abandon": ("Close without refund", "Why is it closed?", "The requester reads it.", refunds.abandon),
}


async def approve(desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Approve the case whose card was clicked."""
    await refunds.approve(desk, action["value"], body["user"]["id"])
    await ack()


async def retry(desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Send a stuck refund again."""
    await refunds.retry(desk, action["value"], body["user"]["id"])
    await ack()


async def open_sentence(
    desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], client: AsyncWebClient
) -> None:
    """Open the form that asks for the sentence, to whoever may decide."""
    case = await refunds.check_may_decide(desk, action["value"], body["user"]["id"])
    title, label, hint, _ = _SENTENCES[action["action_id"]]
    field = b.labelled(label, "sentence", b.text_field(lines=True, limit=1500), hint=hint)
    about = b.context(f"{amount(case)} for {case.customer_name or case.customer_email or case.charge_id}")
    note = json.dumps({"case": case.id, "what": action["action_id"]})
    view = b.modal(title, "case_sentence", [about, field], submit="Send", close="Cancel", note=note)
    await client.views_open(trigger_id=body["trigger_id"], view=view)
    await ack()


async def submit_sentence(desk: Desk, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
    """Deny, ask or close with the sentence; whether they may is asked again."""
    note = json.loads(view["private_metadata"])
    sentence = view["state"]["values"]["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    await _SENTENCES[note["what"]][3](desk, note["case"], body["user"]["id"], sentence)
    await ack()


async def show_checks(
    desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], client: AsyncWebClient
) -> None:
    """Show everything that the playbook consulted, to whoever asks."""
    ruling = await refunds.ruling_of(desk, action["value"])
    await client.views_open(
        trigger_id=body["trigger_id"], view=b.modal("Every check", "case_checks", every_check(ruling))
    )
    await ack()


async def open_answer(
    ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], client: AsyncWebClient
) -> None:
    """Open the form for the requester's answer."""
    field = b.labelled("Your answer", "sentence", b.text_field(lines=True, limit=1500))
    view = b.modal("Answer", "case_answer", [field], submit="Send", close="Cancel", note=action["value"])
    await client.views_open(trigger_id=body["trigger_id"], view=view)
    await ack()


async def submit_answer(desk: Desk, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
    """Send the answer into the card's thread."""
    sentence = view["state"]["values"]["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    await refunds.answer(desk, view["private_metadata"], body["user"]["id"], sentence)
    await ack()

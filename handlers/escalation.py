"""`/escalate`, and the buttons of an escalation's card: acknowledge, resolve, hand on."""

from __future__ import annotations

import json
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import blocks as b
from bot.cards.text import duration
from bot.desk import escalations
from bot.desk.desk import Desk
from bot.desk.escalations import Raised


async def command(desk: Desk, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
    """Escalate in one line (`/escalate stripe_sync_error webhooks are late`), or open the form."""
    issue, _, summary = body.get("text", "").strip().partition(" ")
    if issue in desk.playbook.issues and summary.strip():
        raised = await escalations.escalate(
            desk, Raised(issue, summary.strip()), body["user_id"], body["trigger_id"]
        )
        await ack(_sent(desk, raised.route))
        return
    await client.views_open(
        trigger_id=body["trigger_id"], view=_form(desk, issue, summary or body.get("text", ""))
    )
    await ack()


async def submit(desk: Desk, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
    """Open the escalation, and say where it went."""
    said = {name: field[name] for name, field in view["state"]["values"].items()}
    raised = Raised(
        issue=said["issue"]["selected_option"]["value"],
        summary=said["summary"]["value"].strip(),
        ticket=said["ticket"]["value"] or "",
        customer=said["customer"]["value"] or "",
    )
    escalation = await escalations.escalate(desk, raised, body["user"]["id"], view["id"])
    told = b.modal("Escalated", "escalated", [b.section(_sent(desk, escalation.route))])
    await ack(response_action="update", view=told)


async def acknowledge(desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Say that somebody is on it."""
    await escalations.acknowledge(desk, action["value"], body["user"]["id"])
    await ack()


async def open_form(
    desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], client: AsyncWebClient
) -> None:
    """Open the form to resolve it or to hand it on, to whoever may."""
    escalation = await escalations.check_may_decide(desk, action["value"], body["user"]["id"])
    resolving = action["action_id"] == "escalation_resolve"
    routes = [
        b.option(route.label, route.id)
        for route in desk.playbook.routes.values()
        if route.id != escalation.route
    ]
    chosen = b.labelled("To whom?", "route", b.choice("static_select", routes, placeholder="Choose"))
    label = "How was it resolved?" if resolving else "Why does it go to them?"
    sentence = b.labelled(label, "sentence", b.text_field(lines=True, limit=1500))
    view = b.modal(
        "Resolve" if resolving else "Hand on",
        "escalation_answer",
        [sentence] if resolving else [chosen, sentence],
        submit="Send",
        close="Cancel",
        note=json.dumps({"escalation": escalation.id}),
    )
    await client.views_open(trigger_id=body["trigger_id"], view=view)
    await ack()


async def submit_answer(desk: Desk, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
    """Resolve it or hand it on; whether they may is asked again."""
    escalation_id, user = json.loads(view["private_metadata"])["escalation"], body["user"]["id"]
    said = view["state"]["values"]
    sentence = said["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    if "route" in said:
        route = said["route"]["route"]["selected_option"]["value"]
        await escalations.hand_on(desk, escalation_id, user, route, sentence)
    else:
        await escalations.resolve(desk, escalation_id, user, sentence)
    await ack()


def _form(desk: Desk, issue: str, summary: str) -> b.Block:
    issues = [
        b.option(one.label, one.id, f"{desk.playbook.routes[one.route].label}, within {duration(one.sla)}")
        for one in desk.playbook.issues.values()
    ]
    fields = [
        b.labelled("What is it?", "issue", b.choice("static_select", issues, issue, "Choose")),
        b.labelled("What happened?", "summary", b.text_field("", summary.strip(), lines=True, limit=1500)),
        b.labelled("Customer", "customer", b.text_field("Name or email", limit=100), optional=True),
        b.labelled("Ticket", "ticket", b.text_field("4711", limit=100), optional=True),
    ]
    return b.modal("Escalate", "escalate_form", fields, submit="Escalate", close="Cancel")


def _sent(desk: Desk, route: str) -> str:
    to = desk.playbook.routes[route]
    return f"➡️ Sent to {to.label} in #{to.channel.removeprefix('#')}. You will see there who takes it."

"""`/escalate`, and the buttons of an escalation's card: acknowledge, resolve, hand on."""

from __future__ import annotations

import json

from bot.cards import blocks as b
from bot.cards.text import duration
from bot.desk import escalations
from bot.desk.desk import Desk
from bot.desk.escalations import Raised
from handlers.turn import Turn


async def command(desk: Desk, turn: Turn) -> None:
    """Escalate in one line (`/escalate stripe_sync_error webhooks are late`), or open the form."""
    issue, _, summary = turn.text.strip().partition(" ")
    if issue in desk.playbook.issues and summary.strip():
        raised = await escalations.escalate(desk, Raised(issue, summary.strip()), turn.user, turn.trigger_id)
        await turn.ack(_sent(desk, raised.route))
        return
    await turn.client.views_open(trigger_id=turn.trigger_id, view=_form(desk, issue, summary or turn.text))
    await turn.ack()


async def submit(desk: Desk, turn: Turn) -> None:
    """Open the escalation, and say where it went."""
    said = {name: field[name] for name, field in turn.view["state"]["values"].items()}
    raised = Raised(
        issue=said["issue"]["selected_option"]["value"],
        summary=said["summary"]["value"].strip(),
        ticket=said["ticket"]["value"] or "",
        customer=said["customer"]["value"] or "",
    )
    escalation = await escalations.escalate(desk, raised, turn.user, turn.view["id"])
    told = b.modal("Escalated", "escalated", [b.section(_sent(desk, escalation.route))])
    await turn.ack(response_action="update", view=told)


async def acknowledge(desk: Desk, turn: Turn) -> None:
    """Say that somebody is on it."""
    await escalations.acknowledge(desk, turn.value, turn.user)
    await turn.ack()


async def open_form(desk: Desk, turn: Turn) -> None:
    """Open the form to resolve it or to hand it on, to whoever may."""
    escalation = await escalations.check_may_decide(desk, turn.value, turn.user)
    resolving = turn.action_id == "escalation_resolve"
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
    await turn.client.views_open(trigger_id=turn.trigger_id, view=view)
    await turn.ack()


async def submit_answer(desk: Desk, turn: Turn) -> None:
    """Resolve it or hand it on; whether they may is asked again."""
    escalation_id, user = json.loads(turn.view["private_metadata"])["escalation"], turn.user
    said = turn.view["state"]["values"]
    sentence = said["sentence"]["sentence"]["value"].strip()
    if not sentence:
        await turn.ack(response_action="errors", errors={"sentence": "Write a sentence, please."})
        return
    if "route" in said:
        route = said["route"]["route"]["selected_option"]["value"]
        await escalations.hand_on(desk, escalation_id, user, route, sentence)
    else:
        await escalations.resolve(desk, escalation_id, user, sentence)
    await turn.ack()


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

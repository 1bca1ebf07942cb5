"""The card of an escalation: something a route has to answer and that pays no money."""

from __future__ import annotations

from typing import Final

from bot.cards.blocks import Block, Message, actions, button, context, divider, fields, header, section
from bot.cards.resolved import told
from bot.cards.ruling import evidence
from bot.cards.scene import Scene
from bot.cards.text import duration, escape, left, link, quote, when, who
from bot.store.tables import Escalation
from policy import wire
from policy.lifecycle import EscalationState

_WARNING: Final = "Early fraud warning"


def card(scene: Scene, escalation: Escalation, *, with_buttons: bool) -> Message:
    """Draw the card; the opener's copy comes without buttons."""
    issue = scene.playbook.issues.get(escalation.issue)
    label = (
        _WARNING
        if _warns(escalation)
        else issue.label
        if issue
        else escalation.issue.replace("_", " ").capitalize()
    )
    title = f"{label}: {escalation.customer}" if escalation.customer else label
    charge = escalation.charge_id
    blocks = [
        header(title),
        section(standing(scene, escalation)),
        *told(scene),
        section(quote(escalation.summary)),
        fields(
            [
                ("Charge", link(scene.stripe("payments", charge), charge) if charge else ""),
                ("Ticket", escape(escalation.ticket)),
                ("Raised by", f"{who(escalation.opened_by)}, {when(escalation.opened_at)}"),
            ]
        ),
        *_policy(escalation),
        *(_buttons(escalation) if with_buttons else []),
        context(" · ".join([escalation.id, *([escape(issue.source)] if issue else [])])),
    ]
    return Message(f"{title}: {plain_standing(escalation)}", blocks)


def standing(scene: Scene, escalation: Escalation) -> str:
    """Say who has it, until when, or how it ended."""
    deadline = f"answer by {when(escalation.answer_by)} ({left(scene.now, escalation.answer_by)})"
    if escalation.state == EscalationState.OPEN:
        return f"⏳ *Waiting for {scene.waiting_for(escalation.route, escalation.also_route)}* · {deadline}"
    if escalation.state == EscalationState.ACKNOWLEDGED:
        return f"👀 *{who(escalation.acknowledged_by)} is on it* · {deadline}"
    took = ""
    if escalation.resolved_at:
        took = f", after {duration(escalation.resolved_at - escalation.opened_at)}"
    return f"✅ *Resolved* by {who(escalation.resolved_by)}{took}\n{quote(escalation.resolution)}"


def plain_standing(escalation: Escalation) -> str:
    """Say where it stands in a few words, for notifications."""
    return {
        EscalationState.OPEN: "waiting for an answer",
        EscalationState.ACKNOWLEDGED: "somebody is on it",
        EscalationState.RESOLVED: "resolved",
    }[EscalationState(escalation.state)]


def _warns(escalation: Escalation) -> bool:
    """Say whether it came from Stripe about one charge: an issuer's early fraud warning."""
    return escalation.opened_by == "stripe" and bool(escalation.charge_id)


def _policy(escalation: Escalation) -> list[Block]:
    if escalation.ruling is None:
        return []
    ruling = wire.ruling_from_dict(escalation.ruling)
    return [divider(), *evidence(ruling)]


def _buttons(escalation: Escalation) -> list[Block]:
    if escalation.state == EscalationState.RESOLVED:
        return []
    refund = button("Refund the charge", "escalation_refund", escalation.id)
    acknowledge = button("Acknowledge", "escalation_acknowledge", escalation.id, style="primary")
    return [
        actions(
            [
                *([acknowledge] if escalation.state == EscalationState.OPEN else []),
                *([refund] if _warns(escalation) else []),
                button("Resolve", "escalation_resolve", escalation.id),
                button("Hand on", "escalation_hand_on", escalation.id),
            ]
        )
    ]

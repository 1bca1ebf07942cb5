"""The card of a dispute: what the bank wants back, until when it can be answered, and the advice."""

from __future__ import annotations

from typing import Any

from bot.cards.blocks import (
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    fields,
    header,
    link_button,
    section,
)
from bot.cards.scene import Scene
from bot.cards.text import escape, left, link, when, who
from bot.store.tables import Dispute
from policy.lifecycle import DisputeState
from policy.money import Money

# What the bank's reason means for the desk (Stripe API, dispute reasons).
_REASONS = {
    "fraudulent": "the cardholder says that it was not them",
    "duplicate": "charged twice, says the cardholder",
    "product_not_received": "nothing was received, says the cardholder",
    "product_unacceptable": "not as described, says the cardholder",
    "subscription_canceled": "cancelled before the charge, says the cardholder",
    "credit_not_processed": "a promised refund did not come, says the cardholder",
    "unrecognized": "the cardholder does not recognise the charge",
}


def card(scene: Scene, dispute: Dispute) -> Message:
    """Draw the card."""
    amount = Money(dispute.amount_minor, dispute.currency)
    title = f"{amount} chargeback from {dispute.customer_name or dispute.customer_email or dispute.charge_id}"
    blocks = [
        header(title),
        section(standing(scene, dispute)),
        fields(_facts(scene, dispute)),
        *_advice(dispute.advice),
        *_buttons(scene, dispute, amount),
        context(f"{dispute.id} · {escape(dispute.advice.get('source', ''))}"),
    ]
    return Message(f"{title}: {plain_standing(dispute)}", blocks)


def standing(scene: Scene, dispute: Dispute) -> str:
    """Say where the dispute stands, and who took it."""
    by = f"{who(dispute.decided_by)}{f', {when(dispute.decided_at)}' if dispute.decided_at else ''}"
    page = link(scene.stripe("disputes", dispute.id), "in Stripe")
    match DisputeState(dispute.state):
        case DisputeState.OPEN:
            waits = f"⏳ *Waiting for {scene.waiting_for(dispute.route, dispute.also_route)}*"
            problem = f"\n⚠️ {escape(dispute.problem)}" if dispute.problem else ""
            deadline = f"decide by {when(dispute.answer_by)} ({left(scene.now, dispute.answer_by)})"
            return f"{waits} · {deadline}{problem}"
        case DisputeState.ACCEPTING:
            trouble = f"\n❔ {escape(dispute.problem)}" if dispute.problem else ""
            return f"🔵 *Accepted* by {by}. Stripe is being told.{trouble}"
        case DisputeState.CHALLENGED:
            return f"🛡️ *{by} is challenging it.* The evidence is submitted {page}."
        case DisputeState.ACCEPTED:
            return f"✅ *Accepted* by {by}. The money stays with the cardholder; this is final."
        case DisputeState.WON:
            return "✅ *Won.* The bank found for us."
        case DisputeState.LOST:
            return "⛔ *Lost.* The bank found for the cardholder."
        case DisputeState.ENDED:
            return f"✅ *Ended at Stripe* as {escape(dispute.status.replace('_', ' '))}."


def plain_standing(dispute: Dispute) -> str:
    """Say where it stands in a few words, for notifications."""
    return {
        DisputeState.OPEN: "waiting for finance",
        DisputeState.ACCEPTING: "accepted, asking Stripe",
        DisputeState.CHALLENGED: "being challenged",
        DisputeState.ACCEPTED: "accepted",
        DisputeState.WON: "won",
        DisputeState.LOST: "lost",
        DisputeState.ENDED: "ended",
    }[DisputeState(dispute.state)]


def _facts(scene: Scene, dispute: Dispute) -> list[tuple[str, str]]:
    due = dispute.evidence_due_at
    evidence_due = f"{when(due)}\n{left(scene.now, due)}" if due else "Stripe names no day"
    customer = escape(dispute.customer_name or "unknown")
    if dispute.customer_id:
        customer = link(
            scene.stripe("customers", dispute.customer_id), dispute.customer_name or dispute.customer_id
        )
    return [
        ("Customer", f"{customer}\n{escape(dispute.customer_email)}"),
        (
            "Charge",
            link(scene.stripe("payments", dispute.payment_intent_id or dispute.charge_id), dispute.charge_id),
        ),
        ("Bank's reason", f"{escape(_words(dispute.reason))}\n{_REASONS.get(dispute.reason, '')}"),
        ("Evidence due", evidence_due),
        ("Refund on this charge", _refund(scene)),
        ("At Stripe", escape(dispute.status.replace("_", " "))),
    ]


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _refund(scene: Scene) -> str:
    if scene.open_case:
        return f"⚠️ {scene.open_case.id} is open, asked by {who(scene.open_case.requested_by)}"
    return "none is open"


def _advice(advice: dict[str, Any]) -> list[Block]:
    words = f"*The playbook's advice: {escape(advice['headline'])}*\n{escape(advice['why'])}"
    papers = "\n".join(f"• {escape(one)}" for one in advice["evidence"])
    return [section(words), *([section(f"*Evidence to gather*\n{papers}")] if papers else [])]


def _buttons(scene: Scene, dispute: Dispute, amount: Money) -> list[Block]:
    accept = button(
        "Accept",
        "dispute_accept",
        dispute.id,
        style="danger",
        says=f"Accept the chargeback of {amount}",
        confirm=confirm(
            "Accept this chargeback?",
            f"{amount} stays with the cardholder and the dispute fee is not returned. "
            "Stripe closes the dispute. This is final and cannot be taken back.",
            "Accept, finally",
            "Not now",
        ),
    )
    page = link_button("Open in Stripe", "open_link", scene.stripe("disputes", dispute.id))
    if dispute.state == DisputeState.OPEN:
        return [
            actions([accept, button("Challenge", "dispute_challenge", dispute.id, style="primary"), page])
        ]
    if dispute.state == DisputeState.CHALLENGED:
        return [actions([page, accept])]
    return []

"""What the requester gets as a direct message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.blocks import Message, actions, button, context, section
from bot.cards.case import amount
from bot.cards.resolved import told_button
from bot.cards.scene import Scene
from bot.cards.text import escape, quote, who
from bot.store.tables import Case, Dispute
from policy.money import Money


def trouble(scene: Scene, detail: Mapping[str, Any]) -> Message:
    """Tell whoever asked that their card cannot be posted yet, and how to mend that."""
    route = scene.playbook.routes.get(detail["place"])
    where = f"#{route.channel}" if route else "the channel"
    told = (
        f"⚠️ Your request is recorded, but its card cannot be posted: Makegood is not in {where}. "
        "Somebody in that channel has to type /invite @Makegood there. The card follows by itself."
    )
    return Message(told, [section(told)])


def outcome(_scene: Scene, case: Case, detail: Mapping[str, Any]) -> Message:
    """Tell the requester how their request ended, or what it needs of them now."""
    name = escape(case.customer_name or case.customer_email or case.charge_id)
    about = f"{amount(case)} for {name}"
    told = {
        "refunded": f"✅ *Refunded:* {about}. Stripe refund `{detail.get('refund', '')}`; the money arrives "
        f"within {detail.get('arrives', '')}.",
        "denied": f"⛔ *Denied:* {about}, by {who(case.decided_by)}.",
        "disputed": f"⚠️ *The bank has opened a chargeback* on the charge of your request: {about}. Finance "
        "answers the bank; Stripe refuses a refund meanwhile.",
        "stuck": f"⚠️ *Not refunded yet:* {about}. {escape(case.problem)}",
        "failed": f"⚠️ *The refund failed after all:* {about}. {escape(case.problem)}",
        "abandoned": f"⛔ *Closed without a refund:* {about}, by {who(case.decided_by)}.",
        "question": f"💬 *{who(detail.get('asker', ''))} asks about* {about}:",
    }[detail["what"]]
    written = detail.get("note", "")
    said = f"{told}\n{quote(written)}" if written else told
    blocks = [section(said), context(f"{case.id} · ticket {escape(case.ticket)}")]
    if detail["what"] == "question":
        blocks.insert(1, actions([button("Answer", "case_answer", case.id, style="primary")]))
    if detail["what"] in {"denied", "abandoned"}:
        blocks.insert(1, actions([told_button(case.id)]))
    return Message(told, blocks)


def news(_scene: Scene, dispute: Dispute, detail: Mapping[str, Any]) -> Message:
    """Tell whoever decided on a dispute what became of it."""
    name = escape(dispute.customer_name or dispute.customer_email or dispute.charge_id)
    about = f"the chargeback of {Money(dispute.amount_minor, dispute.currency)} from {name}"
    told = {
        "won": f"✅ *Won:* {about}. The bank found for us.",
        "lost": f"⛔ *Lost:* {about}. The bank found for the cardholder.",
        "ended": f"✅ *Ended at Stripe:* {about}.",
        "accepted": f"✅ *Accepted for good:* {about}. Stripe has closed it.",
        "chargeback_followed": f"⚠️ *The inquiry became a chargeback:* {about}. It needs an answer too.",
        "evidence_refused": f"⚠️ *The evidence was not submitted:* {about}. {escape(dispute.problem)}",
        "funds_withdrawn": f"💸 *The bank took the money* for {about} out of the Stripe balance.",
        "funds_reinstated": f"💰 *The money is back* in the Stripe balance, for {about}.",
    }[detail["what"]]
    return Message(told, [section(told), context(dispute.id)])

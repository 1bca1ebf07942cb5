"""What the requester gets as a direct message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.blocks import Message, actions, button, context, section
from bot.cards.case import amount
from bot.cards.scene import Scene
from bot.cards.text import escape, quote, who
from bot.store.tables import Case


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
    return Message(told, blocks)

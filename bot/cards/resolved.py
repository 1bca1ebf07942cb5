"""Whether the customer was told how it ended, with the button for whoever told them."""

from __future__ import annotations

from typing import Final

from bot.cards.blocks import Block, button, context, section
from bot.cards.scene import Scene
from bot.cards.text import when, who

_UNKNOWN: Final = "❔ Nobody has written down yet that the customer was told."


def told(scene: Scene) -> list[Block]:
    """Return what is known of it; nothing before the end, and where there is nobody to tell."""
    found = scene.resolution
    if found is None or found.told == "nobody":
        return []
    if not found.told:
        return [section(_UNKNOWN, told_button(found.subject_id))]
    at = f", {when(found.told_at)}" if found.told_at else ""
    how = {
        "mail": "✉️ The customer was told by email",
        "agent": f"✉️ {who(found.told_by)} told the customer",
        "bank": "🏦 The cardholder hears of it from their bank",
    }[found.told]
    return [context(how if found.told == "bank" else f"{how}{at}")]


def told_button(subject_id: str) -> Block:
    """Return the button that writes it down."""
    return button("I told the customer", "customer_told", subject_id)

"""Draw any message that a row asks for, from what its subject is now."""

from __future__ import annotations

from bot.cards import case, change, direct, dispute, escalation, trail
from bot.cards.blocks import Message
from bot.cards.scene import Scene
from bot.store.tables import Post


def draw(post: Post, scene: Scene) -> Message:
    """Return the message of `post`."""
    if post.kind == "trail":
        return trail.line(scene, post.detail)
    if post.kind == "reminder":
        return trail.reminder(scene, post.detail)
    if post.kind == "trouble":
        return direct.trouble(scene, post.detail)
    if post.kind == "direct" and scene.case:
        return direct.outcome(scene, scene.case, post.detail)
    if post.kind == "direct" and scene.dispute:
        return direct.news(scene, scene.dispute, post.detail)
    if post.kind == "direct" and scene.change:
        return change.outcome(scene.change, post.detail)
    return _card(scene, with_buttons=post.purpose != "requester")


def _card(scene: Scene, *, with_buttons: bool) -> Message:
    if scene.case:
        return case.card(scene, scene.case, with_buttons=with_buttons)
    if scene.escalation:
        return escalation.card(scene, scene.escalation, with_buttons=with_buttons)
    if scene.dispute:
        return dispute.card(scene, scene.dispute)
    if scene.change:
        return change.card(scene, scene.change, with_buttons=with_buttons)
    raise LookupError("a card without its case, escalation, dispute or change")

"""The form of `/cancel`: the portal first, then which subscription, when, and what would come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.cards import blocks as b
from bot.cards import change_form as f
from bot.cards.blocks import Block
from bot.cards.change_form import Note, Typed
from bot.cards.ruling import arithmetic
from bot.cards.text import escape
from policy.cancelling import Way
from policy.changes import Declined, Proposal
from policy.facts import Customer
from policy.playbook import Playbook
from policy.ruling import Escalate, Grant, Ruling

TITLE: Final = "Cancel a subscription"
CALLBACK: Final = "cancel_form"


class Shown(Struct, frozen=True):
    """What the form is drawn from. `subscriptions` are ids and words; `refund` is what would be ruled."""

    customer: Customer
    playbook: Playbook
    subscriptions: Sequence[tuple[str, str]]
    chosen: str
    way: Way
    refund: Ruling | None
    proposal: Proposal | Declined
    asked: str


def draw(shown: Shown, typed: Typed, note: Note, hint: str = "") -> Block:
    """Draw the form with what is known already."""
    terms = shown.playbook.cancellation
    first = escape(terms.first) if terms else "Point the customer to the portal."
    blocks = [
        *([b.section(f"⚠️ {escape(hint)}")] if hint else []),
        f.about(shown.customer),
        b.section(
            f"*First*\n{first}\nOr send them this link; it is good for a few minutes:\n{note['portal']}"
        ),
        f.select("Subscription", "cancel_subscription", shown.subscriptions, shown.chosen),
        f.choice("When does it end?", "cancel_way", _ways(terms.preferred if terms else ""), shown.way),
        *f.outlook(shown.proposal, shown.asked),
        *_refund(shown),
    ]
    if isinstance(shown.proposal, Proposal):
        why = f.reason(typed, "Why does the customer cancel?")
        blocks += [why, f.ticket(typed), f.identity("cancel_identity")]
    else:
        why = f.reason(typed, "Why does the customer cancel?", optional=True)
        blocks.append(why)
    return f.form(TITLE, CALLBACK, blocks, note, submit="Cancel subscription")


def nothing(customer: Customer) -> Block:
    """Say that there is nothing to cancel."""
    name = escape(customer.name or customer.email or customer.id)
    return f.said(TITLE, f"{name} has no subscription that could be cancelled.")


def _ways(preferred: str) -> list[tuple[str, str]]:
    words = {Way.AT_PERIOD_END: "At the end of the period", Way.IMMEDIATELY: "Immediately"}
    return [(way, f"{text} (preferred)" if way == preferred else text) for way, text in words.items()]


def _refund(shown: Shown) -> list[Block]:
    """Preview what would come back; it is asked for as a refund and decided as one."""
    if shown.way is not Way.IMMEDIATELY or shown.refund is None:
        return []
    ruling = shown.refund
    if isinstance(ruling, Grant | Escalate) and ruling.amount:
        who = "needs nobody's approval" if isinstance(ruling, Grant) else "is decided as any refund"
        words = f"*What comes back: {ruling.amount}*\nIt is asked for after the cancellation and {who}."
        return [b.section(words), *arithmetic(ruling)]
    return [b.section(f"*Nothing comes back*\n{escape(ruling.headline)}")]

"""The form of `/comp`: which subscription, a coupon or a longer trial, for how long, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from bot.cards import blocks as b
from bot.cards import change_form as f
from bot.cards.blocks import Block
from bot.cards.change_form import Note, Typed
from bot.cards.text import escape
from policy.changes import Declined, Proposal
from policy.comps import Gift, Way
from policy.facts import Customer
from policy.periods import counted

TITLE: Final = "Give free access"
CALLBACK: Final = "comp_form"
_WAYS: Final = ((Way.COUPON, "A coupon for 100 % off"), (Way.TRIAL, "A later end of the trial"))
_MANY: Final = 24


class Shown(Struct, frozen=True):
    """What the form is drawn from. `given` says what the customer had for free in the last year."""

    customer: Customer
    subscriptions: Sequence[tuple[str, str]]
    chosen: str
    longest: timedelta
    proposal: Proposal | Declined | None
    given: Sequence[str]
    asked: str


def draw(shown: Shown, typed: Typed, note: Note, hint: str = "") -> Block:
    """Draw the form with what is known already."""
    way = typed.get("comp_way") or Way.COUPON
    given = "\n".join(f"• {escape(one)}" for one in shown.given) or "Nothing."
    blocks = [
        *([b.section(f"⚠️ {escape(hint)}")] if hint else []),
        f.about(shown.customer),
        b.section(f"*Given for free in the last year*\n{given}"),
        f.select("Subscription", "comp_subscription", shown.subscriptions, shown.chosen),
        f.choice("How?", "comp_way", _WAYS, way),
        _how_long(way, shown.longest),
        *f.outlook(shown.proposal, shown.asked),
        f.reason(typed, "Why is it given?"),
        f.ticket(typed),
    ]
    return f.form(TITLE, CALLBACK, blocks, note, submit="Ask for it")


def gift(typed: Typed) -> Gift | None:
    """Return what is asked for; None while that is not said."""
    way = Way(typed.get("comp_way") or Way.COUPON)
    months, until = typed.get("comp_months"), typed.get("comp_until")
    if way is Way.COUPON:
        return Gift(way, months=int(months)) if months.isdigit() else None
    return Gift(way, until=date.fromisoformat(until)) if until else None


def nothing(customer: Customer) -> Block:
    """Say that there is nothing to give access to."""
    name = escape(customer.name or customer.email or customer.id)
    return f.said(TITLE, f"{name} has no subscription that free access could be given to.")


def _how_long(way: str, longest: timedelta) -> Block:
    if way == Way.COUPON:
        months = [(str(n), counted(n, "month")) for n in range(1, max(1, longest.days // 28) + 1)]
        return f.select("For how many months?", "comp_months", months[:_MANY], "")
    until = {"type": "datepicker", "placeholder": b.plain("Choose a day")}
    return b.labelled("Until which day?", "comp_until", until, live=True)

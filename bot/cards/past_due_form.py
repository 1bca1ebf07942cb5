"""The form of `/pastdue`: the open invoices, the flowchart's two questions, and what the rule then does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from bot.cards import blocks as b
from bot.cards import change_form as f
from bot.cards.blocks import Block
from bot.cards.change_form import Note, Typed
from bot.cards.text import day, escape
from policy.changes import Declined, Proposal
from policy.clearing import Account, Collecting, Deviation
from policy.facts import Customer, Invoice, PastDueWish

TITLE: Final = "Past-due invoices"
CALLBACK: Final = "past_due_form"
_YES_NO: Final = (("no", "No"), ("yes", "Yes"))
_PAYS: Final = (("yes", "Yes, they pay"), ("no", "No, they refuse"))
_MANY: Final = 20


class Shown(Struct, frozen=True):
    """What the form is drawn from. `late` are past due; `proposal` None: not all is answered."""

    now: datetime
    customer: Customer
    invoices: Sequence[Invoice]
    late: Sequence[Invoice]
    account: Account
    collect: int
    ways: Sequence[Collecting]
    proposal: Proposal | Declined | None
    asked: str


def draw(shown: Shown, typed: Typed, note: Note, hint: str = "") -> Block:
    """Draw the form with what is known already."""
    blocks = [
        *([b.section(f"⚠️ {escape(hint)}")] if hint else []),
        f.about(shown.customer),
        b.section(_invoices(shown)),
    ]
    if not shown.late:
        return f.form(TITLE, CALLBACK, [*blocks, b.section("Nothing is past due.")], note, submit="")
    blocks += [*_questions(shown, typed), *f.outlook(shown.proposal, shown.asked)]
    if shown.ways and isinstance(shown.proposal, Proposal):
        blocks.append(_how(shown, typed))
    deviates = typed.get("past_due_else") == "yes"
    blocks += [
        f.ticket(typed),
        f.reason(typed, "Why the rule should not hold" if deviates else "Note", optional=not deviates),
    ]
    ready = isinstance(shown.proposal, Proposal)
    submit = "Carry it out" if ready else "Show what follows"
    return f.form(TITLE, CALLBACK, blocks, note, submit=submit)


def wish(typed: Typed) -> PastDueWish | None:
    """Return what the answers to the two questions mean; None while one is missing."""
    if typed.get("past_due_refund") == "no":
        return PastDueWish.CONTINUE
    return (
        {
            "yes": PastDueWish.REFUND_PAYS_TWO,
            "no": PastDueWish.REFUND_REFUSES,
        }.get(typed.get("past_due_pays"))
        if typed.get("past_due_refund") == "yes"
        else None
    )


def collecting(typed: Typed) -> Collecting | None:
    """Return how to collect, where that was chosen."""
    chosen = typed.get("past_due_collecting")
    return Collecting(chosen) if chosen else None


def deviation(typed: Typed) -> Deviation | None:
    """Return what is asked for against the rule, if anything is."""
    if typed.get("past_due_else") != "yes":
        return None
    return Deviation(
        collect=frozenset(typed.all("past_due_collect")),
        void=frozenset(typed.all("past_due_void")),
        close_account="close" in typed.all("past_due_close"),
    )


def _invoices(shown: Shown) -> str:
    lines = []
    for one in sorted(shown.invoices, key=lambda invoice: invoice.created_at, reverse=True)[:_MANY]:
        mark = "🔴" if one in shown.late else "▫️"
        due = f"due {day(one.due_at)}" if one.due_at else "no due date"
        late = f", {(shown.now - one.due_at).days} days ago" if one.due_at and one in shown.late else ""
        lines.append(f"{mark} {escape(one.number or one.id)} · {one.amount_due} · {due}{late}")
    return "\n".join([f"*Open invoices* · {len(shown.late)} past due", *lines])


def _questions(shown: Shown, typed: Typed) -> list[Block]:
    """Ask the flowchart's two questions, unless something else is asked for than what the rule says."""
    instead = typed.get("past_due_else") or "no"
    ways = (("no", "What the rule says"), ("yes", f"Something else; it goes to {shown.asked}"))
    what = f.choice("What is to be done?", "past_due_else", ways, instead)
    if instead == "yes":
        return [what, *_instead(shown)]
    asked = [f.choice("Is a refund asked for?", "past_due_refund", _YES_NO, typed.get("past_due_refund"))]
    if typed.get("past_due_refund") == "yes":
        label = f"Will they pay {shown.collect} of the invoices?"
        asked.append(f.choice(label, "past_due_pays", _PAYS, typed.get("past_due_pays")))
    return [*asked, what]


def _instead(shown: Shown) -> list[Block]:
    options = [b.option(f"{one.number or one.id} · {one.amount_due}", one.id) for one in shown.late[:_MANY]]
    many = {"type": "multi_static_select", "options": options, "placeholder": b.plain("Choose invoices")}
    close = {"type": "checkboxes", "options": [b.option("Cancel the subscriptions and flag it", "close")]}
    return [
        b.labelled("Collect", "past_due_collect", many, optional=True, live=True),
        b.labelled("Void", "past_due_void", many, optional=True, live=True),
        b.labelled("Close the account", "past_due_close", close, optional=True, live=True),
    ]


def _how(shown: Shown, typed: Typed) -> Block:
    words = {
        Collecting.SEND: "Send the invoices again, and wait until they are paid",
        Collecting.CHARGE: f"Charge {shown.account.card}, now",
    }
    chosen = typed.get("past_due_collecting") or shown.ways[0]
    return f.choice(
        "How are they collected?", "past_due_collecting", [(way, words[way]) for way in shown.ways], chosen
    )

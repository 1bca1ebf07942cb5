"""What the forms of billing changes share: what stands in them, and how they open, pick and answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from bot.cards import blocks as b
from bot.cards.blocks import Block
from bot.cards.change import listed, planned
from bot.cards.text import escape, when
from bot.store.tables import BillingChange
from policy.changes import Declined, Proposal
from policy.facts import Customer

_CHECKS: Final = (("email", "Email"), ("organisation", "Organisation name"), ("tenant", "Tenant id"))
ALL_CHECKS: Final = tuple(name for name, _ in _CHECKS)
Note = Mapping[str, str]
"""What a form keeps for itself: its customer, what it showed, …"""


class Typed(Struct, frozen=True):
    """What stands in a form: the values of each field, under its name."""

    values: Mapping[str, tuple[str, ...]] = {}

    def get(self, name: str) -> str:
        """Return what stands in a field, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return all that is chosen in a field."""
        return self.values.get(name, ())


def read(view: Mapping[str, Any]) -> Typed:
    """Read the fields of a view's state."""
    said = {name: one for fields in view["state"]["values"].values() for name, one in fields.items()}
    return Typed({name: tuple(_values(one)) for name, one in said.items()})


def _values(said: Mapping[str, Any]) -> list[str]:
    if "selected_options" in said:
        return [option["value"] for option in said["selected_options"] or ()]
    if said.get("selected_option"):
        return [said["selected_option"]["value"]]
    typed = said.get("value") or said.get("selected_date") or ""
    return [typed.strip()] if typed.strip() else []


def form(title: str, callback: str, blocks: list[Block], note: Note, *, submit: str) -> Block:
    """Draw a form; one that can do nothing has no button to send it."""
    return b.modal(title, callback, blocks, submit=submit, close="Not now", note=json.dumps(note))


def loading(title: str) -> Block:
    """Draw a form while Stripe is being asked."""
    words = "Looking the customer up in Stripe …"
    return b.modal(title, "change_loading", [b.section(words)], close="Cancel")


def said(title: str, *sentences: str) -> Block:
    """Say something in place of a form."""
    return b.modal(title, "change_said", [b.section(one) for one in sentences])


def pick(title: str, action_id: str, customers: Sequence[Customer]) -> Block:
    """Let somebody pick one of several customers with the same address."""
    shown: list[Block] = [b.section("Several customers have this address. Whose is it?")]
    for one in customers:
        about = " · ".join(escape(part) for part in (one.organisation, one.tenant_id, one.id) if part)
        named = f"*{escape(one.name or one.email or one.id)}*\n{about}"
        shown.append(b.section(named, b.button("Choose", action_id, one.id)))
    return b.modal(title, "change_pick", shown, close="Cancel")


def about(customer: Customer) -> Block:
    """Name the customer, as the agent should check it."""
    parts = (customer.email, customer.organisation, customer.tenant_id, customer.id)
    rest = " · ".join(escape(part) for part in parts if part)
    return b.section(f"*{escape(customer.name or customer.email or customer.id)}*\n{rest}")


def choice(
    label: str, name: str, options: Sequence[tuple[str, str]], chosen: str, *, hint: str = ""
) -> Block:
    """Draw a question with a few answers, which reports each change."""
    offered = [b.option(words, value) for value, words in options]
    return b.labelled(label, name, b.choice("radio_buttons", offered, chosen), hint=hint, live=True)


def select(label: str, name: str, options: Sequence[tuple[str, str]], chosen: str) -> Block:
    """Draw a list to choose one from, which reports each change."""
    offered = [b.option(words, value) for value, words in options]
    return b.labelled(label, name, b.choice("static_select", offered, chosen, "Choose"), live=True)


def identity(name: str) -> Block:
    """Ask which identity checks were made."""
    options = [b.option(words, value) for value, words in _CHECKS]
    return b.labelled(
        "You checked with the customer",
        name,
        {"type": "checkboxes", "options": options},
        hint="All three have to be checked before anything is changed.",
    )


def ticket(typed: Typed) -> Block:
    """Ask for the ticket."""
    return b.labelled("Ticket", "ticket", b.text_field("4711", typed.get("ticket"), limit=100))


def reason(typed: Typed, label: str, *, optional: bool = False) -> Block:
    """Ask why."""
    element = b.text_field("", typed.get("note"), lines=True, limit=1500)
    return b.labelled(label, "note", element, optional=optional)


def outlook(proposal: Proposal | Declined | None, asked: str) -> list[Block]:
    """Show what would be done and whom it needs, or why nothing is."""
    if proposal is None:
        return []
    if isinstance(proposal, Declined):
        steps = "".join(f"\n• {escape(step)}" for step in proposal.next_steps)
        return [b.divider(), b.section(f"⛔ *{escape(proposal.why)}*{steps}")]
    first = f"⏳ It goes to {asked} first; nothing is done before they agree."
    needs = first if proposal.issue else "✅ Nobody has to be asked: it is carried out at once."
    return [*planned(proposal), b.section(needs)]


def told(title: str, change: BillingChange, mention: str) -> Block:
    """Tell whoever asked what happens now, and what remains for them."""
    proposal = change.proposal
    if change.answer_by and change.decided_at is None:
        first = (
            f"⏳ *Sent to {mention}*, to answer by {when(change.answer_by)}. "
            "You will hear of it in a direct message."
        )
    else:
        first = "✅ *It is being carried out.* You will hear of the end in a direct message."
    shown = [
        b.section(f"{first}\n{escape(proposal['headline'])}"),
        *listed("Left for you", proposal["by_hand"]),
        *listed("What you can tell the customer", proposal["tell_customer"]),
        b.context(change.id),
    ]
    return b.modal(title, "change_told", shown)

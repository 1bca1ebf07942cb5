"""The card of a billing change: what is done, who allowed it, and its steps as a checklist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.cards.blocks import (
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    divider,
    fields,
    header,
    section,
)
from bot.cards.resolved import told, told_button
from bot.cards.scene import Scene
from bot.cards.text import day, escape, left, link, quote, shortened, when, who
from bot.store.tables import BillingChange, ChangeStep
from policy.changes import ChangeKind, Proposal
from policy.lifecycle import ChangeState

_KINDS: Final = {
    ChangeKind.PAST_DUE: "Past-due invoices",
    ChangeKind.CANCELLATION: "Cancellation",
    ChangeKind.COMP: "Free access",
}
_MARKS: Final = {
    "waiting": "⬜",
    "doing": "🔵",
    "later": "🔵",
    "unknown": "❔",
    "open": "⏳",
    "done": "✅",
    "refused": "⚠️",
}
_SHOWN: Final = 30


def title(change: BillingChange) -> str:
    """Name a change by what it is and whom it concerns."""
    return f"{_KINDS[ChangeKind(change.kind)]}: {_customer(change)}"


def card(scene: Scene, change: BillingChange, *, with_buttons: bool) -> Message:
    """Draw the card; the requester's copy comes without the buttons that decide."""
    proposal = change.proposal
    blocks = [
        header(title(change)),
        section(standing(scene, change)),
        *told(scene),
        fields(_facts(scene, change)),
        section(f"*{escape(proposal['headline'])}*\n{_checklist(scene.steps)}"),
        *([section(f"*Why*\n{quote(change.note)}")] if change.note else []),
        *_given(scene, change),
        *listed("Left for a person", proposal["by_hand"]),
        *listed("What you can tell the customer", proposal["tell_customer"]),
        *_buttons(change, with_buttons=with_buttons),
        context(f"{change.id} · playbook {change.playbook} · {escape('; '.join(proposal['sources']))}"),
    ]
    return Message(f"{title(change)}: {plain_standing(change)}", blocks)


def standing(scene: Scene, change: BillingChange) -> str:
    """Say in one or two lines where it stands, who decided, and what comes next."""
    match ChangeState(change.state):
        case ChangeState.AWAITING:
            deadline = change.answer_by or scene.now
            waits = f"⏳ *Waiting for {scene.waiting_for(change.route, change.also_route)}*"
            return f"{waits} · answer by {when(deadline)} ({left(scene.now, deadline)})"
        case ChangeState.WORKING:
            return f"{_working(scene.steps)}\nApproved by {_decider(change)}."
        case ChangeState.WAITING:
            return (
                "⏳ *Waiting for the customer to pay.* What follows is done by itself once they have."
                f"\nApproved by {_decider(change)}."
            )
        case ChangeState.STUCK:
            return f"⚠️ *Needs a person: nothing more happens by itself*\n{escape(change.problem)}"
        case ChangeState.DONE:
            at = f", {when(change.closed_at)}" if change.closed_at else ""
            return f"✅ *Carried out*{at}\nApproved by {_decider(change)}."
        case ChangeState.DENIED:
            return f"⛔ *Denied* by {_decider(change)}\n{quote(change.decision_note)}"
        case ChangeState.ABANDONED:
            return f"⛔ *Closed without the rest* by {_decider(change)}\n{quote(change.decision_note)}"


def plain_standing(change: BillingChange) -> str:
    """Say where it stands in a few words, for notifications."""
    return {
        ChangeState.AWAITING: "waiting for a decision",
        ChangeState.WORKING: "being carried out",
        ChangeState.WAITING: "waiting for the customer to pay",
        ChangeState.STUCK: "needs a person",
        ChangeState.DONE: "carried out",
        ChangeState.DENIED: "denied",
        ChangeState.ABANDONED: "closed without the rest",
    }[ChangeState(change.state)]


def outcome(change: BillingChange, detail: Mapping[str, Any]) -> Message:
    """Tell whoever asked how it ended, or that it needs a person."""
    about = escape(title(change))
    words = {
        "carried_out": f"✅ *Carried out:* {about}. {escape(change.proposal['headline'])}",
        "denied": f"⛔ *Denied:* {about}, by {who(change.decided_by)}.",
        "stuck": f"⚠️ *Not done yet:* {about}. {escape(change.problem)}",
        "left_off": f"⛔ *Closed without the rest:* {about}, by {who(change.decided_by)}.",
    }[detail["what"]]
    written = detail.get("note", "")
    said = f"{words}\n{quote(written)}" if written else words
    button_row = [] if detail["what"] == "stuck" else [actions([told_button(change.id)])]
    return Message(
        words, [section(said), *button_row, context(f"{change.id} · ticket {escape(change.ticket)}")]
    )


def planned(proposal: Proposal) -> list[Block]:
    """Show in a form what would be done."""
    lines = [f"{number}. {escape(step.words)}" for number, step in enumerate(proposal.steps, start=1)]
    return [
        divider(),
        section("\n".join([f"*{escape(proposal.headline)}*", *lines[:_SHOWN], *_more(lines)])),
        *([fields([(label, amount) for label, amount in proposal.sums])] if proposal.sums else []),
        context(escape("; ".join(proposal.sources))),
    ]


def listed(label: str, sentences: Sequence[str]) -> list[Block]:
    """Show sentences under a label; nothing where there are none."""
    lines = "\n".join(f"• {escape(sentence)}" for sentence in sentences)
    return [section(f"*{label}*\n{lines}")] if sentences else []


def _checklist(steps: Sequence[ChangeStep]) -> str:
    lines = [
        f"{_MARKS[step.state]} {escape(step.words)}"
        + (f" · _{escape(shortened(step.said, 200))}_" if step.said and step.state != "refused" else "")
        for step in steps
    ]
    return "\n".join([*lines[:_SHOWN], *_more(lines)])


def _more(lines: Sequence[str]) -> list[str]:
    return [f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []


def _working(steps: Sequence[ChangeStep]) -> str:
    unknown = next((step for step in steps if step.state == "unknown"), None)
    if unknown:
        return (
            f"❔ *Asking Stripe* whether this was done: {escape(unknown.words)}. It is not known yet, and it "
            f"will not be done twice. {escape(unknown.said)}"
        )
    if any(step.state == "later" for step in steps):
        return "🔵 *Stripe is busy*; it goes on in a moment."
    return "🔵 *Being carried out*, one step at a time."


def _facts(scene: Scene, change: BillingChange) -> list[tuple[str, str]]:
    customer = link(scene.stripe("customers", change.customer_id), _customer(change))
    mine = change.target.startswith("sub_")
    return [
        *((label, amount) for label, amount in change.proposal["sums"]),
        ("Customer", f"{customer}\n{escape(change.customer_email)}"),
        ("Subscription", link(scene.stripe("subscriptions", change.target), change.target) if mine else ""),
        ("Ticket", escape(change.ticket)),
        ("Asked by", f"{who(change.requested_by)}, {when(change.opened_at)}"),
    ]


def _given(scene: Scene, change: BillingChange) -> list[Block]:
    """Show what the customer was given for free in the last year, for whoever decides on more."""
    if change.kind != ChangeKind.COMP:
        return []
    lines = [
        f"• {escape(one.proposal['headline'])} {day(one.closed_at or one.opened_at)}, "
        f"asked by {who(one.requested_by)}, approved by {who(one.decided_by)}"
        for one in scene.comps
        if one.id != change.id
    ]
    shown = "\n".join([*lines[:_SHOWN], *_more(lines)]) or "Nothing."
    return [section(f"*Given for free in the last year*\n{shown}")]


def _buttons(change: BillingChange, *, with_buttons: bool) -> list[Block]:
    close = button("Close without the rest", "change_leave_off", change.id)
    match ChangeState(change.state):
        case ChangeState.AWAITING if with_buttons:
            approve = button("Approve", "change_approve", change.id, style="primary", says=_says(change))
            return [actions([approve, button("Deny", "change_deny", change.id, style="danger")])]
        case ChangeState.STUCK if with_buttons:
            again = button(
                "Try again",
                "change_go_on",
                change.id,
                style="primary",
                confirm=confirm(
                    "Try again?",
                    "Makegood looks at what Stripe holds and goes on with the step that was not done.",
                    "Try again",
                    "Not now",
                    style="primary",
                ),
            )
            return [actions([again, close])]
        case ChangeState.WAITING if with_buttons:
            return [actions([close])]
        case ChangeState.DONE if change.proposal["refund_possible"]:
            return [actions([button("Start the refund", "change_refund", change.id)])]
    return []


def _says(change: BillingChange) -> str:
    return f"Approve: {change.proposal['headline']}"


def _customer(change: BillingChange) -> str:
    return change.customer_name or change.customer_email or change.customer_id


def _decider(change: BillingChange) -> str:
    at = f", {when(change.decided_at)}" if change.decided_at else ""
    if change.automatic and not change.decided_by:
        return f"the playbook, automatically{at}"
    return f"{who(change.decided_by)}{at}"

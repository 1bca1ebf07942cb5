"""The card of a refund case: the amount, the customer, the deadline and the decision first."""

from __future__ import annotations

from typing import Final

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
from bot.cards.resolved import told
from bot.cards.ruling import arithmetic, evidence
from bot.cards.scene import Scene
from bot.cards.text import day, escape, left, link, quote, when, who
from bot.store.tables import Case, Dispute
from policy import wire
from policy.facts import Chargeback
from policy.lifecycle import CaseState, DisputeState
from policy.money import Money

SOURCES: Final = {
    "portal": "customer portal",
    "email": "email",
    "phone": "phone",
    "field_report": "field report",
    "slack": "Slack",
}


def amount(case: Case) -> Money:
    """Return what the case is about, in the charge's currency."""
    return Money(case.amount_minor, case.currency)


def card(scene: Scene, case: Case, *, with_buttons: bool) -> Message:
    """Draw the card; the requester's copy comes without the evidence and the buttons."""
    title = f"{amount(case)} refund for {case.customer_name or case.customer_email or case.charge_id}"
    blocks = [
        header(title),
        section(standing(scene, case)),
        *told(scene),
        fields(_facts(scene, case)),
        *_said(scene, case),
        *(_policy(case) if with_buttons else []),
        *(
            context(
                f"{one.refund_id} of {Money(one.amount_minor, one.currency)} was refunded outside Makegood."
            )
            for one in list(scene.outside)[:3]
        ),
        *(_buttons(case) if with_buttons else []),
        context(f"{case.id} · playbook {case.playbook}"),
    ]
    return Message(f"{title}: {plain_standing(case)}", blocks)


def standing(scene: Scene, case: Case) -> str:
    """Say in one or two lines where the case stands, who decided, and what comes next."""
    match CaseState(case.state):
        case CaseState.AWAITING:
            deadline = case.answer_by or scene.now
            waits = f"⏳ *Waiting for {scene.waiting_for(case.route, case.also_route)}*"
            asked = (
                "\n💬 The requester was asked a question; the answer comes in the thread."
                if case.question
                else ""
            )
            return f"{waits} · answer by {when(deadline)} ({left(scene.now, deadline)}){asked}"
        case CaseState.APPROVED:
            return _approved(case)
        case CaseState.PAYING:
            return f"{_paying(scene)}\nApproved by {_decider(case)}."
        case CaseState.SETTLING:
            return (
                f"🔵 *Stripe has the refund and it is not through yet* ({_status(scene)}). "
                f"{_next_of_status(scene)}\n`{case.refund_id}` · approved by {_decider(case)}"
            )
        case CaseState.PAID:
            return f"✅ *Refunded* {amount(case)} · `{case.refund_id}`\nDecided by {_decider(case)}."
        case CaseState.CLOSED:
            return (
                f"✅ *Resolved — Refund issued* · {amount(case)} · `{case.refund_id}`\n"
                f"Decided by {_decider(case)}. Ticket {escape(case.ticket)}."
            )
        case CaseState.DENIED:
            return f"⛔ *Denied* by {_decider(case)}\n{quote(case.decision_note)}"
        case CaseState.STUCK | CaseState.ABANDONED if scene.operation and scene.operation.state == "settling":
            return (
                f"🔵 *Stripe has the refund after all, and it is not through yet* ({_status(scene)}). "
                f"{_next_of_status(scene)}\n`{scene.operation.refund_id}`"
            )
        case CaseState.STUCK:
            return f"⚠️ *Needs a person: nothing more happens by itself*\n{escape(case.problem)}"
        case CaseState.REFUSED:
            return "⛔ *Not refunded*: the playbook refuses it."
        case CaseState.ABANDONED:
            return f"⛔ *Closed without a refund* by {_decider(case)}\n{quote(case.decision_note)}"


def plain_standing(case: Case) -> str:
    """Say where the case stands in a few words, for notifications."""
    return _PLAIN[CaseState(case.state)]


_PLAIN: Final = {
    CaseState.AWAITING: "waiting for a decision",
    CaseState.APPROVED: "approved",
    CaseState.PAYING: "approved, asking Stripe",
    CaseState.SETTLING: "approved, Stripe is not through yet",
    CaseState.PAID: "refunded",
    CaseState.CLOSED: "resolved, refund issued",
    CaseState.DENIED: "denied",
    CaseState.STUCK: "needs a person",
    CaseState.ABANDONED: "closed without a refund",
    CaseState.REFUSED: "not refunded",
}


def _facts(scene: Scene, case: Case) -> list[tuple[str, str]]:
    facts = wire.facts_from_dict(case.facts)
    charge = facts.charge
    shown = link(scene.stripe("payments", case.payment_intent_id or case.charge_id), case.charge_id)
    if charge:
        card_used = f" · {charge.card_brand.title()} •••• {charge.card_last4}" if charge.card_last4 else ""
        shown += f"\n{charge.amount} on {day(charge.created_at)}{card_used}"
        shown += f"\n{escape(charge.description)}" if charge.description else ""
    customer = facts.customer
    name = escape(case.customer_name or case.customer_email or "no customer on the charge")
    if case.customer_id:
        name = link(scene.stripe("customers", case.customer_id), case.customer_name or case.customer_id)
    detail = " · ".join(
        escape(part)
        for part in (
            case.customer_email,
            customer.organisation if customer else "",
            customer.tenant_id if customer else "",
        )
        if part
    )
    reason = scene.playbook.reasons.get(facts.ask.reason)
    return [
        ("Customer", f"{name}\n{detail}"),
        ("Charge", shown),
        ("Reason", escape(reason.label if reason else case.reason)),
        (
            "Ticket",
            f"{escape(case.ticket)} · by {SOURCES.get(case.source, case.source)}" if case.ticket else "",
        ),
        ("Asked by", f"{who(case.requested_by)}, {when(case.opened_at)}"),
        ("Identity", _identity(case)),
        ("Chargeback", _CHARGEBACK[facts.ask.chargeback]),
    ]


_CHARGEBACK: Final = {
    Chargeback.NONE: "",
    Chargeback.THREATENED: "⚠️ threatened. Answer the customer only after this is decided.",
    Chargeback.FILED: "⚠️ filed with the bank",
}


def _identity(case: Case) -> str:
    checks = wire.facts_from_dict(case.facts).ask.identity
    names = [("email", checks.email), ("organisation", checks.organisation), ("tenant id", checks.tenant)]
    missing = [name for name, made in names if not made]
    return f"not checked: {', '.join(missing)}" if missing else "email, organisation and tenant id checked"


def _said(scene: Scene, case: Case) -> list[Block]:
    blocks = []
    if case.note:
        blocks.append(section(f"*Note*\n{quote(case.note)}"))
    if scene.dispute:
        blocks.append(section(_dispute(scene.dispute, CaseState(case.state))))
    return blocks


def _dispute(dispute: Dispute, state: CaseState) -> str:
    """Say what a dispute of the charge means for the refund, as both stand now."""
    reason = escape(dispute.reason.replace("_", " "))
    match DisputeState(dispute.state):
        case DisputeState.WON:
            return "✅ *The chargeback on this charge was won.* The money is ours to refund again."
        case DisputeState.LOST | DisputeState.ACCEPTED:
            return (
                "⛔ *The chargeback on this charge has paid the cardholder.* A refund would pay them twice."
            )
        case DisputeState.ENDED:
            return "✅ *The bank's inquiry on this charge is over.*"
    if dispute.refundable:
        return (
            f"⚠️ *The bank inquires about this charge* ({reason}). "
            "It can still be refunded, and a refund in full ends the inquiry."
        )
    told = f"⚠️ *The bank has a chargeback on this charge* ({reason})."
    if state == CaseState.SETTLING:
        return (
            f"{told} The refund was at Stripe before it. If it goes through, finance sends it to the bank as "
            "evidence, so that nobody is paid twice."
        )
    if state in {CaseState.PAID, CaseState.CLOSED}:
        return f"{told} The refund was made before it; finance sends it to the bank as evidence."
    return f"{told} Stripe refuses a refund while it is open."


def _policy(case: Case) -> list[Block]:
    ruling = wire.ruling_from_dict(case.ruling)
    return [divider(), *evidence(ruling), *arithmetic(ruling)]


def _buttons(case: Case) -> list[Block]:
    checks = button("Every check", "case_checks", case.id, says="Show every check of the playbook")
    if case.state == CaseState.AWAITING:
        return [
            actions(
                [
                    button(
                        "Approve", "case_approve", case.id, style="primary", says=f"Approve {amount(case)}"
                    ),
                    button("Deny", "case_deny", case.id, style="danger", says=f"Deny {amount(case)}"),
                    button("Ask the requester", "case_ask", case.id),
                    checks,
                ]
            )
        ]
    if case.state == CaseState.STUCK:
        return [
            actions(
                [
                    button(
                        "Try the refund again",
                        "case_retry",
                        case.id,
                        style="primary",
                        confirm=confirm(
                            "Try again?",
                            f"{amount(case)} is sent to Stripe again, after a look at what it holds.",
                            "Try again",
                            "Not now",
                            style="primary",
                        ),
                    ),
                    button("Close without a refund", "case_abandon", case.id),
                    checks,
                ]
            )
        ]
    return [actions([checks])]


def _decider(case: Case) -> str:
    at = f", {when(case.decided_at)}" if case.decided_at else ""
    if case.automatic and not case.decided_by:
        return f"the playbook, automatically{at}"
    return f"{who(case.decided_by)}{at}"


def _approved(case: Case) -> str:
    if case.problem:
        return (
            f"⚠️ *Approved* by {_decider(case)}. *Nothing was sent to Stripe yet.* {escape(case.problem)} "
            "The refund is sent by itself once that is mended."
        )
    return f"🔵 *Approved* by {_decider(case)}. The refund goes to Stripe now."


def _paying(scene: Scene) -> str:
    if scene.operation and scene.operation.state == "unknown":
        return (
            "❔ *Asking Stripe* whether the refund was made. It is not known yet, and it will not be made "
            f"twice. {escape(scene.operation.said)}"
        )
    if scene.operation and scene.operation.state == "later":
        return f"🔵 *The refund waits.* {escape(scene.operation.said)} It is sent again by itself."
    return "🔵 *The refund is on its way to Stripe.*"


def _status(scene: Scene) -> str:
    return (scene.operation.refund_status if scene.operation else "").replace("_", " ") or "pending"


def _next_of_status(scene: Scene) -> str:
    if scene.operation and scene.operation.refund_status == "requires_action":
        return "Stripe has asked the customer by email for what it needs."
    return "Banks and some payment methods take days; this card changes by itself."

"""The card of a dispute: what the bank wants back, until when it can be answered, and the advice."""

from __future__ import annotations

from typing import Any

from bot.cards.blocks import (
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    fields,
    header,
    link_button,
    section,
)
from bot.cards.checklist import evidence, still_missing
from bot.cards.resolved import told
from bot.cards.scene import Scene
from bot.cards.text import escape, left, link, when, who
from bot.store.tables import Dispute
from policy.lifecycle import CaseState, DisputeState
from policy.money import Money

# What the bank's reason means for the desk (Stripe API, dispute reasons).
_REASONS = {
    "fraudulent": "the cardholder says that it was not them",
    "duplicate": "charged twice, says the cardholder",
    "product_not_received": "nothing was received, says the cardholder",
    "product_unacceptable": "not as described, says the cardholder",
    "subscription_canceled": "cancelled before the charge, says the cardholder",
    "credit_not_processed": "a promised refund did not come, says the cardholder",
    "unrecognized": "the cardholder does not recognise the charge",
}


def card(scene: Scene, dispute: Dispute) -> Message:
    """Draw the card."""
    amount = Money(dispute.amount_minor, dispute.currency)
    title = f"{amount} chargeback from {dispute.customer_name or dispute.customer_email or dispute.charge_id}"
    blocks = [
        header(title),
        section(standing(scene, dispute)),
        *told(scene),
        fields(_facts(scene, dispute)),
        *_found_out(dispute),
        *_advice(dispute),
        *evidence(scene, dispute),
        *_buttons(scene, dispute, amount),
        context(f"{dispute.id} · {escape(dispute.advice.get('source', ''))}"),
    ]
    return Message(f"{title}: {plain_standing(dispute)}", blocks)


def standing(scene: Scene, dispute: Dispute) -> str:
    """Say where the dispute stands, and who took it."""
    by = f"{who(dispute.decided_by)}{f', {when(dispute.decided_at)}' if dispute.decided_at else ''}"
    trouble = f"\n❔ {escape(dispute.problem)}" if dispute.problem else ""
    match DisputeState(dispute.state):
        case DisputeState.OPEN:
            waits = f"⏳ *Waiting for {scene.waiting_for(dispute.route, dispute.also_route)}*"
            deadline = f"decide by {when(dispute.answer_by)} ({left(scene.now, dispute.answer_by)})"
            return f"{waits} · {deadline}{trouble}"
        case DisputeState.GATHERING:
            due = dispute.evidence_due_at
            until = f"due {when(due)} ({left(scene.now, due)})" if due else "Stripe names no day for it"
            return f"🛡️ *{by} is challenging it.* The evidence is being gathered; {until}.{trouble}"
        case DisputeState.SUBMITTING:
            return f"🔵 *{_submitter(dispute)} submits the evidence.* Stripe is being told.{trouble}"
        case DisputeState.ACCEPTING:
            return f"🔵 *Accepted* by {by}. Stripe is being told.{trouble}"
        case DisputeState.CHALLENGED:
            submitted = f"by {_submitter(dispute)}" if dispute.submitted_at else "in the Stripe Dashboard"
            return f"📨 *The evidence is with the bank*, submitted {submitted}. The bank decides now."
        case DisputeState.ACCEPTED:
            return f"✅ *Accepted* by {by}. The money stays with the cardholder; this is final."
        case DisputeState.WON:
            return "✅ *Won.* The bank found for us."
        case DisputeState.LOST:
            return "⛔ *Lost.* The bank found for the cardholder."
        case DisputeState.ENDED:
            return f"✅ *Ended at Stripe* as {escape(dispute.status.replace('_', ' '))}."


def plain_standing(dispute: Dispute) -> str:
    """Say where it stands in a few words, for notifications."""
    return {
        DisputeState.OPEN: "waiting for finance",
        DisputeState.ACCEPTING: "accepted, asking Stripe",
        DisputeState.GATHERING: "being challenged",
        DisputeState.SUBMITTING: "submitting the evidence, asking Stripe",
        DisputeState.CHALLENGED: "the bank has the evidence",
        DisputeState.ACCEPTED: "accepted",
        DisputeState.WON: "won",
        DisputeState.LOST: "lost",
        DisputeState.ENDED: "ended",
    }[DisputeState(dispute.state)]


def _facts(scene: Scene, dispute: Dispute) -> list[tuple[str, str]]:
    due = dispute.evidence_due_at
    evidence_due = f"{when(due)}\n{left(scene.now, due)}" if due else "Stripe names no day; answer soon"
    waits = dispute.state in {DisputeState.OPEN, DisputeState.GATHERING}
    ours = f"{when(dispute.answer_by)}\n{left(scene.now, dispute.answer_by)}" if waits else ""
    customer = escape(dispute.customer_name or "unknown")
    if dispute.customer_id:
        customer = link(
            scene.stripe("customers", dispute.customer_id), dispute.customer_name or dispute.customer_id
        )
    return [
        ("Customer", f"{customer}\n{escape(dispute.customer_email)}"),
        (
            "Charge",
            link(scene.stripe("payments", dispute.payment_intent_id or dispute.charge_id), dispute.charge_id),
        ),
        ("Bank's reason", f"{escape(_words(dispute.reason))}\n{_REASONS.get(dispute.reason, '')}"),
        ("Evidence due at the bank", evidence_due if waits else ""),
        ("Our own deadline", ours),
        ("Refund on this charge", _refund(scene, dispute)),
        ("Money", _money(dispute)),
        ("At Stripe", escape(dispute.status.replace("_", " "))),
    ]


def _submitter(dispute: Dispute) -> str:
    at = f", {when(dispute.submitted_at)}" if dispute.submitted_at else ""
    return f"{who(dispute.submitted_by)}{at}"


def _money(dispute: Dispute) -> str:
    if not dispute.funds_currency:
        return "nothing has been withdrawn"
    lines = [f"{Money(dispute.withdrawn_minor, dispute.funds_currency)} withdrawn"]
    if dispute.reinstated_minor:
        lines.append(f"{Money(dispute.reinstated_minor, dispute.funds_currency)} came back")
    if dispute.fee_minor:
        lines.append(f"{Money(dispute.fee_minor, dispute.funds_currency)} fee")
    return "\n".join(lines)


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _refund(scene: Scene, dispute: Dispute) -> str:
    """Say what became of the refund that was asked for on this charge, and what it means for the bank."""
    case = scene.charge_case
    if case is None:
        return "none was asked for"
    asked = f"{case.id}, asked by {who(case.requested_by)}"
    match CaseState(case.state):
        case CaseState.PAID | CaseState.CLOSED:
            return f"✅ {asked}: refunded, `{case.refund_id}`. Send it as evidence."
        case CaseState.SETTLING | CaseState.PAYING:
            return f"⚠️ {asked}, is at Stripe and not through yet. If it goes through, send it as evidence."
        case CaseState.DENIED | CaseState.ABANDONED | CaseState.REFUSED:
            return f"{asked}: not refunded"
    if dispute.refundable:
        return f"⚠️ {asked}, is open. A refund in full ends this inquiry."
    return f"⚠️ {asked}, is open. Stripe refuses it while the chargeback is."


def _found_out(dispute: Dispute) -> list[Block]:
    """Say what the record of usage and the card's issuer say."""
    told = []
    if dispute.fraud_type:
        kind = "" if dispute.fraud_type == "before" else f": {escape(dispute.fraud_type.replace('_', ' '))}"
        told.append(f"⚠️ *The card's issuer warns of fraud*{kind}")
    usage = dispute.usage
    if usage is None and dispute.investigate:
        told.append("🔎 *Did they use it?* The record of usage is being asked.")
    elif usage is not None:
        told.append(f"🔎 *Did they use it between the charge and the dispute?*\n{_usage(usage)}")
    return [section("\n".join(told))] if told else []


def _usage(usage: dict[str, Any]) -> str:
    if usage["problem"]:
        return f"❔ Not known. {escape(usage['problem'])}"
    answers = f"{_answer('Signed in', usage['signed_in'])} · {_answer('Used the service', usage['used'])}"
    return f"{answers}\n{escape(usage['says'])}" if usage["says"] else answers


def _answer(what: str, said: bool | None) -> str:  # noqa: FBT001  # it is what the record says, not a switch
    if said is None:
        return f"❔ {what}: not known"
    return f"✅ {what}" if said else f"⛔ {what}: no"


def _advice(dispute: Dispute) -> list[Block]:
    if dispute.state not in {DisputeState.OPEN, DisputeState.GATHERING}:
        return []
    advice = dispute.advice
    return [section(f"*The playbook's advice: {escape(advice['headline'])}*\n{escape(advice['why'])}")]


def _buttons(scene: Scene, dispute: Dispute, amount: Money) -> list[Block]:
    page = link_button("Open in Stripe", "open_link", scene.stripe("disputes", dispute.id))
    look = button("Look up usage again", "dispute_usage", dispute.id)
    if dispute.state == DisputeState.OPEN:
        challenge = button("Challenge", "dispute_challenge", dispute.id, style="primary")
        return [actions([_accept(dispute, amount), challenge, look, page])]
    if dispute.state == DisputeState.GATHERING:
        add = button("Add evidence", "dispute_evidence", dispute.id)
        return [actions([add, _submit(scene, dispute), _accept(dispute, amount), look, page])]
    if dispute.state in {DisputeState.SUBMITTING, DisputeState.CHALLENGED}:
        return [actions([page])]
    return []


def _accept(dispute: Dispute, amount: Money) -> Block:
    return button(
        "Accept",
        "dispute_accept",
        dispute.id,
        style="danger",
        says=f"Accept the chargeback of {amount}",
        confirm=confirm(
            "Accept this chargeback?",
            f"{amount} stays with the cardholder and the dispute fee is not returned. "
            "Stripe closes the dispute. This is final and cannot be taken back.",
            "Accept, finally",
            "Not now",
        ),
    )


def _submit(scene: Scene, dispute: Dispute) -> Block:
    lacking = still_missing(scene, dispute)
    count = (
        "Nothing of the checklist is missing."
        if not lacking
        else (f"{len(lacking)} of the papers that win it {'is' if len(lacking) == 1 else 'are'} missing.")
    )
    return button(
        "Submit evidence",
        "dispute_submit",
        dispute.id,
        style="primary",
        confirm=confirm(
            "Submit the evidence?",
            f"{count} The bank takes evidence once: nothing can be added or changed afterwards.",
            "Submit, finally",
            "Not now",
            style="primary",
        ),
    )

"""The lines of a card's thread: each audit entry in words, and the reminders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.cards.blocks import Message, section
from bot.cards.scene import Scene
from bot.cards.text import escape, quote, who

_WORDS: Final[Mapping[str, str]] = {
    "approved": "✅ {actor} approved it.",
    "granted": "✅ The playbook granted it; nobody had to be asked.",
    "denied": "⛔ {actor} denied it, {requester}:",
    "question_asked": "💬 {actor} asks {requester}:",
    "question_answered": "💬 {actor} answers:",
    "refund_sent": "➡️ The refund was sent to Stripe.",
    "refund_blocked": "⚠️ The refund was not sent.",
    "refund_pending": "🔵 Stripe has the refund `{refund}`; it is not through yet.",
    "refund_succeeded": "✅ {requester}: {amount} is refunded, `{refund}`.",
    "refund_refused": "⚠️ Stripe refused the refund.",
    "refund_failed": "⚠️ The refund `{refund}` failed; the money is back in the Stripe balance.",
    "refund_unknown": "❔ Stripe's answer did not arrive. Makegood asks again; the refund is not made twice.",
    "outside_refund": "👀 {amount} was refunded outside Makegood: `{refund}`.",
    "mail_sent": "✉️ The customer was told by email.",
    "customer_told": "✉️ {actor} told the customer.",
    "mail_failed": "⚠️ The customer could not be told by email. Please tell them yourself.",
    "no_mail": "✉️ There is no email address to write to. Please tell the customer yourself.",
    "closed": "📁 Resolved — Refund issued. Ticket {ticket}.",
    "retried": "🔁 {actor} sends it again.",
    "abandoned": "⛔ {actor} closed it without a refund.",
    "handed_on": "➡️ {actor} handed it on to {route}.",
    "also_sent": "⏰ The deadline has passed, so {route} has it too.",
    "acknowledged": "👀 {actor} is on it.",
    "resolved": "✅ {actor} resolved it.",
    "accept_decided": "✅ {actor} accepted the chargeback. Stripe is being told.",
    "accepted": "✅ Stripe closed the dispute as accepted.",
    "challenge_taken": "🛡️ {actor} challenges it and gathers the evidence.",
    "evidence_added": "📎 {actor} added evidence: {papers}.",
    "submit_decided": "📨 {actor} submits the evidence. Stripe is being told.",
    "evidence_submitted": "📨 The evidence is with the bank. It decides now, which can take two months.",
    "evidence_refused": "⚠️ The evidence was not submitted.",
    "chargeback_followed": "⚠️ The bank's inquiry has become a chargeback. It needs an answer of its own.",
    "funds_withdrawn": "💸 The bank took {amount} out of the Stripe balance.",
    "funds_reinstated": "💰 {amount} came back to the Stripe balance.",
    "investigated": "🔎 The record of usage was asked; the card shows what it says.",
    "fraud_warned": "⚠️ The card's issuer warns of fraud: {kind}.",
    "won": "✅ The dispute was won.",
    "lost": "⛔ The dispute was lost.",
    "ended": "✅ The dispute ended at Stripe: {status}.",
    "linked_request": "🔗 {actor} asked for a refund of the same charge again. It was linked to this one.",
    "disputed": "⚠️ The bank has opened a chargeback on this charge.",
    "step_done": "☑️ {what}{said}.",
    "step_refused": "⚠️ {what}: Stripe did not do it.",
    "step_unknown": "❔ {what}: Stripe's answer did not arrive. Makegood looks whether it was done.",
    "customer_asked": "⏳ The customer has to pay now. What follows waits for it.",
    "payment_failed": "⚠️ {what}: their payment failed.",
    "carried_out": "📁 Carried out. Ticket {ticket}.",
    "tried_again": "🔁 {actor} goes on with it.",
    "left_off": "⛔ {actor} closed it without the rest.",
    "card_posted_anew": "The card before this one was deleted, so here it is again.",
}


def line(scene: Scene, detail: Mapping[str, Any]) -> Message:
    """Say one audit entry in a sentence, with what a person wrote about it underneath."""
    words = _WORDS[detail["event"]].format_map(_Named(scene, detail))
    written = detail.get("note", "")
    said = f"{words}\n{quote(written)}" if written else words
    return Message(words, [section(said)])


def reminder(scene: Scene, detail: Mapping[str, Any]) -> Message:
    """Remind those who can act."""
    who_can = scene.waiting_for(detail["route"], detail.get("also_route", ""))
    words = f"⏰ {who_can}: {_WHEN[detail['kind']].format(span=detail['span'])}"
    return Message(words, [section(words)])


_WHEN: Final = {
    "ahead": "this is due in {span}.",
    "due": "this is due now.",
    "overdue": "this has been overdue for {span}.",
}


class _Named(dict[str, str]):
    """The names that a sentence may use, each escaped or mentioned as it should be."""

    def __init__(self, scene: Scene, detail: Mapping[str, Any]) -> None:
        super().__init__({key: escape(str(value)) for key, value in detail.items()})
        self["actor"] = who(detail["actor"])
        if asked := scene.case or scene.change:
            self["requester"] = who(asked.requested_by)
        if "route" in detail:
            self["route"] = scene.waiting_for(detail["route"])

    def __missing__(self, key: str) -> str:
        return ""

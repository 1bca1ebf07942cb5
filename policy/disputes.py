"""Advise finance on a dispute: accept it, challenge it, or look closer; and which papers to send."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from policy.evidence import checklist
from policy.model import DisputeTerms, Playbook
from policy.money import Money
from policy.ruling import in_reference_currency


class Usage(Struct, frozen=True):
    """What a record of usage says of one customer between two moments. None: it does not say."""

    signed_in: bool | None = None
    used: bool | None = None
    says: str = ""
    problem: str = ""
    """Why it could not be read; then it says nothing, which is never a no."""


class DisputeFacts(Struct, frozen=True):
    """What is known of a dispute. `usage_proven` None: nobody knows. Times are aware, in UTC."""

    amount: Money
    reason: str
    evidence_due_at: datetime | None
    usage_proven: bool | None
    fraud_suspected: bool | None
    charge_refundable: bool


class Advice(Struct, frozen=True):
    """What the playbook would do; a person decides. `evidence` is the checklist for a challenge."""

    action: Literal["accept", "challenge", "review"]
    headline: str
    why: str
    source: str
    evidence: tuple[str, ...]


def advise(facts: DisputeFacts, playbook: Playbook, now: datetime) -> Advice:
    """Return the advice on a dispute. Source: the playbook's [disputes].

    Accepting comes first: when fraud is suspected or the amount is small, proof of usage changes nothing.
    """
    terms = playbook.disputes
    if terms is None:
        text = "This playbook has no rule for disputes."
        return Advice("review", "A person decides on this dispute.", text, playbook.title, ())
    evidence = tuple(paper.name for paper in checklist(playbook, facts.reason))
    if facts.fraud_suspected:
        return Advice(
            "accept",
            "Accept: fraud is suspected.",
            "A dispute is accepted when fraud is suspected.",
            terms.source,
            (),
        )
    if _is_small(facts.amount, terms, playbook):
        why = f"{facts.amount} is below {terms.accept_below}; a dispute that small is accepted."
        return Advice("accept", f"Accept: {facts.amount} is a small amount.", why, terms.source, ())
    if facts.evidence_due_at is not None and facts.evidence_due_at <= now:
        why = "The day for evidence is past; the bank takes no more."
        return Advice(
            "review", "Too late to challenge: check in Stripe how it stands.", why, terms.source, evidence
        )
    if facts.usage_proven:
        why = "A dispute is challenged when usage can be proven."
        return Advice(
            "challenge", "Challenge: we can prove that the service was used.", why, terms.source, evidence
        )
    return _review(facts, terms, evidence)


def _is_small(amount: Money, terms: DisputeTerms, playbook: Playbook) -> bool:
    converted = in_reference_currency(playbook, amount)
    return converted is not None and converted < terms.accept_below


def _review(facts: DisputeFacts, terms: DisputeTerms, evidence: tuple[str, ...]) -> Advice:
    why = " ".join(terms.ask) or "Nothing decides this dispute yet."
    if facts.usage_proven is False:
        why = "There is no proof of usage, no sign of fraud, and the amount is not small."
    if facts.charge_refundable:
        why = f"{why} The bank still only inquires: a refund now would end it."
    return Advice(
        "review", "Look closer: the facts do not decide this dispute yet.", why, terms.source, evidence
    )

"""Write the ruling down: its headline, its reasons, what to do next, and who must answer by when."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from policy.model import Issue, Playbook, Route
from policy.money import Money
from policy.rules.verdict import Stop
from policy.ruling import Escalate, Finding, Grant, Line, Refuse


class Decisive(NamedTuple):
    """The rule that decided: its id, its sentence and its passage."""

    rule: str
    says: str
    source: str


class Advice(NamedTuple):
    """What the agent can do and say besides the decision itself."""

    next_steps: tuple[str, ...] = ()
    tell_customer: tuple[str, ...] = ()


class Offer(NamedTuple):
    """An amount that may be refunded, the lines that add up to it, and what was asked where that is more."""

    amount: Money
    lines: tuple[Line, ...]
    asked_more: Money | None = None


class Basis(NamedTuple):
    """What every ruling stands on: the playbook, the rule that decided, what was found, and when."""

    playbook: Playbook
    decisive: Decisive
    findings: list[Finding]
    now: datetime


def granted(basis: Basis, offer: Offer, advice: Advice) -> Grant:
    """Return the grant of `offer`."""
    playbook, decisive, findings, now = basis
    amount = str(offer.amount)
    instead = f", not the {offer.asked_more} that was asked for" if offer.asked_more else ""
    told = [
        text.replace("{amount}", amount).replace("{arrives_within}", playbook.arrives_within)
        for text in playbook.tell_on_grant
    ]
    return Grant(
        headline=f"Granted: {amount} goes back to the card now{instead}.",
        why=decisive.says,
        rule=decisive.rule,
        source=decisive.source,
        findings=tuple(findings),
        next_steps=advice.next_steps,
        tell_customer=(*advice.tell_customer, *told),
        arithmetic=offer.lines,
        playbook=playbook.version,
        ruled_at=now,
        amount=offer.amount,
    )


def sent_on(basis: Basis, issue: Issue, offer: Offer | None, advice: Advice, opening: str = "") -> Escalate:
    """Return the escalation of `issue`; without an `offer` no refund may be approved on it."""
    playbook, decisive, findings, now = basis
    return Escalate(
        headline=f"{opening}{_sent_to(playbook.routes[issue.route], offer)}",
        why=decisive.says,
        rule=decisive.rule,
        source=decisive.source,
        findings=tuple(findings),
        next_steps=advice.next_steps,
        tell_customer=advice.tell_customer,
        arithmetic=offer.lines if offer else (),
        playbook=playbook.version,
        ruled_at=now,
        issue=issue.id,
        route=issue.route,
        due_at=now + issue.sla,
        amount=offer.amount if offer else None,
    )


def refused(playbook: Playbook, stops: list[Stop], findings: list[Finding], now: datetime) -> Refuse:
    """Return the refusal: the first stop decides, the others add what to do as well."""
    decisive = stops[0]
    return Refuse(
        headline=decisive.headline,
        why=decisive.why,
        rule=decisive.finding.rule,
        source=decisive.finding.source,
        findings=tuple(findings),
        next_steps=tuple(step for stop in stops for step in stop.next_steps),
        tell_customer=tuple(text for stop in stops for text in stop.tell_customer),
        arithmetic=(),
        playbook=playbook.version,
        ruled_at=now,
        linked_case=decisive.linked_case,
    )


def _sent_to(route: Route, offer: Offer | None) -> str:
    if offer is None:
        return f"Sent to {route.called}. No refund can be approved on it."
    instead = f", not the {offer.asked_more} that was asked for" if offer.asked_more else ""
    return f"Sent to {route.called}, who may approve {offer.amount}{instead}."

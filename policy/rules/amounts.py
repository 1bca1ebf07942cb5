"""Who must agree to an amount: tiers on the sum of a rolling window, customer tiers, rates and ceilings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from policy.facts import Facts, History
from policy.model import Ceilings, Playbook, Tier
from policy.money import Money
from policy.periods import counted
from policy.rules.rates import Convert, compile_rates
from policy.rules.verdict import Scene
from policy.ruling import Finding, Result


class Band(NamedTuple):
    """Where an amount falls: the issue that decides (None: automatic), and the rule in words."""

    issue: str | None
    rule: str
    says: str
    source: str
    minor: int


Weigh = Callable[[Scene, Money, list[Finding]], Band]
Limit = Callable[[Scene, int, list[Finding]], Band | None]


def compile_weigh(playbook: Playbook) -> Weigh:
    """Return the function that finds who must agree to an amount, and adds what it found to the findings."""
    convert, reference = compile_rates(playbook.rates), playbook.rates.reference
    gathered = _compile_together(playbook, convert)
    floors = {tier.casefold(): amount.minor for tier, amount in playbook.amounts.customer_tiers.items()}
    bands = [(tier, tier.words(reference)) for tier in playbook.amounts.tiers]

    def weigh(scene: Scene, amount: Money, findings: list[Finding]) -> Band:
        minor = convert(amount.minor, amount.currency)
        before = gathered(scene, findings)
        if minor is None or before is None:
            return _unknown(playbook, amount.currency if minor is None else "an earlier refund", findings)
        judged = minor + before
        customer = scene.facts.customer
        if floors and customer is not None and (floor := floors.get(customer.tier.casefold(), 0)) > judged:
            judged = floor
            findings.append(_floored(playbook, customer.tier, floor))
        for tier, words in bands:
            if _reaches(tier, judged):
                written = (
                    amount if judged == minor and amount.currency == reference else Money(judged, reference)
                )
                text = f"{written} is in the tier “{words}”."
                result = Result.PASSED if tier.issue is None else Result.NOTED
                findings.append(Finding("amounts.tiers", result, text, tier.source))
                return Band(tier.issue, "amounts.tiers", tier.says, tier.source, minor)
        raise AssertionError("the tiers of a playbook have no gap")

    return weigh


def _reaches(tier: Tier, minor: int) -> bool:
    """Return whether `minor` lies below the tier's end; asked from the lowest tier up."""
    return tier.end is None or minor < tier.end or (minor == tier.end and tier.includes_end)


def _unknown(playbook: Playbook, what: str, findings: list[Finding]) -> Band:
    rates = playbook.rates
    text = f"The rate table of {rates.as_of} has no rate for {what}, so the amount cannot be judged."
    findings.append(Finding("rates", Result.FAILED, text, rates.source))
    return Band(rates.unknown, "rates", text, rates.source, 0)


def _floored(playbook: Playbook, tier: str, floor: int) -> Finding:
    least = Money(floor, playbook.rates.reference)
    text = f"Customers of the tier “{tier}” are treated as if at least {least} were asked."
    return Finding("amounts.customer_tiers", Result.NOTED, text, playbook.amounts.customer_tiers_source)


def _compile_together(playbook: Playbook, convert: Convert) -> Callable[[Scene, list[Finding]], int | None]:
    together, reference = playbook.amounts.together, playbook.rates.reference
    if together is None:
        return lambda _scene, _findings: 0
    window, source = timedelta(days=together.days), together.source
    spell = f"the last {counted(together.days, 'day')}"
    none = Finding(
        "amounts.together", Result.PASSED, f"Nothing was refunded to this customer in {spell}.", source
    )

    def gathered(scene: Scene, findings: list[Finding]) -> int | None:
        since = scene.now - window
        refunds = [refund for refund in scene.facts.history.refunds if refund.at > since]
        if not refunds:
            findings.append(none)
            return 0
        converted = [convert(refund.amount.minor, refund.amount.currency) for refund in refunds]
        known = [minor for minor in converted if minor is not None]
        if len(known) < len(converted):
            return None
        text = f"This customer was refunded {Money(sum(known), reference)} in {spell}; it is judged together."
        findings.append(Finding("amounts.together", Result.NOTED, text, source))
        return sum(known)

    return gathered


def compile_limit(playbook: Playbook) -> Limit:
    """Return the function that sends an automatic grant to a person once the day's ceilings are reached."""
    ceilings, reference = playbook.amounts.ceilings, playbook.rates.reference
    if ceilings is None:
        return lambda _scene, _minor, _findings: None
    review, source = playbook.amounts.review, ceilings.source
    passed = Finding(
        "amounts.ceilings", Result.PASSED, "The day's ceilings for automatic refunds are not reached.", source
    )

    def limit(scene: Scene, minor: int, findings: list[Finding]) -> Band | None:
        if _within(ceilings, scene.facts.history, minor):
            findings.append(passed)
            return None
        text = _over(ceilings, scene.facts, minor, reference)
        findings.append(Finding("amounts.ceilings", Result.FAILED, text, source))
        return Band(review, "amounts.ceilings", text, source, minor)

    return limit


def _within(ceilings: Ceilings, history: History, minor: int) -> bool:
    return (
        history.automatic_by_agent < ceilings.agent_count
        and history.automatic_in_all < ceilings.all_count
        and history.automatic_by_agent_minor + minor <= ceilings.agent_minor
        and history.automatic_in_all_minor + minor <= ceilings.all_minor
    )


def _over(ceilings: Ceilings, facts: Facts, minor: int, reference: str) -> str:
    history = facts.history
    agent = facts.actor.name or "this agent"
    if history.automatic_by_agent >= ceilings.agent_count:
        had = counted(history.automatic_by_agent, "automatic refund")
        return f"In 24 hours {agent} has had {had}; {ceilings.agent_count} are allowed."
    if history.automatic_by_agent_minor + minor > ceilings.agent_minor:
        come_to = Money(history.automatic_by_agent_minor + minor, reference)
        allowed = Money(ceilings.agent_minor, reference)
        return (
            f"With this one {agent} comes to {come_to} in 24 hours without approval; {allowed} are allowed."
        )
    if history.automatic_in_all >= ceilings.all_count:
        had = counted(history.automatic_in_all, "automatic refund")
        return f"In 24 hours the desk has made {had}; {ceilings.all_count} are allowed."
    come_to = Money(history.automatic_in_all_minor + minor, reference)
    allowed = Money(ceilings.all_minor, reference)
    return f"With this one the desk comes to {come_to} in 24 hours without approval; {allowed} are allowed."

"""Check a reason against the facts: charges after a cancellation, renewals, what only a person knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from policy.facts import Charge
from policy.model import Playbook, ReasonRule, Renewal
from policy.periods import counted, day_of, written
from policy.rules.duplicates import compile_duplicate
from policy.rules.services import compile_service
from policy.rules.terminations import compile_termination
from policy.rules.verdict import Checked, ReasonCheck, Scene, Standing, left_lines, refunded_lines, total
from policy.ruling import Finding, Line, Result


def compile_reason(rule: ReasonRule, playbook: Playbook) -> ReasonCheck:
    """Return the check that `rule` stands for."""
    return _FACTORIES[rule.check](rule, playbook)


def _finding(rule: ReasonRule, result: Result, text: str) -> Finding:
    return Finding(f"reasons.{rule.id}", result, text, rule.source)


def _vouched(rule: ReasonRule, _: Playbook) -> ReasonCheck:
    finding = _finding(rule, Result.NOTED, f"“{rule.label}” is for a person to judge.")

    def check(scene: Scene) -> Checked:
        notes = _unused_time(rule, scene)
        return Checked(Standing.VOUCHED, finding, left_lines(scene.charge), notes)

    return check


def _no_ground(rule: ReasonRule, _: Playbook) -> ReasonCheck:
    finding = _finding(rule, Result.FAILED, f"“{rule.label}” is no ground for a refund on its own.")
    standing = Standing.VOUCHED if rule.issue else Standing.FAILED

    def check(scene: Scene) -> Checked:
        return Checked(standing, finding, left_lines(scene.charge))

    return check


def _cancellation(rule: ReasonRule, _: Playbook) -> ReasonCheck:
    def check(scene: Scene) -> Checked:
        subscription, charge = scene.facts.subscription, scene.charge
        ends_at = subscription.ends_at if subscription else None
        if subscription is None or ends_at is None:
            text = "Stripe has no confirmed date for the cancellation."
            steps = ("Check the date in the support system and write it in the thread.",)
            return Checked(
                Standing.VOUCHED, _finding(rule, Result.NOTED, text), left_lines(charge), (), steps
            )
        ended, charged = day_of(ends_at, scene.zone), day_of(charge.created_at, scene.zone)
        dates = f"The cancellation holds from {written(ended)}; the charge is of {written(charged)}"
        if charge.created_at < ends_at:
            return Checked(Standing.FAILED, _finding(rule, Result.FAILED, f"{dates}, before it."))
        lines = left_lines(charge)
        start, end = subscription.period_start, subscription.period_end
        if start is not None and end is not None and start < ends_at < end:
            first, last = day_of(start, scene.zone), day_of(end, scene.zone)
            days, unused = (last - first).days, (last - ended).days
            if 0 < unused < days:
                lines = _part(charge, unused, days, "Used before the cancellation")
        if total(lines) <= 0:
            return Checked(
                Standing.FAILED,
                _finding(rule, Result.FAILED, f"{dates}; the unused part was refunded before."),
            )
        return Checked(Standing.VERIFIED, _finding(rule, Result.PASSED, f"{dates}, after it."), lines)

    return check


def _part(charge: Charge, unused: int, days: int, text: str) -> tuple[Line, ...]:
    kept = charge.amount.share(unused, days) - charge.amount
    return (
        Line("Charged", charge.amount),
        Line(f"{text}: {days - unused} of {counted(days, 'day')}", kept),
        *refunded_lines(charge),
    )


def _renewal(rule: ReasonRule, _: Playbook) -> ReasonCheck:
    if not isinstance(rule.terms, Renewal):
        raise TypeError("a renewal rule has the terms of a renewal")
    within = rule.terms.within_days

    def check(scene: Scene) -> Checked:
        charge = scene.charge
        if charge.billing_reason == "":
            text = "Stripe does not say whether this charge was a renewal."
            return Checked(Standing.VOUCHED, _finding(rule, Result.NOTED, text), left_lines(charge))
        if charge.billing_reason != "subscription_cycle":
            return Checked(Standing.FAILED, _finding(rule, Result.FAILED, "This charge was no renewal."))
        renewed = day_of(charge.created_at, scene.zone)
        days = (day_of(scene.now, scene.zone) - renewed).days
        ago, allowed = counted(days, "day"), counted(within, "day")
        text = f"Renewed on {written(renewed)}, {ago} ago; {allowed} are allowed."
        if days > within:
            return Checked(Standing.FAILED, _finding(rule, Result.FAILED, text))
        return Checked(
            Standing.VERIFIED,
            _finding(rule, Result.PASSED, text),
            left_lines(charge),
            _unused_time(rule, scene),
        )

    return check


def _unused_time(rule: ReasonRule, scene: Scene) -> tuple[Finding, ...]:
    subscription = scene.facts.subscription
    if subscription is None or subscription.period_start is None or subscription.period_end is None:
        return ()
    if not subscription.period_start <= scene.now < subscription.period_end:
        return ()
    today = day_of(scene.now, scene.zone)
    first, last = day_of(subscription.period_start, scene.zone), day_of(subscription.period_end, scene.zone)
    days, unused = (last - first).days, (last - today).days
    if days <= 0:
        return ()
    share = scene.charge.amount.share(unused, days)
    text = f"Unused time: {unused} of {counted(days, 'day')}, {share}. A refund of this part is possible too."
    return (_finding(rule, Result.NOTED, text),)


_FACTORIES: Final[Mapping[str, Callable[[ReasonRule, Playbook], ReasonCheck]]] = {
    "duplicate": compile_duplicate,
    "cancellation": _cancellation,
    "renewal": _renewal,
    "termination": compile_termination,
    "service": compile_service,
    "vouched": _vouched,
    "no_ground": _no_ground,
    "fraud": _vouched,  # never asked: a suspected fraud is sent on before its reason is checked
    "past_due": _vouched,
}

"""How much comes back when a subscription is terminated: all at first, then the whole months that remain."""

from __future__ import annotations

from datetime import date

from policy.facts import Charge, Subscription
from policy.model import Playbook, ReasonRule, Termination
from policy.periods import add_months, counted, day_of, months_between, months_in_term, written
from policy.rules.verdict import Checked, ReasonCheck, Scene, Standing, left_lines, refunded_lines, total
from policy.ruling import Finding, Line, Result


def compile_termination(rule: ReasonRule, _: Playbook) -> ReasonCheck:
    """Return the check of a termination.

    Months are counted from the day of purchase: a term bought on the 10th has months that start on the 10th.
    The month in which the termination takes effect is not refunded; terms of days or weeks hold no whole
    month.
    """
    if not isinstance(rule.terms, Termination):
        raise TypeError("a termination rule has the terms of a termination")
    terms, name = rule.terms, f"reasons.{rule.id}"

    def check(scene: Scene) -> Checked:
        subscription = scene.facts.subscription
        if missing := _missing(terms, scene, subscription):
            text, steps = missing
            return Checked(Standing.FAILED, Finding(name, Result.FAILED, text, rule.source), next_steps=steps)
        if subscription is None or subscription.ends_at is None:
            text = "Stripe shows no subscription for this charge."
            finding = Finding(name, Result.NOTED, text, rule.source)
            return Checked(Standing.VOUCHED, finding, left_lines(scene.charge))
        ended = day_of(subscription.ends_at, scene.zone)
        lines, text = _refundable(terms, subscription, ended, scene)
        if lines and total(lines) > 0:
            return Checked(Standing.VERIFIED, Finding(name, Result.PASSED, text, rule.source), lines)
        text = f"{text} That much was refunded before." if lines else text
        return Checked(Standing.FAILED, Finding(name, Result.FAILED, text, rule.source))

    return check


def _missing(
    terms: Termination, scene: Scene, subscription: Subscription | None
) -> tuple[str, tuple[str, ...]] | None:
    """Return what is missing for a refund on termination and what to do about it; None: nothing."""
    if not terms.enabled:
        return "Refunds on termination are switched off in this playbook.", ()
    if not scene.ask.note.strip():
        step = "Write in the note why the customer terminates, then ask again."
        return "A termination needs its reason.", (step,)
    if subscription is not None and subscription.ends_at is None:
        step = "Terminate the subscription first, with effect today and without proration. Then ask again."
        return "The subscription is not terminated.", (step,)
    return None


def _refundable(
    terms: Termination, subscription: Subscription, ended: date, scene: Scene
) -> tuple[tuple[Line, ...], str]:
    """Return the lines of what comes back, none when nothing does, and the sentence that says why."""
    bought = day_of(subscription.started_at, scene.zone)
    days = (ended - bought).days
    facts = f"Bought on {written(bought)}, terminated with effect from {written(ended)}"
    if days <= terms.full_within_days:
        within = counted(terms.full_within_days, "day")
        return left_lines(scene.charge), f"{facts}, within {within}: all of it is refunded."
    lines, words = _remaining(subscription, scene.charge, ended, scene)
    return lines, f"{facts}, after {counted(days, 'day')}: {words}"


def _remaining(
    subscription: Subscription, charge: Charge, ended: date, scene: Scene
) -> tuple[tuple[Line, ...], str]:
    months = months_in_term(subscription.interval, subscription.interval_count)
    if not months:
        return (), "the term holds no whole month."
    anchor = _anchor(subscription, scene)
    paid_on = day_of(charge.created_at, scene.zone)
    first = max(0, months_between(anchor, paid_on)) // months * months
    begun = max(1, months_between(anchor, ended) - first + 1)
    remaining = months - begun
    if remaining <= 0:
        return (), "no whole month remains."
    month = add_months(anchor, first + begun - 1)
    kept = charge.amount.share(remaining, months) - charge.amount
    lines = (
        Line(f"Paid for {counted(months, 'month')}", charge.amount),
        Line(f"Not refunded: {counted(begun, 'month')} of {months}", kept),
        *refunded_lines(charge),
    )
    words = f"the month from {written(month)} is not refunded, {remaining} of {counted(months, 'month')} are."
    return lines, words


def _anchor(subscription: Subscription, scene: Scene) -> date:
    """Return the day terms are counted from: the purchase, or the period's start where a trial moved it."""
    bought = day_of(subscription.started_at, scene.zone)
    if subscription.period_start is None:
        return bought
    period = day_of(subscription.period_start, scene.zone)
    return bought if add_months(bought, months_between(bought, period)) == period else period

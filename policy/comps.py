"""Free access given: a coupon for 100 %, or the end of a trial moved, within the playbook's limits."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

from msgspec import Struct

from policy.changes import ChangeKind, Declined, Proposal, Step, StepKind
from policy.facts import Subscription
from policy.model import CompLimits, Comps, Playbook
from policy.periods import add_months, counted, months_in_term, written


class Way(StrEnum):
    """How free access is given."""

    COUPON = "coupon"
    TRIAL = "trial"


class Gift(Struct, frozen=True):
    """What is asked for: a coupon for so many `months`, or a trial `until` a day."""

    way: Way
    months: int | None = None
    until: date | None = None


def give_access(
    gift: Gift,
    subscription: Subscription,
    name: str,
    given_before: int,
    playbook: Playbook,
    now: datetime,
) -> Proposal | Declined:
    """Return how free access to `subscription`, called `name`, is given. Source: the playbook's [comps].

    `given_before` is how often this agent asked within the limit's time. A moved trial ends at the start of
    its day, in UTC, and never shortens what is paid for.
    """
    comps = playbook.comps
    limits = comps.limits if comps else None
    if comps is None or limits is None:
        return Declined(
            "This playbook does not say how free access is given, so it cannot be asked for here."
        )
    if subscription.status in {"canceled", "incomplete_expired", "unpaid"} or subscription.ends_at:
        return Declined(f"“{name}” is cancelled, so there is nothing to give free access to.")
    if given_before >= limits.per_agent:
        return Declined(
            f"You have asked for free access {counted(given_before, 'time')} in "
            f"{counted(limits.within.days, 'day')}; {limits.per_agent} are allowed.",
            (f"Talk to {playbook.routes[comps.granted_by].called} about this one.",),
        )
    if gift.way not in comps.ways:
        return Declined("This playbook does not give free access that way.")
    made = (
        _coupon(gift, subscription, name, limits, now)
        if gift.way is Way.COUPON
        else _trial(gift, subscription, name, limits, now)
    )
    return made if isinstance(made, Declined) else _proposal(made, subscription, comps, limits)


def _proposal(
    made: tuple[str, tuple[Step, ...]], of: Subscription, comps: Comps, limits: CompLimits
) -> Proposal:
    headline, steps = made
    return Proposal(
        kind=ChangeKind.COMP,
        target=of.id,
        headline=headline,
        steps=steps,
        by_hand=("Tell the customer until when it is free.",),
        tell_customer=(),
        issue=limits.issue,
        sources=tuple(dict.fromkeys([comps.source, comps.source_granted_by, limits.source])),
    )


def _coupon(
    gift: Gift, subscription: Subscription, name: str, limits: CompLimits, now: datetime
) -> tuple[str, tuple[Step, ...]] | Declined:
    months = gift.months or 0
    if months < 1:
        return Declined("Say for how many months, 1 at least.")
    span = add_months(now.date(), months) - now.date()
    if span > limits.longest:
        return Declined(
            f"{counted(months, 'month')} is too long; {counted(limits.longest.days, 'day')} are allowed."
        )
    if months_in_term(subscription.interval, subscription.interval_count) > months:
        return Declined(
            f"“{name}” is billed for longer than {counted(months, 'month')} at a time: "
            "a coupon would make the whole of it free.",
            ("Move the end of the trial instead: the next bill then comes later.",),
        )
    return f"“{name}” is free for {counted(months, 'month')}.", (
        Step(
            StepKind.CREATE_COUPON,
            subscription.id,
            f"Make a coupon for 100 % off, {counted(months, 'month')}",
            {"months": months},
        ),
        Step(StepKind.APPLY_COUPON, subscription.id, f"Put it on “{name}”"),
    )


def _trial(
    gift: Gift, subscription: Subscription, name: str, limits: CompLimits, now: datetime
) -> tuple[str, tuple[Step, ...]] | Declined:
    paid_until = subscription.period_end or now
    if gift.until is None:
        return Declined("Say until which day.")
    ends = datetime.combine(gift.until, time(), now.tzinfo)
    if ends <= max(now, paid_until):
        return Declined(
            f"It has to be after {written(max(now, paid_until).date())}: until then it is paid for."
        )
    if ends - max(now, paid_until) > limits.longest:
        return Declined(
            f"That is more than {counted(limits.longest.days, 'day')} after "
            f"{written(max(now, paid_until).date())}, until when it is paid for. Choose an earlier day."
        )
    words = f"Move the end of the trial of “{name}” to {written(gift.until)}"
    step = Step(StepKind.EXTEND_TRIAL, subscription.id, words, {"until": int(ends.timestamp())})
    return f"“{name}” is free until {written(gift.until)}.", (step,)

"""A subscription cancelled: at the end of its period or now, with what comes back by the termination rule."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from policy.changes import ChangeKind, Declined, Proposal, Step, StepKind
from policy.facts import Subscription
from policy.model import Playbook
from policy.periods import written
from policy.ruling import Escalate, Grant, Ruling

_OVER = frozenset({"canceled", "incomplete_expired"})


class Way(StrEnum):
    """When a cancellation takes effect."""

    AT_PERIOD_END = "at_period_end"
    IMMEDIATELY = "immediately"


def cancel(
    way: Way,
    subscription: Subscription,
    name: str,
    refund: tuple[str, Ruling] | None,
    playbook: Playbook,
    now: datetime,
) -> Proposal | Declined:
    """Return how `subscription`, called `name`, is cancelled. Source: the playbook's [cancellation].

    `refund` is the newest charge and the ruling that would follow: what it gives back is asked for as an
    ordinary refund after the cancellation, never as credit on the balance.
    """
    terms, issue = playbook.cancellation, _issue(way, playbook)
    if terms is None:
        return Declined("This playbook has no rule for cancelling a subscription.")
    if subscription.status in _OVER:
        return Declined(f"“{name}” is cancelled already.")
    ends = subscription.ends_at or subscription.period_end
    if way is Way.AT_PERIOD_END and subscription.ends_at is not None:
        return Declined(f"“{name}” ends already, on {written(subscription.ends_at.date())}.")
    back = refund if refund and isinstance(refund[1], Grant | Escalate) and refund[1].amount else None
    sums: tuple[tuple[str, str], ...] = ()
    if way is Way.AT_PERIOD_END:
        until = f", on {written(ends.date())}" if ends and ends > now else ""
        headline = f"Cancel “{name}” at the end of the period{until}."
        words = f"Cancel “{name}” at the end of the period"
        steps = [Step(StepKind.CANCEL_AT_PERIOD_END, subscription.id, words)]
    else:
        headline = f"Cancel “{name}” now."
        steps = [Step(StepKind.CANCEL_NOW, subscription.id, f"Cancel “{name}” now, without credit")]
        if back and isinstance(back[1], Grant | Escalate):
            sums = (("To refund", str(back[1].amount)),)
            headline = f"Cancel “{name}” now, and ask for a refund of {back[1].amount}."
            steps.append(Step(StepKind.REQUEST_REFUND, back[0], f"Ask for a refund of {back[1].amount}"))
    return Proposal(
        kind=ChangeKind.CANCELLATION,
        target=subscription.id,
        headline=headline,
        steps=tuple(steps),
        by_hand=("Tell the customer from when on the cancellation holds.",),
        tell_customer=(),
        issue=issue,
        sums=sums,
        sources=(terms.source, *([terms.approval_source] if issue and terms.approval_source else [])),
    )


def _issue(way: Way, playbook: Playbook) -> str | None:
    """Return whose approval this way needs; where the playbook does not say, a person is asked."""
    terms = playbook.cancellation
    if terms is None or terms.approval is None:
        return playbook.amounts.review
    return terms.approval.get(way)

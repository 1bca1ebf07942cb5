"""What one rule hands on to the next, and the arithmetic lines they share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from enum import Enum
from typing import NamedTuple

from policy.facts import Ask, Charge, Facts
from policy.money import Money
from policy.ruling import Finding, Line


class Stop(NamedTuple):
    """A gate that does not hold: what was found, what the agent reads first, and what to do."""

    finding: Finding
    headline: str
    why: str
    next_steps: tuple[str, ...] = ()
    tell_customer: tuple[str, ...] = ()
    linked_case: str | None = None


class Standing(Enum):
    """How well a reason stands: the bot verified it, a person must vouch for it, or it does not hold."""

    VERIFIED = "verified"
    VOUCHED = "vouched"
    FAILED = "failed"


class Checked(NamedTuple):
    """What checking a reason found. `lines` add up to what the rule makes eligible, before the ask."""

    standing: Standing
    finding: Finding
    lines: tuple[Line, ...] = ()
    notes: tuple[Finding, ...] = ()
    next_steps: tuple[str, ...] = ()
    tell_customer: tuple[str, ...] = ()


class Scene(NamedTuple):
    """The facts of a request whose charge was found, with the time and the zone that days are counted in."""

    facts: Facts
    ask: Ask
    charge: Charge
    now: datetime
    zone: tzinfo


GateCheck = Callable[[Facts], Finding | Stop]
ReasonCheck = Callable[[Scene], Checked]


def left_lines(charge: Charge) -> tuple[Line, ...]:
    """Return the lines that add up to what is left on the charge."""
    if not charge.refunded_minor:
        return (Line("Charged", charge.amount),)
    return (Line("Charged", charge.amount), *refunded_lines(charge))


def refunded_lines(charge: Charge) -> tuple[Line, ...]:
    """Return the line that takes off what was refunded before; none when nothing was."""
    if not charge.refunded_minor:
        return ()
    return (Line("Already refunded", Money(-charge.refunded_minor, charge.amount.currency)),)


def total(lines: tuple[Line, ...]) -> int:
    """Return the sum of the lines, in minor units."""
    return sum(line.amount.minor for line in lines)

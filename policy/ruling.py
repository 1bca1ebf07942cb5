"""Rule on a request: grant, escalate or refuse, with every rule that was consulted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from policy.facts import Facts
from policy.model import Playbook
from policy.money import Money
from policy.periods import Moment
from policy.rules.rates import compile_rates


class Result(StrEnum):
    """What one consulted rule said."""

    PASSED = "passed"
    FAILED = "failed"
    NOTED = "noted"


class Finding(Struct, frozen=True):
    """One rule that was consulted: its id in the playbook, what it found, in words, and its passage."""

    rule: str
    result: Result
    text: str
    source: str


class Line(Struct, frozen=True):
    """One line of the arithmetic behind an eligible amount: `12 months of 12` -> Money."""

    text: str
    amount: Money


class Ruling(Struct, frozen=True, forbid_unknown_fields=True, tag_field="outcome", tag=str.lower):
    """A decision that explains itself; the card, the command line and the audit entry render this value.

    `headline` is the sentence the agent reads first, `why` the deciding rule's passage in words,
    `next_steps` what the agent can do now, `tell_customer` sentences the agent may use as they stand.
    `playbook` is the version (a hash) that ruled.
    """

    headline: str
    why: str
    rule: str
    source: str
    findings: tuple[Finding, ...]
    next_steps: tuple[str, ...]
    tell_customer: tuple[str, ...]
    arithmetic: tuple[Line, ...]
    playbook: str
    ruled_at: Moment


class Grant(Ruling, frozen=True):
    """Refund `amount` now; nobody needs to be asked."""

    amount: Money


class Escalate(Ruling, frozen=True):
    """Send it to `route` (a route id of the playbook), to be answered by `due_at`.

    `amount` is what an approver may grant; None means that no refund may be approved on it
    (a suspected fraud, a filed chargeback): it can only be acknowledged, resolved or handed on.
    """

    issue: str
    route: str
    due_at: Moment
    amount: Money | None


class Refuse(Ruling, frozen=True):
    """Nothing is opened; `next_steps` say what to do instead. `linked_case` is the open case it repeats."""

    linked_case: str | None


AnyRuling = Grant | Escalate | Refuse


def rule(facts: Facts, playbook: Playbook, now: datetime) -> Ruling:
    """Return the ruling of `playbook` on `facts` at `now` (aware): exactly one Grant, Escalate or Refuse.

    The order of the rules is fixed in code, not by the playbook's file: what must be escalated at once,
    what must hold before money moves, the reason, past-due invoices, the amount.
    """
    return playbook.decide(facts, now)


def in_reference_currency(playbook: Playbook, amount: Money) -> Money | None:
    """Return `amount` by the playbook's dated rate table, rounded half up; None where it has no rate."""
    minor = compile_rates(playbook.rates)(amount.minor, amount.currency)
    return None if minor is None else Money(minor, playbook.rates.reference)


def needs_documented_approval(playbook: Playbook, amount: Money) -> bool:
    """Return whether a refund of `amount` may be closed only with its approval on record.

    An amount that cannot be converted needs it. Source: the playbook's [amounts.documented].
    """
    above = playbook.amounts.documented_above
    if above is None:
        return False
    converted = in_reference_currency(playbook, amount)
    return converted is None or above < converted

"""Rule again on recorded cases with another playbook, and report what would have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from policy.columns import columns
from policy.facts import Facts
from policy.model import Playbook
from policy.money import Money
from policy.ruling import Escalate, Grant, Ruling, rule


class RecordedCase(Struct, frozen=True):
    """A case with the facts as they were, when it was ruled on, and the ruling it was given."""

    id: str
    facts: Facts
    now: datetime
    ruling: Ruling


class Verdict(Struct, frozen=True):
    """What counts as the same decision: the outcome, the route and issue of an escalation, the amount."""

    outcome: str
    route: str
    issue: str
    amount: Money | None

    @property
    def words(self) -> str:
        """Write it for a table: `escalate to leads (standard_refund), 620.00 USD`."""
        sent = f" to {self.route} ({self.issue})" if self.route else ""
        return f"{self.outcome}{sent}{f', {self.amount}' if self.amount else ''}"


class Flip(Struct, frozen=True):
    """A case that would have been decided otherwise."""

    id: str
    before: Verdict
    after: Verdict
    headline: str


class Sum(Struct, frozen=True):
    """Cases and money of one outcome and route, before and after; money by currency, in minor units."""

    outcome: str
    route: str
    cases_before: int
    cases_after: int
    minor_before: dict[str, int]
    minor_after: dict[str, int]


class Report(Struct, frozen=True):
    """What a playbook would have changed."""

    playbook: str
    cases: int
    sums: tuple[Sum, ...]
    flips: tuple[Flip, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; money in minor units by currency."""
        return {
            "playbook": self.playbook,
            "cases": self.cases,
            "changed": len(self.flips),
            "sums": [
                {
                    "outcome": row.outcome,
                    "route": row.route,
                    "cases": {"before": row.cases_before, "after": row.cases_after},
                    "minor": {"before": row.minor_before, "after": row.minor_after},
                }
                for row in self.sums
            ],
            "flips": [
                {
                    "id": flip.id,
                    "before": _flat(flip.before),
                    "after": _flat(flip.after),
                    "headline": flip.headline,
                }
                for flip in self.flips
            ],
        }

    def as_text(self) -> str:
        """Return the report as tables for a terminal."""
        lines = [
            f"{self.cases} cases ruled again with playbook {self.playbook}; {len(self.flips)} would change.",
            "",
        ]
        rows = [("outcome", "cases before", "after", "money before", "after")]
        rows += [
            (
                f"{row.outcome}{f' to {row.route}' if row.route else ''}",
                str(row.cases_before),
                str(row.cases_after),
                _written(row.minor_before),
                _written(row.minor_after),
            )
            for row in self.sums
        ]
        lines += columns(rows)
        if self.flips:
            flips = [("case", "before", "after")]
            flips += [(flip.id, flip.before.words, flip.after.words) for flip in self.flips]
            lines += ["", *columns(flips)]
        return "\n".join(lines)


def replay(cases: Iterable[RecordedCase], playbook: Playbook) -> Report:
    """Return what `playbook` would have changed on `cases`, each with its facts and its time as they were."""
    flips, count = [], 0
    before, after = _Tally(), _Tally()
    for case in cases:
        count += 1
        ruling = rule(case.facts, playbook, case.now)
        was, would_be = verdict(case.ruling), verdict(ruling)
        before.add(was)
        after.add(would_be)
        if was != would_be:
            flips.append(Flip(case.id, was, would_be, ruling.headline))
    keys = sorted(before.cases.keys() | after.cases.keys())
    sums = [
        Sum(*key, before.cases[key], after.cases[key], before.money_of(key), after.money_of(key))
        for key in keys
    ]
    return Report(playbook.version, count, tuple(sums), tuple(flips))


def verdict(ruling: Ruling) -> Verdict:
    """Return what `ruling` decides, without its words."""
    if isinstance(ruling, Grant):
        return Verdict("grant", "", "", ruling.amount)
    if isinstance(ruling, Escalate):
        return Verdict("escalate", ruling.route, ruling.issue, ruling.amount)
    return Verdict("refuse", "", "", None)


class _Tally:
    """Counts and sums by outcome and route."""

    def __init__(self) -> None:
        self.cases: Counter[tuple[str, str]] = Counter()
        self._minor: Counter[tuple[str, str, str]] = Counter()

    def add(self, decided: Verdict) -> None:
        self.cases[decided.outcome, decided.route] += 1
        if decided.amount is not None:
            self._minor[decided.outcome, decided.route, decided.amount.currency] += decided.amount.minor

    def money_of(self, key: tuple[str, str]) -> dict[str, int]:
        return {
            currency: minor
            for (*place, currency), minor in sorted(self._minor.items())
            if tuple(place) == key
        }


def _flat(decided: Verdict) -> dict[str, Any]:
    amount = decided.amount
    return {
        "outcome": decided.outcome,
        "route": decided.route,
        "issue": decided.issue,
        "amount": None if amount is None else {"minor": amount.minor, "currency": amount.currency},
    }


def _written(minor: dict[str, int]) -> str:
    return ", ".join(str(Money(amount, currency)) for currency, amount in minor.items()) or "–"

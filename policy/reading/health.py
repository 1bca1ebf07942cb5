"""Read when failing payments or a drifting mirror are an incident."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from policy.model import Health, Issue
from policy.reading.table import Table


def read_health(top: Table, issues: Mapping[str, Issue]) -> Health | None:
    """Return what is watched, or None where the file has no such table."""
    table = top.optional_table("health")
    if table is None:
        return None
    payments, mirror = table.table("payments"), table.table("mirror")
    health = Health(
        window=payments.duration("window"),
        baseline=payments.duration("baseline"),
        failures=payments.count("failures", at_least=2),
        times=_number(payments, "times"),
        chance=_number(payments, "chance"),
        calm_for=payments.duration("calm_for"),
        payments_issue=payments.choice("issue", issues),
        check_every=mirror.duration("check_every"),
        recent=mirror.duration("recent"),
        drift_count=mirror.count("drift_count", at_least=1),
        drift_share=_number(mirror, "drift_share"),
        sync_issue=mirror.choice("issue", issues),
        source=table.text("source"),
    )
    if health.baseline <= health.window:
        raise payments.error("“baseline” must be longer than “window”.", "baseline")
    if health.times <= 1:
        raise payments.error("“times” must be more than 1: it is how much worse than usual.", "times")
    payments.finish()
    mirror.finish()
    table.finish()
    return health


def _number(table: Table, key: str) -> float:
    return float(Fraction(*table.ratio(key)))

"""Read what must hold before a refund and why one is given: gates and reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from policy.facts import Reason
from policy.model import Gate, Issue, Otherwise, ReasonRule, Renewal, Service, Termination, Terms
from policy.reading.table import Table

# Without these a refund could be granted that Stripe cannot make, or be made twice.
NEEDED_GATES: Final = (
    "charge_found",
    "one_open_case",
    "not_disputed",
    "paid",
    "captured",
    "not_refunded",
    "amount_left",
)
_GATES: Final = (*NEEDED_GATES, "chargeback_filed", "chargeback_threatened", "identity", "ticket")
_SENDS_ON: Final = frozenset({"chargeback_filed", "chargeback_threatened"})
IDENTITY_CHECKS: Final = ("email", "organisation", "tenant")
MEASURES: Final = ("completion", "time_on_site")
CHECKS: Final = (
    "duplicate",
    "cancellation",
    "renewal",
    "termination",
    "service",
    "vouched",
    "no_ground",
    "fraud",
    "past_due",
)


def read_gates(top: Table, issues: Mapping[str, Issue]) -> dict[str, Gate]:
    """Return the gates by id. Raises PlaybookError: an unknown gate, or a missing one that is needed."""
    tables = top.children("gates")
    for name, table in tables.items():
        if name not in _GATES:
            raise table.error(f"“{name}” is not a gate. It can be: {', '.join(sorted(_GATES))}.")
    for name in NEEDED_GATES:
        if name not in tables:
            raise top.error(
                f"The gate [gates.{name}] is missing: without it a refund could go wrong.", "gates"
            )
    return {name: _gate(name, table, issues) for name, table in tables.items()}


def _gate(name: str, table: Table, issues: Mapping[str, Issue]) -> Gate:
    gate = Gate(
        id=name,
        says=table.text("says"),
        source=table.text("source"),
        issue=table.choice("issue", issues) if name in _SENDS_ON else None,
        checks=_some_of(table, "checks", IDENTITY_CHECKS) if name == "identity" else (),
        hold_drops_in=table.text("hold_drops_in") if name == "captured" else "",
        tell_customer=table.texts("tell_customer"),
    )
    table.finish()
    return gate


def read_reasons(
    top: Table, issues: Mapping[str, Issue]
) -> tuple[dict[Reason, ReasonRule], Otherwise | None]:
    """Return the reasons, and what happens to the others.

    Raises PlaybookError: an unknown reason, or one that neither has a table nor falls under [otherwise].
    """
    tables = top.children("reasons")
    names = [reason.value for reason in Reason]
    for name, table in tables.items():
        if name not in names:
            raise table.error(f"“{name}” is not a reason. It can be: {', '.join(names)}.")
    reasons = {Reason(name): _reason(Reason(name), table, issues) for name, table in tables.items()}
    otherwise = _otherwise(top.optional_table("otherwise"), issues)
    missing = [name for name in names if name not in tables]
    if missing and otherwise is None:
        raise top.error(
            f"Nothing is said about {', '.join(missing)}: add [reasons.{missing[0]}] or [otherwise].",
            "reasons",
        )
    return reasons, otherwise


def _reason(reason: Reason, table: Table, issues: Mapping[str, Issue]) -> ReasonRule:
    check = table.choice("check", CHECKS)
    rule = ReasonRule(
        id=reason,
        label=table.text("label"),
        description=table.text("description"),
        says=table.text("says"),
        check=check,
        terms=_terms(check, table),
        issue=table.choice("issue", issues)
        if check in ("fraud", "past_due")
        else table.optional_choice("issue", issues),
        tell_customer=table.texts("tell_customer"),
        source=table.text("source"),
    )
    table.finish()
    return rule


def _terms(check: str, table: Table) -> Terms:
    if check == "renewal":
        return Renewal(table.count("within_days"))
    if check == "termination":
        return Termination(table.flag("enabled"), table.count("full_within_days"))
    if check == "service":
        return Service(_some_of(table, "measures", MEASURES))
    return None


def _otherwise(table: Table | None, issues: Mapping[str, Issue]) -> Otherwise | None:
    if table is None:
        return None
    otherwise = Otherwise(table.text("says"), table.optional_choice("issue", issues), table.text("source"))
    table.finish()
    return otherwise


def _some_of(table: Table, key: str, allowed: Iterable[str]) -> tuple[str, ...]:
    values, names = table.texts(key), list(allowed)
    if not values or len(set(values)) < len(values) or not set(values) <= set(names):
        raise table.error(f"“{key}” must list one or more of: {', '.join(names)}, each once.", key)
    return values

"""Read a playbook: a TOML text, checked and compiled once, or refused with the line that is wrong."""

from __future__ import annotations

import hashlib
import re
import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from policy.model import Issue, Playbook, ReasonRule, Route
from policy.reading.amounts import read_amounts, read_rates
from policy.reading.health import read_health
from policy.reading.knowledge import (
    read_cancellation,
    read_comps,
    read_declines,
    read_disputes,
    read_past_due,
    read_payments,
    read_payout,
)
from policy.reading.lines import lines_of
from policy.reading.people import read_issues, read_routes
from policy.reading.refunds import read_gates, read_reasons
from policy.reading.table import PlaybookError, Table
from policy.rules.compiled import compile_rules

__all__ = ["Issue", "Playbook", "PlaybookError", "ReasonRule", "Route", "load", "parse"]


def parse(text: str, name: str) -> Playbook:
    """Return the playbook that `text` is; `name` is the file's name for errors.

    Raises PlaybookError, which names the file and the line: no TOML, an unknown key, route, issue, gate
    or reason, a gap or overlap in tiers, routes that escalate in a circle, no duration, a missing source.
    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(error, name, text) from None
    top = Table(name, lines_of(text), data)
    title = top.text("title")
    calendar = top.table("calendar")
    local_days = calendar.choice("days", ("customer", "utc")) == "customer"
    routes = read_routes(top)
    issues = read_issues(top, routes)
    rates = read_rates(top, issues)
    reasons, otherwise = read_reasons(top, issues)
    past_due = read_past_due(top, issues)
    if past_due is None and any(rule.check == "past_due" for rule in reasons.values()):
        raise top.error("A reason has the check “past_due”, but the table [past_due] is missing.", "reasons")
    arrives_within, tell_on_grant, arrives_source = read_payout(top)
    playbook = Playbook(
        name=name,
        title=title,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        local_days=local_days,
        local_days_source=calendar.text("source"),
        routes=MappingProxyType(routes),
        issues=MappingProxyType(issues),
        gates=MappingProxyType(read_gates(top, issues)),
        reasons=MappingProxyType(reasons),
        otherwise=otherwise,
        amounts=read_amounts(top, issues, rates.reference),
        rates=rates,
        arrives_within=arrives_within,
        arrives_source=arrives_source,
        tell_on_grant=tell_on_grant,
        past_due=past_due,
        disputes=read_disputes(top, rates.reference),
        payments=read_payments(top),
        declines=MappingProxyType(read_declines(top)),
        cancellation=read_cancellation(top, issues),
        comps=read_comps(top, routes, issues),
        health=read_health(top, issues),
        compile=compile_rules,
    )
    calendar.finish()
    top.finish()
    return playbook


def load(path: Path | None) -> Playbook:
    """Return the playbook in the file `path`; None: the packaged default.

    Raises PlaybookError as `parse` does, and when the file cannot be read.
    """
    if path is None:
        return parse(files("policy").joinpath("playbooks", "default.toml").read_text("utf-8"), "default.toml")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlaybookError(str(path), 1, f"The playbook cannot be read: {error}.") from error
    return parse(text, path.name)


def _not_toml(error: tomllib.TOMLDecodeError, name: str, text: str) -> PlaybookError:
    said = str(error)
    at = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", said)
    line = int(at[1]) if at and at[1] else max(1, len(text.splitlines()))
    return PlaybookError(name, line, f"This is not TOML: {said[: at.start()] if at else said}.")

"""The default playbook's decision table in zen-engine's format, built from the same playbook."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from policy.facts import Facts
from policy.model import Playbook, Renewal, Termination
from policy.wire import facts_to_dict

Rows = list[dict[str, str]]

# Each gate's condition in zen's own language.
_GATES = {
    "charge_found": "charge != null",
    "one_open_case": "history.open_case == null",
    "chargeback_filed": 'ask.chargeback != "filed"',
    "not_disputed": "not charge.disputed",
    "chargeback_threatened": 'ask.chargeback != "threatened"',
    "paid": 'charge.status == "succeeded"',
    "captured": "charge.captured",
    "not_refunded": "charge.refunded_minor < charge.amount.minor",
    "amount_left": "ask.amount == null or ask.amount.minor <= left",
    "identity": "ask.identity.email and ask.identity.organisation and ask.identity.tenant",
    "ticket": 'ask.ticket != ""',
}


def zen_context(facts: Facts, now: float) -> dict[str, Any]:
    """Return the facts as zen reads them: JSON values, with times as seconds; made before measuring."""
    document = facts_to_dict(facts)
    document["now"] = now
    charge, subscription = facts.charge, facts.subscription
    if charge is not None:
        document["charge"]["at"] = charge.created_at.timestamp()
    document["ends_at"] = subscription.ends_at.timestamp() if subscription and subscription.ends_at else None
    document["started_at"] = subscription.started_at.timestamp() if subscription else None
    document["siblings"] = [
        {**sibling, "at": there.created_at.timestamp()}
        for sibling, there in zip(document["siblings"], facts.siblings, strict=True)
    ]
    return document


def zen_graph(playbook: Playbook) -> dict[str, Any]:
    """Return the decision graph: derived values, gates, reasons, amounts, decision."""
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", "content": {}},
        _expressions("derived", _derived()),
        _table("gates", _gate_rows(playbook), "collect"),
        _table("reasons", _reason_rows(playbook), "first"),
        _table("together", _together_rows(playbook), "first"),
        _table("tiers", _tier_rows(playbook), "first"),
        _table("ceilings", _ceiling_rows(playbook), "first"),
        _expressions("decision", _decision(playbook)),
        {"id": "out", "name": "out", "type": "outputNode", "content": {}},
    ]
    names = [node["id"] for node in nodes]
    edges = [
        {"id": f"{one}-{two}", "sourceId": one, "targetId": two, "type": "edge"}
        for one, two in pairwise(names)
    ]
    return {"nodes": nodes, "edges": edges}


def _expressions(name: str, pairs: dict[str, str]) -> dict[str, Any]:
    rows = [{"id": key, "key": key, "value": value} for key, value in pairs.items()]
    return {
        "id": name,
        "name": name,
        "type": "expressionNode",
        "content": {"expressions": rows, "passThrough": True},
    }


def _table(name: str, rows: Rows, hit: str) -> dict[str, Any]:
    outputs = [{"id": key, "name": key, "field": key} for key in rows[0] if key != "if"]
    content = {
        "hitPolicy": hit,
        "passThrough": True,
        "outputPath": name,
        "inputs": [{"id": "if", "name": "if", "field": ""}],
        "outputs": outputs,
        "rules": [{"_id": f"{name}{index}", **row} for index, row in enumerate(rows)],
    }
    return {"id": name, "name": name, "type": "decisionTableNode", "content": content}


def _derived() -> dict[str, str]:
    same = "#.amount.minor == charge.amount.minor and #.captured and #.customer_id == charge.customer_id"
    return {
        "left": "charge.amount.minor - charge.refunded_minor",
        "days": "floor((now - charge.at) / 86400)",
        "twin": f"some(siblings, {same} and floor(#.at / 86400) == floor(charge.at / 86400))",
        "before": "sum(map(history.refunds, #.amount.minor))",
        "term_days": "ends_at == null ? null : floor((ends_at - started_at) / 86400)",
    }


def _finding(condition: str, rule: str, result: str, text: str, source: str) -> dict[str, str]:
    return {
        "if": condition,
        "rule": f'"{rule}"',
        "result": f'"{result}"',
        "text": text,
        "source": f'"{source}"',
    }


def _gate_rows(playbook: Playbook) -> Rows:
    rows = []
    for name, condition in _GATES.items():
        gate = playbook.gates[name]
        rows.append(_finding(condition, f"gates.{name}", "passed", f'"{gate.says}"', gate.source))
        rows.append(_finding(f"not ({condition})", f"gates.{name}", "failed", f'"{gate.says}"', gate.source))
    return rows


def _reason_rows(playbook: Playbook) -> Rows:
    rows: Rows = []
    for reason, rule in playbook.reasons.items():
        for condition, standing in _standings(rule.check, rule.terms):
            row = _finding(
                f'ask.reason == "{reason}" and ({condition})',
                f"reasons.{reason}",
                standing,
                f"`{rule.label}: ${{days}} days, ${{left}} left`",
                rule.source,
            )
            rows.append({**row, "issue": f'"{rule.issue}"' if rule.issue else "null"})
    return rows


def _standings(check: str, terms: object) -> list[tuple[str, str]]:
    if check == "duplicate":
        return [("twin", "verified"), ("true", "failed")]
    if check == "cancellation":
        return [("ends_at == null", "vouched"), ("charge.at >= ends_at", "verified"), ("true", "failed")]
    if isinstance(terms, Renewal):
        renewed = 'charge.billing_reason == "subscription_cycle"'
        return [(f"{renewed} and days <= {terms.within_days}", "verified"), ("true", "failed")]
    if isinstance(terms, Termination):
        return [
            (f"term_days != null and term_days <= {terms.full_within_days}", "verified"),
            ("true", "failed"),
        ]
    return [("true", "vouched")]


def _together_rows(playbook: Playbook) -> Rows:
    source = playbook.amounts.together.source if playbook.amounts.together else ""
    return [
        _finding("before == 0", "amounts.together", "passed", '"Nothing was refunded before."', source),
        _finding("true", "amounts.together", "noted", "`Refunded before: ${before}`", source),
    ]


def _tier_rows(playbook: Playbook) -> Rows:
    rows: Rows = []
    judged = "(ask.amount.minor ?? left) + before"
    for tier in playbook.amounts.tiers:
        sign = "<=" if tier.includes_end else "<"
        condition = "true" if tier.end is None else f"{judged} {sign} {tier.end}"
        text = f"`${{{judged}}}: {tier.words('USD')}`"
        issue = f'"{tier.issue}"' if tier.issue else "null"
        rows.append({**_finding(condition, "amounts.tiers", "noted", text, tier.source), "issue": issue})
    return rows


def _ceiling_rows(playbook: Playbook) -> Rows:
    ceilings = playbook.amounts.ceilings
    if ceilings is None:
        raise ValueError("the comparison needs a playbook with ceilings")
    within = (
        f"history.automatic_by_agent < {ceilings.agent_count}"
        f" and history.automatic_in_all < {ceilings.all_count}"
        f" and history.automatic_by_agent_minor + left <= {ceilings.agent_minor}"
        f" and history.automatic_in_all_minor + left <= {ceilings.all_minor}"
    )
    return [
        _finding(within, "amounts.ceilings", "passed", '"Not reached."', ceilings.source),
        _finding("true", "amounts.ceilings", "failed", '"Reached."', ceilings.source),
    ]


def _decision(playbook: Playbook) -> dict[str, str]:
    failed = 'some(gates, #.result == "failed")'
    person = (
        f'reasons.issue ?? tiers.issue ?? (reasons.result == "vouched" ? "{playbook.amounts.review}" : null)'
    )
    refused = f'({failed} or reasons.result == "failed")'
    return {
        "issue": f"{refused} ? null : ({person})",
        "outcome": f'{refused} ? "refuse" : (({person}) == null ? "grant" : "escalate")',
        "amount": f"{refused} ? null : (ask.amount.minor ?? left)",
    }

"""Rulings and playbooks as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from policy.columns import columns
from policy.model import Playbook
from policy.money import Money
from policy.ruling import Escalate, Result, Ruling
from policy.subscriptions import cancelling, giving_access
from policy.troubleshooting import retries

_CHECKED = {
    "duplicate": "a second charge",
    "cancellation": "the date of the cancellation",
    "renewal": "the date of the renewal",
    "termination": "the days and months of the term",
    "service": "the service report",
    "vouched": "nothing: a person vouches",
    "no_ground": "nothing: no ground on its own",
    "fraud": "nothing: it may be fraud",
    "past_due": "the past-due invoices",
}
_MARK = {Result.PASSED: "+", Result.FAILED: "-", Result.NOTED: "."}


def ruling_as_text(ruling: Ruling, playbook: Playbook) -> str:
    """Return a ruling with its deadline, its arithmetic and every rule that was consulted."""
    lines = [ruling.headline, f"Why: {ruling.why} [{ruling.source}]"]
    if isinstance(ruling, Escalate):
        route, issue = playbook.routes[ruling.route], playbook.issues[ruling.issue]
        lines.append(f"To: {route.label}, as “{issue.label}”, by {ruling.due_at:%Y-%m-%d %H:%M %Z}")
    if ruling.arithmetic:
        result = Money(
            sum(line.amount.minor for line in ruling.arithmetic), ruling.arithmetic[0].amount.currency
        )
        rows = [(line.text, str(line.amount)) for line in ruling.arithmetic]
        lines += ["", "Amount", *_indented(columns([*rows, ("=", str(result))]))]
    rules = [
        (f"{_MARK[found.result]} {found.rule}", f"{found.text} [{found.source}]") for found in ruling.findings
    ]
    lines += ["", "Rules consulted (+ passed, - failed, . noted)", *_indented(columns(rules))]
    for title, sentences in (("Next", ruling.next_steps), ("To tell the customer", ruling.tell_customer)):
        if sentences:
            lines += ["", title, *_indented(sentences)]
    return "\n".join(
        [*lines, "", f"Playbook {ruling.playbook}, ruled at {ruling.ruled_at:%Y-%m-%d %H:%M %Z}"]
    )


def tables_as_text(playbook: Playbook) -> str:
    """Return the escalation matrix, the amount tiers and the reasons of a playbook."""
    matrix = [
        ("Issue", "Goes to", "Answer within", "Reminded ahead", "then every", "At a breach also to", "Source")
    ]
    for issue in playbook.issues.values():
        following = playbook.routes[issue.route].next_route
        times = (_spell(issue.sla), _spell(issue.remind_ahead), _spell(issue.remind_every))
        next_label = playbook.routes[following].label if following else "–"
        matrix.append((issue.label, playbook.routes[issue.route].label, *times, next_label, issue.source))
    tiers = [("Amount", "Decided by", "Source")]
    tiers += [
        (tier.words(playbook.rates.reference), _decider(tier.issue, playbook), tier.source)
        for tier in playbook.amounts.tiers
    ]
    reasons = [("Reason", "Checked by the bot", "Decided by", "Source")]
    for rule in playbook.reasons.values():
        decider = _decider(rule.issue, playbook) if rule.issue else _by_amount(rule.check, playbook)
        reasons.append((rule.label, _CHECKED[rule.check], decider, rule.source))
    title = f"{playbook.title} ({playbook.name}, version {playbook.version})"
    tables = [title, "", *columns(matrix), "", *columns(tiers), "", *columns(reasons)]
    return "\n".join([*tables, *_declines(playbook), *_service(playbook)])


def _declines(playbook: Playbook) -> list[str]:
    """Return what the playbook knows about failed payments; nothing where it is silent."""
    if not playbook.declines:
        return []
    rows = [("Decline", "What it means", "Tell the customer", "Never tell", "Source")]
    rows += [
        (one.code, one.meaning, one.tell, one.never_tell or "–", one.source)
        for one in playbook.declines.values()
    ]
    return ["", *columns(rows), "", "After a failed payment", *_indented(retries(playbook))]


def _service(playbook: Playbook) -> list[str]:
    """Return how a subscription is cancelled and free access is given; nothing where it is silent."""
    cancel, give = cancelling(playbook), giving_access(playbook)
    lines = ["", "Cancelling a subscription", *_indented(cancel)] if cancel else []
    return [*lines, "", "Giving free access", *_indented(give)] if give else lines


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _spell(duration: timedelta) -> str:
    minutes = duration // timedelta(minutes=1)
    return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"


def _decider(issue: str | None, playbook: Playbook) -> str:
    if issue is None:
        return "nobody needs to be asked"
    return f"{playbook.routes[playbook.issues[issue].route].label} ({playbook.issues[issue].label})"


def _by_amount(check: str, playbook: Playbook) -> str:
    if check == "no_ground":
        return "refused"
    if check != "vouched":
        return "the amount"
    return f"the amount, at least {_decider(playbook.amounts.review, playbook)}"

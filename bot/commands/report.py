"""`makegood report`: what ended in a month, how, and whether the customer was told."""

from __future__ import annotations

import csv
import json
import re
import sys
from argparse import ArgumentTypeError, Namespace
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.cards.text import duration
from bot.commands.policy import Subparsers
from bot.commands.reading import database
from bot.store import resolutions
from bot.store.tables import Resolution
from policy.money import Money

Row = dict[str, str]
_COLUMNS: Final = (
    "id", "kind", "opened", "ended", "hours", "asked_by", "decided_by", "customer", "amount", "currency",
    "about", "ticket", "route", "outcome", "resolution", "customer_told", "told_by", "told_at", "playbook",
)  # fmt: skip
_TOLD: Final = {
    "": "not written down",
    "mail": "by email",
    "agent": "by a colleague",
    "bank": "by the bank",
    "nobody": "nobody to tell",
}


def add(commands: Subparsers) -> None:
    """Add `report`."""
    parser = commands.add_parser("report", help="print what ended in a month, and how")
    parser.add_argument("--month", type=_month, required=True, metavar="YYYY-MM", help="which month, in UTC")
    parser.add_argument(
        "--format", choices=("text", "csv", "json"), default="text", help="a summary, or every case"
    )
    parser.set_defaults(run=_report)


def _month(text: str) -> datetime:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ArgumentTypeError(f"“{text}” is not a month. Write it like 2026-11.")
    return datetime.fromisoformat(f"{text}-01").replace(tzinfo=UTC)


def _report(arguments: Namespace) -> int:
    since: datetime = arguments.month
    until = (since + timedelta(days=31)).replace(day=1)
    with database() as session:
        rows = (_row(*one) for one in resolutions.ended_between(session, since, until))
        if arguments.format == "csv":
            writer = csv.DictWriter(sys.stdout, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        elif arguments.format == "json":
            print(json.dumps(list(rows), indent=2, ensure_ascii=False))
        else:
            print("\n".join(summary(f"{since:%B %Y}", rows)))
    return 0


def _row(resolution: Resolution, subject: Any) -> Row:  # noqa: ANN401  # whichever kind of row it is
    """Write one thing that ended as a line; amounts as decimals of their currency."""
    currency = getattr(subject, "currency", "")
    amount = Money(subject.amount_minor, currency).digits.replace(",", "") if currency else ""
    took = resolution.ended_at - subject.opened_at
    return {
        "id": resolution.subject_id,
        "kind": resolution.subject_kind,
        "opened": subject.opened_at.isoformat(),
        "ended": resolution.ended_at.isoformat(),
        "hours": f"{took / timedelta(hours=1):.1f}",
        "asked_by": _first(subject, "requested_by", "opened_by"),
        "decided_by": _first(subject, "decided_by", "resolved_by"),
        "customer": _first(subject, "customer_id", "customer"),
        "amount": amount,
        "currency": currency,
        "about": _first(subject, "reason", "kind", "issue"),
        "ticket": _first(subject, "ticket"),
        "route": subject.route,
        "outcome": resolution.outcome,
        "resolution": resolution.words,
        "customer_told": _TOLD[resolution.told],
        "told_by": resolution.told_by,
        "told_at": resolution.told_at.isoformat() if resolution.told_at else "",
        "playbook": _first(subject, "playbook"),
    }


def _first(subject: Any, *names: str) -> str:  # noqa: ANN401  # whichever kind of row it is
    return next((str(value) for name in names if (value := getattr(subject, name, ""))), "")


def summary(month: str, rows: Iterable[Row]) -> Iterator[str]:
    """Yield a summary's lines: for each kind and what it was about, how often, how it ended, how long."""
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["kind"], row["about"]].append(row)
    if not groups:
        yield f"Nothing ended in {month}."
        return
    found = [row for group in groups.values() for row in group]
    yield f"{month}: {len(found)} ended."
    for (kind, about), group in sorted(groups.items(), key=lambda one: -len(one[1])):
        hours = sorted(float(row["hours"]) for row in group)
        middle = duration(timedelta(hours=hours[len(hours) // 2]))
        outcomes = ", ".join(
            f"{count} {outcome}" for outcome, count in Counter(r["outcome"] for r in group).most_common()
        )
        what = about.replace("_", " ") or "anything"
        yield f"  {kind}, {what}: {len(group)} ({outcomes}); half within {middle}"
    for refunded in _refunded(found):
        yield f"Refunded: {refunded}."
    waiting = sum(row["customer_told"] == _TOLD[""] for row in found)
    if waiting:
        yield f"For {waiting} nobody has written down that the customer was told."


def _refunded(rows: list[Row]) -> list[Money]:
    sums: Counter[str] = Counter()
    for row in rows:
        if row["kind"] == "case" and row["outcome"] == "closed":
            sums[row["currency"]] += int(row["amount"].replace(".", ""))
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]

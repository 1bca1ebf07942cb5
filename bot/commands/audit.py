"""`makegood audit`: check the trail's chain, and export it for an auditor."""

from __future__ import annotations

import csv
import json
import sys
from argparse import ArgumentTypeError, Namespace
from datetime import UTC, date, datetime, time
from typing import Any

from bot.commands.policy import Subparsers
from bot.commands.reading import database
from bot.store import audit, frozen
from bot.store.tables import Audit

_COLUMNS = ("number", "at", "actor", "event", "subject_kind", "subject_id", "detail", "before", "hash")


def add(commands: Subparsers) -> None:
    """Add `audit` and its commands."""
    parser = commands.add_parser("audit", help="check and export the audit trail")
    under = parser.add_subparsers(dest="audit_command", required=True)
    under.add_parser(
        "verify", help="find any entry or fact that was changed, and any entry that was removed or moved"
    ).set_defaults(run=_verify)
    export = under.add_parser("export", help="write entries for an auditor")
    which = export.add_mutually_exclusive_group()
    which.add_argument("--case", metavar="ID", help="one case, escalation or dispute")
    which.add_argument("--since", type=_day, metavar="DATE", help="from this day on, in UTC")
    export.add_argument("--format", choices=("csv", "json"), default="csv")
    export.set_defaults(run=_export)


def _verify(_arguments: Namespace) -> int:
    with database() as session:
        count = audit.count(session)
        found = [*audit.faults(session), *frozen.faults(session)]
        number, newest = audit.last(session)
    for fault in found:
        print(fault)
    if found:
        print(f"{count} entries, {len(found)} {'fault' if len(found) == 1 else 'faults'}.")
        return 1
    print(f"{count} entries; the chain is whole. Entry {number} has the hash {newest}.")
    return 0


def _export(arguments: Namespace) -> int:
    with database() as session:
        rows = (_row(entry) for entry in audit.select_entries(session, arguments.case, arguments.since))
        if arguments.format == "json":
            print(json.dumps(list(rows), indent=2, ensure_ascii=False))
            return 0
        writer = csv.DictWriter(sys.stdout, _COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"detail": json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)})
    return 0


def _row(entry: Audit) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _COLUMNS} | {"at": entry.at.isoformat()}


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a day. Write it like 2026-03-31.") from error

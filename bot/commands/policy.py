"""`makegood policy`: check a playbook, explain a ruling, print schema and tables, replay recorded cases."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Protocol

from bot.commands.rendering import ruling_as_text, tables_as_text
from policy.playbook import Playbook, PlaybookError, load
from policy.replay import RecordedCase, replay
from policy.ruling import rule
from policy.wire import WireError, case_from_json, ruling_to_dict, schema

Recorded = Callable[[datetime | None], Iterable[RecordedCase]]
"""The recorded cases that were ruled on at a moment or later; None: all of them."""


class Subparsers(Protocol):
    """What `ArgumentParser.add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str) -> ArgumentParser:  # noqa: A002 - argparse's own name
        """Add a command."""


def add(subparsers: Subparsers, recorded: Recorded) -> None:
    """Add `policy` and its commands. Each sets `run`: from the arguments to an exit code."""
    policy = subparsers.add_parser("policy", help="read, check and try out the playbook")
    commands = policy.add_subparsers(dest="policy_command", required=True)

    check = commands.add_parser("check", help="say whether a playbook can be used")
    check.add_argument(
        "playbook", nargs="?", type=Path, metavar="FILE", help="default: the packaged playbook"
    )
    check.set_defaults(run=_check)

    explain = commands.add_parser("explain", help="rule on the facts in a file, and say why")
    explain.add_argument(
        "case", type=Path, metavar="CASE.json", help="a document as `policy schema` describes it"
    )
    explain.add_argument("--playbook", type=Path, metavar="FILE", help="default: the packaged playbook")
    explain.add_argument("--json", action="store_true", help="write the ruling as JSON")
    explain.set_defaults(run=_explain)

    commands.add_parser("schema", help="print the JSON schema of cases and rulings").set_defaults(run=_schema)

    table = commands.add_parser("table", help="print who decides what, and by when")
    table.add_argument("--playbook", type=Path, metavar="FILE", help="default: the packaged playbook")
    table.set_defaults(run=_table)

    again = commands.add_parser("replay", help="rule again on the recorded cases, and say what would change")
    again.add_argument("--playbook", type=Path, metavar="NEW", required=True, help="the playbook to try")
    again.add_argument("--since", type=_day, metavar="DATE", help="only cases from this day on, in UTC")
    again.add_argument("--json", action="store_true", help="write the report as JSON")
    again.set_defaults(run=lambda arguments: _replay(arguments, recorded))


def replay_command(cases: Iterable[RecordedCase], playbook: Playbook, *, as_json: bool) -> int:
    """Print what `playbook` would have changed on `cases`. Returns the exit code 0."""
    report = replay(cases, playbook)
    print(_json(report.as_dict()) if as_json else report.as_text())
    return 0


def _check(arguments: Namespace) -> int:
    playbook = _loaded(arguments.playbook)
    if playbook is None:
        return 1
    counts = f"{len(playbook.reasons)} reasons, {len(playbook.issues)} issues, {len(playbook.routes)} routes"
    print(f"{playbook.name} can be used: “{playbook.title}”, {counts}, version {playbook.version}.")
    return 0


def _explain(arguments: Namespace) -> int:
    playbook = _loaded(arguments.playbook)
    if playbook is None:
        return 1
    try:
        case = case_from_json(arguments.case.read_bytes())
    except (OSError, WireError) as error:
        return _complain(f"{arguments.case}: {error}")
    ruling = rule(case.facts, playbook, case.now or datetime.now(UTC))
    print(_json(ruling_to_dict(ruling)) if arguments.json else ruling_as_text(ruling, playbook))
    return 0


def _schema(_: Namespace) -> int:
    print(_json(schema()))
    return 0


def _table(arguments: Namespace) -> int:
    playbook = _loaded(arguments.playbook)
    if playbook is None:
        return 1
    print(tables_as_text(playbook))
    return 0


def _replay(arguments: Namespace, recorded: Recorded) -> int:
    playbook = _loaded(arguments.playbook)
    if playbook is None:
        return 1
    return replay_command(recorded(arguments.since), playbook, as_json=arguments.json)


def _loaded(path: Path | None) -> Playbook | None:
    try:
        return load(path)
    except PlaybookError as error:
        _complain(str(error))
        return None


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a day; write it like 2026-11-02") from None


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1

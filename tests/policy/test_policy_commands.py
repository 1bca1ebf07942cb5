"""`makegood policy …`, called as the command line calls it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.commands.policy import add
from policy.facts import Facts, Identity, Reason
from policy.replay import RecordedCase
from policy.ruling import rule
from policy.wire import facts_to_dict, ruling_to_dict
from tests.policy.asking import NOW, PLAYBOOKS, charge, playbook, request


def recorded(since: datetime | None) -> Iterable[RecordedCase]:
    case = RecordedCase("C-1", request(), NOW, rule(request(), playbook(), NOW))
    return [case] if since is None or since <= NOW else []


def run(*words: str | Path) -> int:
    parser = ArgumentParser()
    add(parser.add_subparsers(), recorded)
    arguments = parser.parse_args(["policy", *map(str, words)])
    code: int = arguments.run(arguments)
    return code


def written(folder: Path, facts: Facts) -> Path:
    file = folder / "case.json"
    file.write_text(json.dumps({"facts": facts_to_dict(facts), "now": NOW.isoformat()}), "utf-8")
    return file


def test_check_says_that_a_playbook_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    said = capsys.readouterr().out
    assert "default.toml can be used: “Refund desk”, 12 reasons, 12 issues, 6 routes, version" in said


def test_check_names_the_line_of_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    text = (PLAYBOOKS / "default.toml").read_text("utf-8")
    file.write_text(text.replace('title = "Refund desk"', 'title = "Refund desk"\ncolour = "red"'), "utf-8")
    assert run("check", file) == 1
    assert "mine.toml, line 5: “colour” is not known in [the top of the file]." in capsys.readouterr().err


def test_explain_writes_the_ruling_with_every_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", written(tmp_path, request(Reason.OTHER, charge("620.00")))) == 0
    said = capsys.readouterr().out
    assert "Sent to the support leads, who may approve 620.00 USD." in said
    assert "To: Support leads, as “Standard refund”, by 2026-11-23 12:00 UTC" in said
    assert "+ gates.ticket" in said
    assert ". amounts.tiers" in said


def test_explain_writes_what_the_ruling_is_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = request(identity=Identity())
    playbook_file = PLAYBOOKS / "servinix.toml"
    assert run("explain", written(tmp_path, facts), "--playbook", playbook_file, "--json") == 0
    expected = ruling_to_dict(rule(facts, playbook("servinix"), NOW))
    assert expected == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "case.json: The document: Input data was truncated."),
        ("[]", "The document: Expected `object`, got `array`."),
        ('{"facts": {}, "when": 1}', "facts: Object missing required field `ask`."),
        ('{"now": null, "when": 1}', "The document: Object contains unknown field `when`."),
        ('{"now": "noon"}', "now: Invalid RFC3339 encoded datetime."),
        ('{"facts": {"ask": {"reason": "boredom"}}}', "`makegood policy schema` shows what belongs there."),
    ],
)
def test_explain_says_what_is_wrong_with_a_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    file = tmp_path / "case.json"
    file.write_text(text, "utf-8")
    assert run("explain", file) == 1
    assert says in capsys.readouterr().err


def test_a_case_without_a_time_is_ruled_on_as_of_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.json"
    file.write_text(json.dumps({"facts": facts_to_dict(request(Reason.OTHER))}), "utf-8")
    before = datetime.now(UTC)
    assert run("explain", file, "--json") == 0
    ruled_at = datetime.fromisoformat(json.loads(capsys.readouterr().out)["ruled_at"])
    assert before <= ruled_at <= datetime.now(UTC)


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert {"case", "ruling"} <= json.loads(capsys.readouterr().out)["$defs"].keys()


def test_table_prints_matrix_tiers_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("table") == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    starts = (
        "Mass payment failure Engineering (critical) 15 min 5 min 15 min Reggie",
        "from 500.00 USD up to 2,000.00 USD Support leads (Standard refund)",
        "Technical error nothing: a person vouches the amount, at least Support leads (Standard refund)",
    )
    assert [sum(row.startswith(start) for row in rows) for start in starts] == [1, 1, 1]


def test_replay_reads_the_recorded_cases_since_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    new = PLAYBOOKS / "vistasocial.toml"
    assert run("replay", "--playbook", new, "--json") == 0
    assert [flip["id"] for flip in json.loads(capsys.readouterr().out)["flips"]] == ["C-1"]
    assert run("replay", "--playbook", new, "--since", "2026-11-23") == 0
    assert capsys.readouterr().out.startswith("0 cases ruled again")


def test_a_playbook_that_cannot_be_read_stops_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "nowhere.toml"
    codes = [
        run("check", nowhere),
        run("table", "--playbook", nowhere),
        run("replay", "--playbook", nowhere),
        run("explain", written(tmp_path, request()), "--playbook", nowhere),
    ]
    assert codes == [1, 1, 1, 1]
    assert capsys.readouterr().err.count("The playbook cannot be read") == 4


def test_replay_refuses_a_day_that_is_none() -> None:
    with pytest.raises(SystemExit):
        run("replay", "--playbook", PLAYBOOKS / "default.toml", "--since", "yesterday")

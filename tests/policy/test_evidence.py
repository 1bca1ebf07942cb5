"""The evidence of a challenge: which papers win, what is missing, how long the texts are."""

from __future__ import annotations

from importlib.resources import files

import pytest

from policy.evidence import CHARACTERS, FIELDS, FILES, TEXTS, characters, checklist, missing, with_more
from policy.lifecycle import DISPUTE, DisputeState
from policy.model import Paper
from policy.playbook import PlaybookError, load, parse
from tests.policy.asking import playbook

DEFAULT = load(None)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("product_not_received", ["access_activity_log", "service_documentation", "service_date"]),
        (
            "duplicate",
            [
                "receipt",
                "duplicate_charge_documentation",
                "duplicate_charge_explanation",
                "service_documentation",
            ],
        ),
        ("noncompliant", ["access_activity_log", "service_documentation", "customer_signature", "receipt"]),
    ],
)
def test_each_reason_has_the_papers_that_win_it(reason: str, expected: list[str]) -> None:
    assert expected == [paper.field for paper in checklist(DEFAULT, reason)]


def test_every_paper_of_the_playbooks_goes_in_a_field_of_its_own() -> None:
    assert DEFAULT.disputes
    for papers in DEFAULT.disputes.evidence.values():
        fields = [paper.field for paper in papers]
        assert len(fields) == len(set(fields))
        assert set(fields) <= FIELDS
    assert set() == TEXTS & FILES


def test_a_playbook_without_disputes_asks_for_no_paper() -> None:
    assert () == checklist(playbook("b3networks"), "duplicate")


LOG, FILE, OTHER = (
    Paper("Log", "access_activity_log"),
    Paper("File", "receipt"),
    Paper("Other", "uncategorized_text"),
)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (set(), (LOG, FILE)),
        ({"receipt"}, (LOG,)),
        ({"receipt", "access_activity_log"}, ()),
        ({"service_date"}, (LOG, FILE)),
    ],
)
def test_what_is_missing_is_what_nobody_gave(there: set[str], expected: tuple[Paper, ...]) -> None:
    assert expected == missing((LOG, FILE), there)


def test_there_is_always_a_place_for_more_unless_the_checklist_has_it() -> None:
    assert ["uncategorized_text", "uncategorized_file"] == [paper.field for paper in with_more(())]
    assert ["uncategorized_text", "uncategorized_file"] == [paper.field for paper in with_more((OTHER,))]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ({}, 0),
        ({"access_activity_log": 100, "service_date": 20}, 120),
        ({"receipt": 40, "service_date": 20}, 20),
        ({"uncategorized_text": CHARACTERS + 1}, 150_001),
    ],
)
def test_texts_count_and_files_do_not(lengths: dict[str, int], expected: int) -> None:
    assert expected == characters(lengths)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('goes_in = "service_date"', 'goes_in = "service_day"', "“service_day” is not a known goes_in"),
        (
            'goes_in = "service_date"',
            'goes_in = "access_activity_log"',
            "Two papers go in “access_activity_log”",
        ),
        ('goes_in = "service_date" }', 'goes_in = "service_date", by = "us" }', "“by” is not known"),
    ],
)
def test_a_paper_that_stripe_has_no_place_for_is_refused_with_its_line(
    before: str, after: str, sentence: str
) -> None:
    text = files("policy").joinpath("playbooks", "default.toml").read_text("utf-8")
    line = text[: text.index("product_not_received = [")].count("\n") + 1
    with pytest.raises(PlaybookError) as refused:
        parse(text.replace(before, after), "default.toml")
    assert sentence in str(refused.value)
    assert abs(refused.value.line - line) <= 30


@pytest.mark.parametrize("happened", ["evidence_submitted", "won", "lost", "ended"])
def test_what_the_bank_says_is_heard_wherever_a_dispute_still_is_open(happened: str) -> None:
    for state in (DisputeState.OPEN, DisputeState.GATHERING, DisputeState.SUBMITTING):
        assert DISPUTE.may(state, happened)


@pytest.mark.parametrize(
    "state",
    [
        DisputeState.SUBMITTING,
        DisputeState.CHALLENGED,
        DisputeState.ACCEPTED,
        DisputeState.WON,
        DisputeState.LOST,
    ],
)
@pytest.mark.parametrize(
    "happened", ["submit_decided", "accept_decided", "evidence_added", "challenge_taken"]
)
def test_nobody_decides_once_the_evidence_is_on_its_way_or_all_is_over(
    state: DisputeState, happened: str
) -> None:
    assert not DISPUTE.may(state, happened)

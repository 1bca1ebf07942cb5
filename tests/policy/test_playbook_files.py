"""A playbook is read whole or refused, and the refusal names the file, the line and the fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.facts import Reason
from policy.playbook import PlaybookError, load, parse
from tests.policy.asking import PLAYBOOKS, playbook

TEXT = (PLAYBOOKS / "default.toml").read_text("utf-8")


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


# What is changed in the default playbook, the piece whose line is named, and words of the fault.
FAULTS = [
    ('title = "Refund desk"', "title =", "title =", "not TOML"),
    ('title = "Refund desk"', 'titel = "Refund desk"', None, "“title” is missing"),
    ('label = "Support leads"', 'label = "Support leads"\nlevel = 1', "level = 1", "“level” is not known"),
    ('sla = "48 h"', 'slaa = "48 h"', "[issues.dispute]", "“sla” is missing"),
    ('next = "reggie"', 'next = "regie"', 'next = "regie"', "“regie” is not a route"),
    ('route = "finance"', 'route = "finanse"', 'route = "finanse"', "Did you mean “finance”?"),
    ('sla = "48 h"', 'sla = "two days"', 'sla = "two days"', "“two days” is no duration"),
    ('sla = "48 h"', 'sla = "0 h"', 'sla = "0 h"', "“0 h” is no duration"),
    ('remind_ahead = "8 h"', 'remind_ahead = "48 h"', 'remind_ahead = "48 h"', "must be shorter than “sla”"),
    ('approvers = "@reggie"', 'approvers = "@reggie"\nnext = "leads"', 'next = "reggie"', "in a circle"),
    ("[gates.paid]", "[gates.payed]", "[gates.payed]", "“payed” is not a gate"),
    ('checks = ["email", "organisation", "tenant"]', 'checks = ["mail"]', 'checks = ["mail"]', "must list"),
    ("[reasons.duplicate]", "[reasons.double]", "[reasons.double]", "“double” is not a reason"),
    ('check = "renewal"', 'check = "renewel"', 'check = "renewel"', "Did you mean “renewal”?"),
    ("within_days = 7", "within_days = -7", "within_days = -7", "at least 0"),
    ("enabled = true", 'enabled = "yes"', 'enabled = "yes"', "must be true or false"),
    ('issue = "goodwill"', 'issue = "good"', 'issue = "good"', "“good” is not a known issue"),
    ("\nbelow =", "\nup_to =", 'from = "500.00 USD"', "Two tiers overlap at 500.00 USD"),
    ('below = "500.00 USD"', 'below = "400.00 USD"', 'from = "500.00 USD"', "gap between tiers: 400.00 USD"),
    ('from = "500.00 USD"', 'above = "500.00 USD"', 'above = "500.00 USD"', "gap between tiers: 500.00 USD"),
    ('up_to = "2,000.00 USD"\n', "", 'above = "2,000.00 USD"', "Two tiers overlap"),
    (
        'below = "500.00 USD"',
        'from = "1.00 USD"\nbelow = "500.00 USD"',
        "[[amounts.tiers]]",
        "below this one",
    ),
    ('above = "2,000.00 USD"', 'above = "2,000.00 USD"\nbelow = "9,000.00 USD"', None, "above this one"),
    ('up_to = "2,000.00 USD"', 'up_to = "2,000.00 EUR"', 'up_to = "2,000.00 EUR"', "not an amount in USD"),
    ('up_to = "2,000.00 USD"', "up_to = 2000.00", "up_to = 2000.00", "must be a text in quotes"),
    ('EUR = "1.10"', "EUR = 1.10", "EUR = 1.10", "must be a text in quotes"),
    ('EUR = "1.10"', 'EUR = "0.00"', 'EUR = "0.00"', "is not a rate"),
    ("as_of = 2026-11-02", 'as_of = "yesterday"', 'as_of = "yesterday"', "must be a day"),
    ("applies_from = 3", "applies_from = 1", "applies_from = 1", "cannot be less than “collect”"),
    ('group = "wait"', 'group = "weight"', 'group = "weight"', "“weight” is not a known group"),
    ("[past_due]", "[past_dew]", None, "[past_due] is missing"),
    ('reference = "USD"', 'reference = "usd"', 'reference = "usd"', "is not a currency code"),
    ('from = "500.00 USD"', 'from = "500.00 USD"\nabove = "500.00 USD"', None, "not both"),
    ('up_to = "2,000.00 USD"', 'up_to = "400.00 USD"', 'up_to = "400.00 USD"', "ends before it starts"),
    ("automatic = true", 'automatic = true\nissue = "dispute"', None, "not both"),
    ("general = [", "generally = [", "[disputes.evidence]", "“general” is missing"),
    ("ask = [\n", "ask = [\n    1,\n", "ask = [", "must be a list of texts"),
    ("[gates.ticket]", "[gates.extra]", "[gates.extra]", "“extra” is not a gate"),
    ('title = "Refund desk"', 'title = ""', 'title = ""', "must be a text in quotes that is not empty"),
    ('title = "Refund desk"', 'title = "Refund desk"\npast_due = 3', None, "not TOML"),
    ('window = "30 min"', 'window = "8 days"', 'baseline = "7 days"', "must be longer than “window”"),
    ('times = "2"', 'times = "1"', 'times = "1"', "must be more than 1"),
    ("failures = 6", "failures = 1", "failures = 1", "at least 2"),
    ('issue = "stripe_sync_error"', 'issue = "sync"', 'issue = "sync"', "“sync” is not a known issue"),
    ("drift_count = 5", "drifts = 5", "[health.mirror]", "“drift_count” must be"),
    ("[amounts.ceilings]", "[amounts.ceiling]", "[amounts.ceiling]", "“ceiling” is not known in [amounts]"),
]


@pytest.mark.parametrize(("old", "new", "at", "says"), FAULTS)
def test_a_fault_is_refused_with_its_line(old: str, new: str, at: str | None, says: str) -> None:
    text = TEXT.replace(old, new, 1)
    with pytest.raises(PlaybookError) as refusal:
        parse(text, "mine.toml")
    assert says in str(refusal.value)
    assert str(refusal.value).startswith(f"mine.toml, line {refusal.value.line}: ")
    if at is not None:
        assert line_of(text, at) == refusal.value.line


def test_a_missing_source_is_refused_wherever_it_is_missing() -> None:
    lines = TEXT.splitlines()
    places = [number for number, line in enumerate(lines) if line.startswith("source =")]
    assert len(places) > 60
    for place in places:
        with pytest.raises(PlaybookError, match="“source” is missing"):
            parse("\n".join(lines[:place] + lines[place + 1 :]), "mine.toml")


def test_a_reason_that_nobody_names_needs_a_word_about_all_others() -> None:
    start, end = TEXT.index("[reasons.other]"), TEXT.index("# ---- Past-due invoices")
    with pytest.raises(PlaybookError, match="Nothing is said about other"):
        parse(TEXT[:start] + TEXT[end:], "mine.toml")


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("[routes.leads]", "# ---- What is escalated", "There is no route"),
        ("[issues.standard_refund]", "# ---- What must hold", "There is no issue"),
        ("[gates.not_refunded]", "[gates.amount_left]", "[gates.not_refunded] is missing"),
        ("[[amounts.tiers]]", "# The tier is judged", "[[amounts.tiers]] is missing"),
        ("\n[rates]", "# One unit of the currency", "“reference” is missing"),
        ("[calendar]", "# ---- Who decides", "[calendar] is missing"),
    ],
)
def test_a_part_that_the_bot_needs_must_be_there(start: str, end: str, says: str) -> None:
    text = TEXT[: TEXT.index(start)] + TEXT[TEXT.index(end) :]
    with pytest.raises(PlaybookError) as refusal:
        parse(text, "mine.toml")
    assert says in str(refusal.value)


def test_a_text_over_several_lines_does_not_move_the_line_of_a_fault() -> None:
    long = 'title = """\nsla = 1\n[routes.x]\n"""'
    text = TEXT.replace('title = "Refund desk"', long).replace('sla = "48 h"', 'sla = "soon"')
    with pytest.raises(PlaybookError) as refusal:
        parse(text, "mine.toml")
    assert line_of(text, 'sla = "soon"') == refusal.value.line


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="cannot be read"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    "name", ["b3networks", "default", "fieldproxy", "penguinmails", "servinix", "vistasocial"]
)
def test_one_schema_serves_every_packaged_playbook(name: str) -> None:
    assert f"{name}.toml" == playbook(name).name


def test_the_packaged_default_names_every_reason_and_every_route_of_the_desk() -> None:
    book = load(None)
    assert set(Reason) == set(book.reasons)
    assert {"leads", "finance", "reggie", "security", "platform", "critical"} == set(book.routes)
    assert book.arrives_within == "5–10 business days"


def test_the_version_is_that_of_the_text_and_changes_with_it() -> None:
    assert parse(TEXT, "a.toml").version == parse(TEXT, "b.toml").version
    assert parse(TEXT, "a.toml").version != parse(f"{TEXT}\n# changed", "a.toml").version

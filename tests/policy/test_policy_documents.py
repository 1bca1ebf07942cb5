"""Facts and rulings as documents, and replaying recorded cases with another playbook."""

from __future__ import annotations

from typing import Any

import pytest

from policy.facts import Reason
from policy.playbook import parse
from policy.replay import RecordedCase, replay
from policy.ruling import rule
from policy.wire import WireError, facts_from_dict, facts_to_dict, ruling_from_dict, ruling_to_dict, schema
from tests.policy.asking import NOW, PLAYBOOKS, charge, playbook, request

BOOK = playbook()


def changed(path: str, value: object) -> dict[str, Any]:
    """Return a facts document in which the value at a dotted path is another."""
    document = facts_to_dict(request())
    place: Any = document
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (changed("ask.colour", "red"), "facts.ask: Object contains unknown field `colour`."),
        (changed("ask.reason", "boredom"), "facts.ask.reason: Invalid enum value 'boredom'."),
        (changed("charge.amount.minor", 49.0), "facts.charge.amount.minor: Expected `int`, got `float`."),
        (
            changed("charge.amount.minor", value=True),
            "amount.minor: Expected `int`, got `bool`.",
        ),
        (changed("charge.amount.currency", "usd"), "facts.charge.amount: “usd” is not a currency code."),
        (changed("charge.created_at", "2026-11-22T12:00:00"), "`datetime` with a timezone component."),
        (
            changed("charge.created_at", "yesterday"),
            "charge.created_at: Invalid RFC3339 encoded datetime.",
        ),
        (changed("charge", {}), "facts.charge: Object missing required field `id`."),
        (changed("siblings", "none"), "facts.siblings: Expected `array`, got `str`."),
        (changed("ask", None), "facts.ask: Expected `object`, got `null`."),
    ],
)
def test_a_document_that_is_no_facts_is_refused_with_its_place(document: dict[str, Any], says: str) -> None:
    with pytest.raises(WireError) as refusal:
        facts_from_dict(document)
    assert says in str(refusal.value)


def test_what_has_a_default_may_be_left_out_of_a_document() -> None:
    document = {
        "ask": {"charge_id": "ch_1", "reason": "other", "source": "email"},
        "charge": None,
        "customer": None,
        "actor": {"id": "U1"},
    }
    assert facts_from_dict(document).ask.ticket == ""


def test_a_ruling_without_a_known_outcome_is_refused() -> None:
    document = {**ruling_to_dict(rule(request(), BOOK, NOW)), "outcome": "perhaps"}
    with pytest.raises(WireError, match=r"^ruling.outcome: Invalid value 'perhaps'\."):
        ruling_from_dict(document)


_KINDS: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def matches(document: Any, described: dict[str, Any], known: dict[str, Any]) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a document is what its schema says, for the words that our schema uses."""
    if "$ref" in described:
        return matches(document, known[described["$ref"].removeprefix("#/$defs/")], known)
    if any(word in described for word in ("anyOf", "oneOf")):
        options = described.get("anyOf") or described["oneOf"]
        return sum(matches(document, option, known) for option in options) == 1
    if "const" in described or "enum" in described:
        return bool(document in described.get("enum", [described.get("const")]))
    if type(document) is not _KINDS[described["type"]]:
        return False
    value: Any = document
    if described["type"] == "array":
        return all(matches(item, described["items"], known) for item in value)
    if described["type"] == "object":
        parts = described["properties"]
        named = set(described["required"]) <= set(value) <= set(parts)
        return named and all(matches(value[key], parts[key], known) for key in value)
    return True


@pytest.mark.parametrize("reason", Reason)
def test_the_published_schema_describes_what_is_read_and_written(reason: Reason) -> None:
    known = schema()["$defs"]
    facts = request(reason)
    case = {"facts": facts_to_dict(facts), "now": NOW.isoformat()}
    written = ruling_to_dict(rule(facts, BOOK, NOW))
    assert matches(case, known["case"], known)
    assert matches(written, known["ruling"], known)
    assert not matches({**written, "extra": 1}, known["ruling"], known)
    assert not matches({**case, "facts": {}}, known["case"], known)


def recorded() -> list[RecordedCase]:
    asked = [request(on=charge(amount)) for amount in ("49.00", "150.00", "620.00")]
    return [RecordedCase(f"C-{n}", facts, NOW, rule(facts, BOOK, NOW)) for n, facts in enumerate(asked, 1)]


def stricter() -> str:
    """Return the default playbook with its automatic tier ending at 100 instead of 500 dollars."""
    text = (PLAYBOOKS / "default.toml").read_text("utf-8")
    return text.replace('below = "500.00 USD"', 'below = "100.00 USD"').replace(
        'from = "500.00 USD"', 'from = "100.00 USD"'
    )


def test_replay_reports_the_cases_that_flip_with_counts_and_money_by_outcome_and_route() -> None:
    report = replay(recorded(), parse(stricter(), "new.toml"))
    document = report.as_dict()
    assert (
        document["cases"],
        document["changed"],
        [flip["id"] for flip in document["flips"]],
    ) == (3, 1, ["C-2"])
    assert [
        (row["outcome"], row["route"], row["cases"], row["minor"]["before"], row["minor"]["after"])
        for row in document["sums"]
    ] == [
        ("escalate", "leads", {"before": 1, "after": 2}, {"USD": 62_000}, {"USD": 77_000}),
        ("grant", "", {"before": 2, "after": 1}, {"USD": 19_900}, {"USD": 4_900}),
    ]


def test_replay_prints_the_same_as_a_table() -> None:
    lines = replay(recorded(), parse(stricter(), "new.toml")).as_text().splitlines()
    assert lines[3] == "escalate to leads  1             2      620.00 USD    770.00 USD"
    assert lines[-1] == "C-2   grant, 150.00 USD  escalate to leads (standard_refund), 150.00 USD"


def test_replay_rules_with_the_time_and_the_facts_as_they_were() -> None:
    facts = request()
    [case] = [RecordedCase("C-1", facts, NOW, rule(facts, BOOK, NOW))]
    assert replay([case], BOOK).flips == ()
    assert len(replay([RecordedCase("C-1", facts, NOW.replace(year=2027), case.ruling)], BOOK).flips) == 1

"""What holds for every request, whatever is asked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from policy.facts import (
    Chargeback,
    Facts,
    History,
    Identity,
    Invoice,
    PastDueWish,
    PastRefund,
    Reason,
    ServiceReport,
    Subscription,
)
from policy.money import Money
from policy.playbook import parse
from policy.replay import RecordedCase, replay
from policy.ruling import Escalate, Grant, Refuse, rule
from policy.wire import facts_from_dict, facts_to_dict, ruling_from_dict, ruling_to_dict
from tests.policy.asking import DAY, NOW, PLAYBOOKS, charge, playbook, request, summary

NAMES = ("default", "b3networks", "fieldproxy", "penguinmails", "servinix", "vistasocial")
BOOKS = {name: playbook(name) for name in NAMES}
BOUNDED = settings(max_examples=120, deadline=None, derandomize=True, database=None)

amounts = st.builds(
    Money, st.integers(1, 400_000), st.sampled_from(["USD", "USD", "EUR", "JPY", "KWD", "XAU"])
)
moments = st.integers(-40 * 24 * 3600, 40 * 24 * 3600).map(lambda seconds: NOW + timedelta(seconds=seconds))
perhaps_moments = st.none() | moments
subscriptions = st.builds(
    Subscription,
    id=st.just("sub_1"),
    status=st.just("canceled"),
    started_at=moments,
    interval=st.sampled_from(["day", "week", "month", "year"]),
    interval_count=st.integers(1, 3),
    period_start=perhaps_moments,
    period_end=perhaps_moments,
    ends_at=perhaps_moments,
)


@st.composite
def requests(draw: st.DrawFn) -> Facts:
    amount = draw(amounts)
    refunded = draw(st.sampled_from([0, 0, amount.minor // 3, amount.minor]))
    about = charge(
        amount,
        created_at=draw(moments),
        refunded_minor=refunded,
        disputed=draw(st.sampled_from([False, False, False, True])),
        captured=draw(st.sampled_from([True, True, True, False])),
        billing_reason=draw(st.sampled_from(["subscription_cycle", "subscription_create", ""])),
    )
    part = st.integers(1, amount.minor + 2).map(lambda minor: Money(minor, amount.currency))
    report = st.builds(
        ServiceReport,
        completed_percent=st.none() | st.integers(-1, 101),
        onsite_minutes=st.none() | st.integers(0, 200),
        booked_minutes=st.none() | st.integers(0, 200),
        parts_used=st.none() | part,
        sla_met=st.none() | st.booleans(),
        surcharge=st.none() | part,
        complex=st.booleans(),
    )
    twin = replace(about, id="ch_2", refunded_minor=draw(st.sampled_from([0, 0, amount.minor])))
    checked = draw(st.booleans())
    return request(
        draw(st.sampled_from(list(Reason))),
        about,
        amount=draw(st.none() | part),
        chargeback=draw(st.sampled_from([Chargeback.NONE, Chargeback.NONE, *Chargeback])),
        identity=Identity(checked or draw(st.booleans()), organisation=True, tenant=True),
        note=draw(st.sampled_from(["", "They asked."])),
        service=draw(st.none() | report),
        past_due_wish=draw(st.none() | st.sampled_from(list(PastDueWish))),
        subscription=draw(st.none() | subscriptions),
        siblings=draw(st.sampled_from([(), (twin,)])),
        invoices=[
            Invoice(f"in_{n}", "open", amount, NOW - DAY, NOW - n * DAY)
            for n in range(draw(st.integers(0, 4)))
        ],
        history=draw(
            st.builds(
                History,
                refunds=st.lists(st.builds(PastRefund, moments, amounts, st.just("ch_0")), max_size=2).map(
                    tuple
                ),
                automatic_by_agent=st.integers(0, 21),
                automatic_by_agent_minor=st.integers(0, 200_000),
                open_case=st.sampled_from([None, None, None, "C-1"]),
            )
        ),
    )


def values(thing: Any) -> list[Any]:  # noqa: ANN401 - walks any JSON value
    if isinstance(thing, dict):
        return [leaf for part in thing.values() for leaf in values(part)]
    if isinstance(thing, list):
        return [leaf for part in thing for leaf in values(part)]
    return [thing]


@BOUNDED
@given(requests(), st.sampled_from(NAMES))
def test_every_request_ends_in_one_outcome_that_never_pays_more_than_is_left(facts: Facts, name: str) -> None:
    ruling = rule(facts, BOOKS[name], NOW)
    assert sum(isinstance(ruling, outcome) for outcome in (Grant, Escalate, Refuse)) == 1
    assert facts.charge is not None
    amount = None if isinstance(ruling, Refuse) else ruling.amount  # type: ignore[attr-defined]  # a grant or an escalation
    if amount is None:
        assert ruling.arithmetic == ()
        return
    assert 0 < amount.minor <= facts.charge.left.minor
    assert amount.minor == sum(line.amount.minor for line in ruling.arithmetic)
    if facts.ask.amount is not None:
        assert amount <= facts.ask.amount


@BOUNDED
@given(requests(), st.sampled_from(NAMES))
def test_a_ruling_holds_no_float_and_survives_the_wire(facts: Facts, name: str) -> None:
    ruling = rule(facts, BOOKS[name], NOW)
    document = ruling_to_dict(ruling)
    assert [leaf for leaf in values(document) if isinstance(leaf, float)] == []
    assert (facts, ruling) == (facts_from_dict(facts_to_dict(facts)), ruling_from_dict(document))
    assert "amount" not in ruling_to_dict(ruling) or not isinstance(ruling, Refuse)


def burden(facts: Facts) -> int:
    ruling = rule(facts, BOOKS["default"], NOW)
    if isinstance(ruling, Grant):
        return 0
    if isinstance(ruling, Escalate):
        return 1 if ruling.route == "leads" else 2
    return 3


@BOUNDED
@given(requests(), st.integers(1, 400_000), st.integers(1, 400_000))
def test_a_larger_ask_never_needs_less_approval(facts: Facts, one: int, other: int) -> None:
    assert facts.charge is not None
    currency = facts.charge.amount.currency
    small, large = (
        replace(facts, ask=replace(facts.ask, amount=Money(minor, currency)))
        for minor in sorted((one, other))
    )
    assert burden(small) <= burden(large)


@BOUNDED
@given(st.sampled_from([Reason.ACCIDENTAL_RENEWAL, Reason.OTHER]), amounts, st.integers(0, 400_000))
def test_a_larger_charge_never_needs_less_approval(reason: Reason, amount: Money, more: int) -> None:
    larger = Money(amount.minor + more, amount.currency)
    assert burden(request(reason, charge(amount))) <= burden(request(reason, charge(larger)))


def shuffled(text: str, order: int) -> str:
    """Return the playbook with its tables in another order."""
    head, *tables = re.split(r"(?m)^(?=\[)", text)
    turn = order % len(tables)
    return "".join([head, *(f"{table}\n" for table in reversed(tables[turn:] + tables[:turn]))])


@settings(BOUNDED, max_examples=40)
@given(requests(), st.integers(0, 60))
def test_the_order_of_the_rules_in_the_file_changes_no_ruling(facts: Facts, order: int) -> None:
    text = (PLAYBOOKS / "default.toml").read_text("utf-8")
    other = parse(shuffled(text, order), "default.toml")
    expected = rule(facts, BOOKS["default"], NOW)
    assert expected == replace(rule(facts, other, NOW), playbook=expected.playbook)


@settings(BOUNDED, max_examples=40)
@given(st.lists(requests(), max_size=8), st.sampled_from(NAMES))
def test_replaying_with_the_same_playbook_changes_nothing(asked: list[Facts], name: str) -> None:
    book = BOOKS[name]
    cases = [RecordedCase(f"C-{n}", facts, NOW, rule(facts, book, NOW)) for n, facts in enumerate(asked)]
    report = replay(cases, book)
    assert ((), len(asked)) == (report.flips, report.cases)
    assert all(row.cases_before == row.cases_after for row in report.sums)


@pytest.mark.parametrize("reason", Reason)
def test_the_same_facts_always_give_the_same_ruling(reason: Reason) -> None:
    first, second = (rule(request(reason), BOOKS["default"], NOW) for _ in range(2))
    assert (first, summary(first)) == (second, summary(second))

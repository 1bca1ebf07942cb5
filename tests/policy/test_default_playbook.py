"""The default playbook, where the five texts meet: gates, reasons, amounts, and what is offered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from policy.facts import Chargeback, Customer, Facts, History, Identity, PastRefund, Reason, Subscription
from policy.money import Money
from policy.playbook import Playbook, parse
from policy.ruling import (
    Escalate,
    Grant,
    Refuse,
    Result,
    needs_documented_approval,
    rule,
)
from tests.policy.asking import DAY, NOW, PLAYBOOKS, charge, decided, playbook, request, usd

BOOK = playbook()
REACHED, ALLOWED = "10,048.00 USD", "10,000.00 USD"
CANCELLED = Subscription("sub_1", "canceled", NOW - 100 * DAY, ends_at=NOW - 5 * DAY)


@pytest.mark.parametrize(
    ("facts", "rule_id", "says"),
    [
        (replace(request(), charge=None), "gates.charge_found", "there is no charge ch_1"),
        (request(history=History(open_case="C-7")), "gates.one_open_case", "case C-7 is already open"),
        (request(on=charge(disputed=True)), "gates.not_disputed", "the bank has a dispute open"),
        (request(on=charge(status="failed")), "gates.paid", "never went through"),
        (request(on=charge(captured=False)), "gates.captured", "5–7 days"),
        (request(on=charge(refunded_minor=4900)), "gates.not_refunded", "all of the 49.00 USD"),
        (request(amount=usd("49.01")), "gates.amount_left", "only 49.00 USD is left"),
        (request(amount=usd("0.00")), "gates.amount_left", "more than zero"),
        (request(amount=Money(4900, "EUR")), "gates.amount_left", "the charge is in USD"),
        (request(identity=Identity(email=True, organisation=True)), "gates.identity", "the tenant id"),
        (request(ticket="  "), "gates.ticket", "needs a ticket"),
    ],
)
def test_a_gate_that_does_not_hold_refuses_and_says_what_to_do(facts: Facts, rule_id: str, says: str) -> None:
    ruling = rule(facts, BOOK, NOW)
    assert isinstance(ruling, Refuse)
    assert (rule_id, True, True) == (ruling.rule, says in ruling.headline, bool(ruling.next_steps))


def test_everything_the_agent_can_mend_is_said_in_one_go() -> None:
    ruling = rule(request(identity=Identity(), ticket=""), BOOK, NOW)
    failed = [finding.rule for finding in ruling.findings if finding.result is Result.FAILED]
    assert failed == ["gates.identity", "gates.ticket"]
    assert len(ruling.next_steps) == 2


def test_a_second_request_is_linked_to_the_open_case_and_passes_a_chargeback_on() -> None:
    facts = request(history=History(open_case="C-7"), chargeback=Chargeback.FILED)
    ruling = rule(facts, BOOK, NOW)
    assert isinstance(ruling, Refuse)
    assert ruling.linked_case == "C-7"
    assert ruling.next_steps[0] == "Say in case C-7 at once that a chargeback was filed."


def test_a_filed_chargeback_goes_to_finance_without_any_amount_even_before_the_identity_is_known() -> None:
    facts = request(chargeback=Chargeback.FILED, identity=Identity(), ticket="")
    ruling = rule(facts, BOOK, NOW)
    assert isinstance(ruling, Escalate)
    assert (ruling.issue, ruling.route, ruling.amount) == ("dispute", "finance", None)
    assert NOW + timedelta(hours=48) == ruling.due_at


def test_a_filed_chargeback_goes_to_finance_even_when_stripe_shows_the_dispute_already() -> None:
    facts = request(on=charge(disputed=True), chargeback=Chargeback.FILED)
    assert ("escalate", "dispute", "") == decided(facts, BOOK)


def test_a_threatened_chargeback_goes_to_reggie_who_may_approve_only_a_complete_request() -> None:
    complete = decided(request(chargeback=Chargeback.THREATENED), BOOK)
    incomplete = decided(request(chargeback=Chargeback.THREATENED, ticket=""), BOOK)
    assert complete == ("escalate", "chargeback_threat", "49.00 USD")
    assert incomplete == ("escalate", "chargeback_threat", "")


def test_a_card_that_is_not_recognised_goes_to_security_with_no_refund_meanwhile() -> None:
    ruling = rule(request(Reason.CARD_NOT_RECOGNISED, identity=Identity()), BOOK, NOW)
    assert isinstance(ruling, Escalate)
    assert (ruling.route, ruling.amount) == ("security", None)
    assert ruling.next_steps == ("Flag the account now.", "Make no refund meanwhile.")


@pytest.mark.parametrize(
    ("reason", "amount", "expected"),
    [
        (Reason.TECHNICAL_ERROR, "1.00", "standard_refund"),
        (Reason.TECHNICAL_ERROR, "2,000.00", "standard_refund"),
        (Reason.TECHNICAL_ERROR, "2,000.01", "manager_approval"),
        (Reason.OTHER, "1.00", "standard_refund"),
        (Reason.OTHER, "2,000.01", "manager_approval"),
        (Reason.UNUSED_MODULE, "1.00", "manager_approval"),
        (Reason.DISSATISFACTION, "1.00", "goodwill"),
        (Reason.NOT_USING, "1.00", "exception"),
    ],
)
def test_what_only_a_person_can_vouch_for_is_never_automatic(
    reason: Reason, amount: str, expected: str
) -> None:
    outcome, issue, _ = decided(request(reason, charge(amount)), BOOK)
    assert ("escalate", expected) == (outcome, issue)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.01", ("grant", "", "0.01 USD")),
        ("499.99", ("grant", "", "499.99 USD")),
        ("500.00", ("escalate", "standard_refund", "500.00 USD")),
        ("2,000.00", ("escalate", "standard_refund", "2,000.00 USD")),
        ("2,000.01", ("escalate", "manager_approval", "2,000.01 USD")),
    ],
)
def test_the_amount_decides_who_is_asked(amount: str, expected: tuple[str, str, str]) -> None:
    ceiling_free = request(on=charge(amount))
    assert expected == decided(ceiling_free, BOOK)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Money(45_454, "EUR"), "grant"),  # 499.99 USD
        (Money(45_455, "EUR"), "escalate"),  # 500.01 USD
        (Money(73_528, "JPY"), "grant"),  # 499.99 USD
        (Money(73_529, "JPY"), "escalate"),  # 499.997 USD, which is 500.00
        (Money(153_372, "KWD"), "grant"),  # 499.99 USD
        (Money(153_374, "KWD"), "escalate"),  # 499.999 USD, which is 500.00
    ],
)
def test_other_currencies_are_judged_by_the_rate_table(amount: Money, expected: str) -> None:
    assert expected == decided(request(on=charge(amount)), BOOK)[0]


def test_a_currency_without_a_rate_goes_to_a_person_even_for_the_smallest_amount() -> None:
    assert decided(request(on=charge(Money(1, "XAU"))), BOOK) == ("escalate", "manager_approval", "0.01 XAU")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (usd("500.00"), False),
        (usd("500.01"), True),
        (Money(45_455, "EUR"), True),
        (Money(1, "XAU"), True),
    ],
)
def test_over_500_dollars_the_approval_must_be_documented(amount: Money, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert expected == needs_documented_approval(BOOK, amount)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(29 * DAY, "escalate"), (30 * DAY - timedelta(seconds=1), "escalate"), (30 * DAY, "grant")],
)
def test_refunds_of_the_last_thirty_days_are_judged_together(ago: timedelta, expected: str) -> None:
    earlier = History(refunds=(PastRefund(NOW - ago, usd("451.00"), "ch_0"),))
    assert expected == decided(request(history=earlier), BOOK)[0]


def test_an_earlier_refund_in_an_unknown_currency_sends_the_next_one_to_a_person() -> None:
    earlier = History(refunds=(PastRefund(NOW - DAY, Money(1, "XAU"), "ch_0"),))
    assert decided(request(history=earlier), BOOK)[1] == "manager_approval"


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (History(automatic_by_agent=19), "grant"),
        (History(automatic_by_agent=20), "escalate"),
        (History(automatic_by_agent_minor=200_000 - 4900), "grant"),
        (History(automatic_by_agent_minor=200_000 - 4899), "escalate"),
        (History(automatic_in_all=99), "grant"),
        (History(automatic_in_all=100), "escalate"),
        (History(automatic_in_all_minor=1_000_000 - 4900), "grant"),
        (History(automatic_in_all_minor=1_000_000 - 4899), "escalate"),
    ],
)
def test_automatic_grants_have_ceilings_a_day(history: History, expected: str) -> None:
    assert expected == decided(request(history=history), BOOK)[0]


def test_an_ask_beyond_the_rule_is_offered_the_eligible_amount_and_told_so() -> None:
    yearly = Subscription("sub_1", "canceled", NOW - 20 * DAY, interval="year", ends_at=NOW)
    paid = charge("120.00", created_at=NOW - 20 * DAY)
    ruling = rule(request(Reason.TERMINATION, paid, subscription=yearly, amount=usd("120.00")), BOOK, NOW)
    assert isinstance(ruling, Grant)
    assert usd("110.00") == ruling.amount
    assert (
        ruling.headline
        == "Granted: 110.00 USD goes back to the card now, not the 120.00 USD that was asked for."
    )
    assert any("Reggie may allow it" in step for step in ruling.next_steps)


def test_a_smaller_ask_is_offered_as_asked_and_the_lines_say_so() -> None:
    ruling = rule(request(amount=usd("20.00")), BOOK, NOW)
    assert isinstance(ruling, Grant)
    assert usd("20.00") == ruling.amount
    assert [("Charged", usd("49.00")), ("Not asked for", Money(-2900, "USD"))] == [
        (line.text, line.amount) for line in ruling.arithmetic
    ]


def test_a_refusal_by_the_reason_tells_who_may_make_an_exception() -> None:
    ruling = rule(request(on=charge(created_at=NOW - 8 * DAY)), BOOK, NOW)
    assert isinstance(ruling, Refuse)
    assert ruling.headline == "Not refunded: renewed on 14 November 2026, 8 days ago; 7 days are allowed."
    assert "Reggie may allow it" in ruling.next_steps[-1]


def test_a_grant_tells_the_customer_the_amount_and_how_long_it_takes() -> None:
    expected = "We have sent 49.00 USD back to your card. It arrives within 5–10 business days."
    assert (expected,) == rule(request(), BOOK, NOW).tell_customer


def test_a_customer_tier_can_have_every_refund_looked_at() -> None:
    book = playbook("fieldproxy")
    twin = (charge(id="ch_2"),)
    usual = decided(request(Reason.DUPLICATE, siblings=twin), book)
    priority = decided(
        request(Reason.DUPLICATE, siblings=twin, customer=Customer("cus_1", tier="Priority")), book
    )
    assert (usual[0], priority[1]) == ("grant", "standard_refund")


def test_each_finding_of_each_playbook_names_its_passage() -> None:
    for name in ("default", "b3networks", "fieldproxy", "penguinmails", "servinix", "vistasocial"):
        book = playbook(name)
        for reason in Reason:
            ruling = rule(request(reason, subscription=CANCELLED), book, NOW)
            assert [finding for finding in ruling.findings if not finding.source or not finding.text] == []
            assert (book.version, NOW) == (ruling.playbook, ruling.ruled_at)


def changed(old: str, new: str) -> Playbook:
    """Return the default playbook with one piece of its text replaced."""
    text = (PLAYBOOKS / "default.toml").read_text("utf-8")
    assert old in text
    return parse(text.replace(old, new, 1), "changed.toml")


def test_a_playbook_may_send_an_ask_beyond_the_rule_on_as_an_exception() -> None:
    book = changed('exception = "exception"', 'exception = "exception"\nabove_eligible = "exception"')
    yearly = Subscription("sub_1", "canceled", NOW - 20 * DAY, interval="year", ends_at=NOW)
    paid = charge("120.00", created_at=NOW - 20 * DAY)
    beyond = request(Reason.TERMINATION, paid, subscription=yearly, amount=usd("120.00"))
    within = request(Reason.TERMINATION, paid, subscription=yearly, amount=usd("110.00"))
    assert decided(beyond, book) == ("escalate", "exception", "120.00 USD")
    assert decided(within, book) == ("grant", "", "110.00 USD")


def test_a_playbook_may_count_days_in_utc() -> None:
    facts = request(
        on=charge(created_at=NOW.replace(day=15, hour=1)), customer=Customer("cus_1", timezone="Asia/Tokyo")
    )
    late = NOW.replace(hour=20)  # 22 November in UTC, 23 November in Tokyo
    assert decided(facts, BOOK, late)[0] == "refuse"
    assert decided(facts, changed('days = "customer"', 'days = "utc"'), late)[0] == "grant"


@pytest.mark.parametrize(
    ("history", "says"),
    [
        (History(automatic_by_agent=20), "In 24 hours Ana has had 20 automatic refunds; 20 are allowed."),
        (
            History(automatic_by_agent_minor=199_000),
            "With this one Ana comes to 2,039.00 USD in 24 hours without approval; 2,000.00 USD are allowed.",
        ),
        (
            History(automatic_in_all=100),
            "In 24 hours the desk has made 100 automatic refunds; 100 are allowed.",
        ),
        (
            History(automatic_in_all_minor=999_900),
            f"With this one the desk comes to {REACHED} in 24 hours without approval; {ALLOWED} are allowed.",
        ),
    ],
)
def test_a_ceiling_that_is_reached_says_which_and_by_how_much(history: History, says: str) -> None:
    ruling = rule(request(history=history), BOOK, NOW)
    assert ("amounts.ceilings", says) == (ruling.rule, ruling.why)


def test_a_dispute_that_is_only_an_inquiry_says_that_finance_may_still_refund() -> None:
    steps = rule(request(on=charge(disputed=True, dispute_refundable=True)), BOOK, NOW).next_steps
    assert "while the bank only inquires" in steps[-1]


def test_a_trial_moves_the_months_of_a_term_to_the_first_paid_day() -> None:
    trial = Subscription(
        "sub_1",
        "canceled",
        NOW - 44 * DAY,
        interval="year",
        period_start=NOW - 30 * DAY,
        period_end=NOW + 335 * DAY,
        ends_at=NOW - 5 * DAY,
    )
    paid = charge("1,200.00", created_at=NOW - 30 * DAY)
    facts = request(Reason.TERMINATION, paid, subscription=trial)
    assert decided(facts, BOOK)[2] == "1,100.00 USD"

"""What the texts say about refunds, a row for each sentence that decides, with the boundary on both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policy.facts import Chargeback, Customer, Facts, Identity, Reason, ServiceReport, Subscription
from policy.money import Money
from policy.playbook import parse
from policy.ruling import Escalate, Grant, Refuse, rule
from tests.policy.asking import DAY, NOW, PLAYBOOKS, charge, decided, playbook, request, usd

TERMINATION = playbook("b3networks")
OPERATIONS = playbook("penguinmails")
DISPUTES = playbook("servinix")
FIELD = playbook("fieldproxy")
DEFAULT = playbook()

REFUSED = ("refuse", "", "")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ended(bought: str, on: str, interval: str = "year", amount: str = "1,200.00") -> Facts:
    """Return a request on termination of what was bought at noon of one day and ended at noon of another."""
    start, end = at(f"{bought}T12:00"), at(f"{on}T12:00")
    subscription = Subscription("sub_1", "canceled", start, interval=interval, ends_at=end)
    return request(Reason.TERMINATION, charge(amount, created_at=start), subscription=subscription)


# ---- Refunds on termination ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ended("2021-04-01", "2021-04-12"), "1,200.00 USD"),  # the text's example: 12 months
        (ended("2021-04-01", "2021-04-17"), "1,100.00 USD"),  # the text's example: 11 months
        (ended("2021-04-01", "2021-04-15"), "1,200.00 USD"),  # day 14
        (ended("2021-04-01", "2021-04-16"), "1,100.00 USD"),  # day 15
        (ended("2021-04-01", "2021-04-30"), "1,100.00 USD"),
        (ended("2021-04-01", "2021-05-01"), "1,000.00 USD"),
        (ended("2021-04-01", "2022-02-28"), "100.00 USD"),
        (ended("2021-04-01", "2022-03-01"), ""),  # the last month: nothing remains
        (ended("2021-04-01", "2021-04-15", "month", "100.00"), "100.00 USD"),
        (ended("2021-04-01", "2021-04-16", "month", "100.00"), ""),
        (ended("2021-04-01", "2021-04-16", "week", "100.00"), ""),
        (ended("2024-02-29", "2024-03-14"), "1,200.00 USD"),  # bought on a leap day, day 14
        (ended("2024-02-29", "2024-03-28"), "1,100.00 USD"),  # its first month ends with 28 March
        (ended("2024-02-29", "2024-03-29"), "1,000.00 USD"),
        (ended("2024-02-29", "2025-01-29"), ""),  # the twelfth month has begun
        (ended("2023-01-31", "2023-02-27"), "1,100.00 USD"),  # bought on the 31st
        (ended("2023-01-31", "2023-02-28"), "1,000.00 USD"),  # February's month starts on its last day
        (ended("2023-01-31", "2023-03-30"), "1,000.00 USD"),
        (ended("2023-01-31", "2023-03-31"), "900.00 USD"),
        (ended("2024-01-31", "2024-02-28"), "1,100.00 USD"),  # a leap year: one day later
        (ended("2024-01-31", "2024-02-29"), "1,000.00 USD"),
    ],
)
def test_termination_refunds_in_full_for_14_days_and_then_the_whole_months_that_remain(
    facts: Facts, expected: str
) -> None:
    assert (("grant", "", expected) if expected else REFUSED) == decided(facts, TERMINATION)


def test_the_second_year_counts_its_own_months_and_has_no_second_fourteen_days() -> None:
    subscription = Subscription(
        "sub_1", "canceled", at("2021-04-01T12:00"), interval="year", ends_at=at("2022-04-05T12:00")
    )
    renewed = charge("1,200.00", created_at=at("2022-04-01T12:00"))
    facts = request(Reason.TERMINATION, renewed, subscription=subscription)
    assert decided(facts, TERMINATION) == ("grant", "", "1,100.00 USD")


def test_termination_counts_what_was_refunded_before_against_what_is_due() -> None:
    facts = ended("2021-04-01", "2021-04-17")
    assert facts.charge is not None
    partly = request(
        Reason.TERMINATION,
        charge("1,200.00", created_at=facts.charge.created_at, refunded_minor=30_000),
        subscription=facts.subscription,
    )
    assert decided(partly, TERMINATION) == ("grant", "", "800.00 USD")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (ended("2021-04-01", "2022-03-01"), "after 334 days: no whole month remains."),
        (ended("2021-04-01", "2021-04-16", "week"), "the term holds no whole month."),
        (request(Reason.TERMINATION, subscription=Subscription("sub_1", "active", NOW)), "is not terminated"),
        (request(Reason.TERMINATION, note=" "), "needs its reason"),
    ],
)
def test_a_termination_that_gives_nothing_back_says_why(facts: Facts, says: str) -> None:
    ruling = rule(facts, TERMINATION, NOW)
    assert isinstance(ruling, Refuse)
    assert says in ruling.headline


def test_termination_is_refunded_only_where_the_playbook_allows_it() -> None:
    text = (PLAYBOOKS / "b3networks.toml").read_text("utf-8").replace("enabled = true", "enabled = false")
    ruling = rule(ended("2021-04-01", "2021-04-12"), parse(text, "off.toml"), NOW)
    assert ruling.headline == "Not refunded: refunds on termination are switched off in this playbook."


def test_a_termination_is_the_only_reason_that_text_knows() -> None:
    others = {decided(request(reason), TERMINATION) for reason in Reason if reason is not Reason.TERMINATION}
    assert {REFUSED} == others


# ---- Renewals, technical errors, and days where the customer is ---------------------------------------


@pytest.mark.parametrize(
    ("renewed", "asked", "timezone", "expected"),
    [
        ("2026-03-01T00:00", "2026-03-08T23:59", "UTC", "grant"),
        ("2026-03-01T00:00", "2026-03-09T00:00", "UTC", "refuse"),
        # 23:30 UTC on 1 March is 2 March in Tokyo: there the seventh day ends at 15:00 UTC on 9 March.
        ("2026-03-01T23:30", "2026-03-09T14:59", "Asia/Tokyo", "grant"),
        ("2026-03-01T23:30", "2026-03-09T15:00", "Asia/Tokyo", "refuse"),
        ("2026-03-01T23:30", "2026-03-09T14:59", "UTC", "refuse"),
        # The clocks change on 8 March in New York: the day has 23 hours and is still one day.
        ("2026-03-01T12:00", "2026-03-09T03:59", "America/New_York", "grant"),
        ("2026-03-01T12:00", "2026-03-09T04:00", "America/New_York", "refuse"),
        ("2026-03-01T12:00", "2026-03-09T00:00", "No/Where", "refuse"),
    ],
)
def test_a_renewal_is_refunded_within_7_days_counted_where_the_customer_is(
    renewed: str, asked: str, timezone: str, expected: str
) -> None:
    facts = request(on=charge(created_at=at(renewed)), customer=Customer("cus_1", timezone=timezone))
    assert expected == decided(facts, DEFAULT, at(asked))[0]


@pytest.mark.parametrize(
    ("hour", "expected"), [("2026-03-16T04:59", "1,200.00 USD"), ("2026-03-16T05:00", "1,100.00 USD")]
)
def test_the_14_days_of_a_termination_end_where_the_customer_is(hour: str, expected: str) -> None:
    start = at("2026-03-02T03:00")  # 1 March, 22:00 in New York
    subscription = Subscription("sub_1", "canceled", start, interval="year", ends_at=at(hour))
    facts = request(
        Reason.TERMINATION,
        charge("1,200.00", created_at=start),
        subscription=subscription,
        customer=Customer("cus_1", timezone="Etc/GMT+5"),
    )
    assert ("grant", "", expected) == decided(facts, TERMINATION, at("2026-03-20T00:00"))


@pytest.mark.parametrize(
    ("billing_reason", "expected"),
    [
        ("subscription_cycle", ("escalate", "standard_refund", "49.00 USD")),
        ("", ("escalate", "standard_refund", "49.00 USD")),
        ("subscription_create", REFUSED),
    ],
)
def test_only_a_renewal_is_an_accidental_renewal(billing_reason: str, expected: tuple[str, str, str]) -> None:
    assert expected == decided(request(on=charge(billing_reason=billing_reason)), OPERATIONS)


def test_a_technical_error_is_approved_by_the_support_lead_within_24_hours() -> None:
    ruling = rule(request(Reason.TECHNICAL_ERROR), OPERATIONS, NOW)
    assert isinstance(ruling, Escalate)
    assert ("leads", NOW + timedelta(hours=24), usd("49.00")) == (ruling.route, ruling.due_at, ruling.amount)


def test_other_reasons_are_no_ground_in_the_operations_guide() -> None:
    assert decided(request(Reason.DISSATISFACTION), OPERATIONS) == REFUSED


def test_the_unused_time_is_shown_because_a_partial_refund_is_possible() -> None:
    month = Subscription("sub_1", "active", NOW, period_start=NOW - 3 * DAY, period_end=NOW + 27 * DAY)
    ruling = rule(request(subscription=month), DEFAULT, NOW)
    texts = [finding.text for finding in ruling.findings]
    assert "Unused time: 27 of 30 days, 44.10 USD. A refund of this part is possible too." in texts


# ---- Charged twice -------------------------------------------------------------------------------------


def twice(**changes: object) -> Facts:
    return request(Reason.DUPLICATE, siblings=(charge(**{"id": "ch_2", **changes}),))  # type: ignore[arg-type]  # a charge's own fields


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (twice(), "grant"),
        (twice(customer_id="cus_2"), "grant"),  # two accounts, one card
        (twice(created_at=NOW - 4 * DAY), "refuse"),  # another day
        (twice(created_at=(NOW - 3 * DAY).replace(hour=23, minute=59)), "grant"),
        (twice(created_at=(NOW - 2 * DAY).replace(hour=0)), "refuse"),
        (twice(amount=usd("49.01")), "refuse"),
        (twice(status="failed"), "refuse"),
        (twice(captured=False), "refuse"),  # a hold is not a charge
        (twice(refunded_minor=4900), "refuse"),  # the other one was refunded: paid only once
        (twice(customer_id="cus_2", card_fingerprint="", card_last4="9999"), "refuse"),
        (twice(customer_id="cus_2", card_fingerprint=""), "escalate"),  # only the last four digits agree
        (twice(disputed=True), "escalate"),
        (request(Reason.DUPLICATE), "refuse"),
    ],
)
def test_a_true_duplicate_is_refunded_and_nothing_else_is(facts: Facts, expected: str) -> None:
    assert expected == decided(facts, DEFAULT)[0]


def test_two_subscriptions_of_one_customer_may_rightly_cost_the_same() -> None:
    facts = request(
        Reason.DUPLICATE,
        charge(subscription_id="sub_1"),
        siblings=(charge(id="ch_2", subscription_id="sub_2"),),
    )
    assert decided(facts, DEFAULT)[0] == "escalate"


def test_a_duplicate_never_gives_back_more_than_was_taken_twice() -> None:
    facts = request(Reason.DUPLICATE, siblings=(charge(id="ch_2", refunded_minor=1000),))
    assert decided(facts, DEFAULT) == ("grant", "", "39.00 USD")
    threefold = request(Reason.DUPLICATE, siblings=(charge(id="ch_2"), charge(id="ch_3")))
    assert decided(threefold, DEFAULT) == ("grant", "", "49.00 USD")


def test_two_separate_accounts_are_said_so() -> None:
    ruling = rule(twice(customer_id="cus_2"), DEFAULT, NOW)
    said = "Two separate accounts pay with the same card: cus_1 and cus_2."
    assert said in [finding.text for finding in ruling.findings]


def test_a_hold_beside_the_charge_is_explained_to_the_customer() -> None:
    ruling = rule(twice(captured=False), DEFAULT, NOW)
    assert "is an authorisation hold, not a charge. It drops by itself in 5–7 days." in ruling.headline
    assert len(ruling.tell_customer) == 1


# ---- Billing disputes and refunds ----------------------------------------------------------------------


def cancelled(charged_at: datetime, **dates: datetime) -> Facts:
    subscription = Subscription("sub_1", "canceled", NOW - 90 * DAY, **dates)  # type: ignore[arg-type]  # only dates are given
    return request(
        Reason.AFTER_CANCELLATION, charge("30.00", created_at=charged_at), subscription=subscription
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (cancelled(NOW - 5 * DAY, ends_at=NOW - 5 * DAY), ("grant", "", "30.00 USD")),
        (cancelled(NOW - 5 * DAY - timedelta(seconds=1), ends_at=NOW - 5 * DAY), REFUSED),
        (cancelled(NOW - 5 * DAY, cancelled_at=NOW - 9 * DAY), ("escalate", "standard_refund", "30.00 USD")),
        (
            # Paid late for a period of 30 days of which 20 were still to come: two thirds come back.
            cancelled(
                NOW - 4 * DAY,
                ends_at=NOW - 5 * DAY,
                period_start=NOW - 15 * DAY,
                period_end=NOW + 15 * DAY,
            ),
            ("grant", "", "20.00 USD"),
        ),
    ],
)
def test_a_charge_after_the_confirmed_cancellation_is_refunded_for_the_unused_part(
    facts: Facts, expected: tuple[str, str, str]
) -> None:
    assert expected == decided(facts, DISPUTES)


def test_an_unused_part_that_was_refunded_before_is_not_refunded_again() -> None:
    late = Subscription(
        "sub_1",
        "canceled",
        NOW - 90 * DAY,
        ends_at=NOW - 5 * DAY,
        period_start=NOW - 15 * DAY,
        period_end=NOW + 15 * DAY,
    )
    paid = charge("30.00", created_at=NOW - 4 * DAY, refunded_minor=2000)
    ruling = rule(request(Reason.AFTER_CANCELLATION, paid, subscription=late), DISPUTES, NOW)
    assert isinstance(ruling, Refuse)
    assert "the unused part was refunded before" in ruling.headline


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (request(Reason.DUPLICATE, charge("500.00"), siblings=(charge("500.00", id="ch_2"),)), "grant"),
        (request(Reason.DUPLICATE, charge("500.01"), siblings=(charge("500.01", id="ch_2"),)), "escalate"),
        (request(Reason.UNUSED_MODULE), "escalate"),
        (request(Reason.DISSATISFACTION), "escalate"),
        (request(Reason.CARD_NOT_RECOGNISED), "escalate"),
        (request(Reason.OTHER), "escalate"),
        (request(Reason.DUPLICATE, chargeback=Chargeback.FILED), "escalate"),
        (request(Reason.DUPLICATE, identity=Identity(organisation=True, tenant=True)), "refuse"),
        (request(Reason.DUPLICATE, identity=Identity(email=True, tenant=True)), "refuse"),
        (request(Reason.DUPLICATE, identity=Identity(email=True, organisation=True)), "refuse"),
        (request(Reason.DUPLICATE, ticket=""), "refuse"),
    ],
)
def test_only_leads_and_above_refund_over_500_and_only_after_the_checks(facts: Facts, expected: str) -> None:
    assert expected == decided(facts, DISPUTES)[0]


@pytest.mark.parametrize(
    ("reason", "route"),
    [
        (Reason.UNUSED_MODULE, "account_managers"),
        (Reason.DISSATISFACTION, "account_managers"),
        (Reason.CARD_NOT_RECOGNISED, "security"),
    ],
)
def test_each_reason_category_goes_where_its_row_says(reason: Reason, route: str) -> None:
    ruling = rule(request(reason), DISPUTES, NOW)
    assert isinstance(ruling, Escalate)
    assert route == ruling.route


# ---- Failed service visits -----------------------------------------------------------------------------


def visit(amount: str = "300.00", **report: object) -> Facts:
    return request(
        Reason.FAILED_SERVICE,
        charge(amount),
        service=ServiceReport(**report),  # type: ignore[arg-type]  # a report's own fields
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (visit(completed_percent=60), ("grant", "", "120.00 USD")),
        (visit(completed_percent=0), ("grant", "", "300.00 USD")),
        (visit(completed_percent=100), REFUSED),
        (visit(completed_percent=99), ("grant", "", "3.00 USD")),
        (visit(onsite_minutes=30, booked_minutes=120), ("grant", "", "225.00 USD")),
        (visit(onsite_minutes=150, booked_minutes=120), REFUSED),
        (visit(completed_percent=60, onsite_minutes=0, booked_minutes=120), ("grant", "", "120.00 USD")),
        (visit(completed_percent=50, parts_used=usd("100.00")), ("grant", "", "100.00 USD")),
        (visit(surcharge=usd("50.00"), sla_met=False), ("grant", "", "50.00 USD")),
        (visit(surcharge=usd("50.00"), sla_met=True, completed_percent=100), REFUSED),
        (visit(surcharge=usd("50.00"), sla_met=True, completed_percent=0), ("grant", "", "250.00 USD")),
        (
            visit(completed_percent=60, parts_used=usd("80.00"), surcharge=usd("50.00"), sla_met=False),
            ("grant", "", "118.00 USD"),
        ),
        (visit(completed_percent=60, surcharge=usd("50.00")), ("escalate", "standard_refund", "300.00 USD")),
        (visit(completed_percent=60, complex=True), ("escalate", "standard_refund", "300.00 USD")),
        (visit(completed_percent=101), ("escalate", "standard_refund", "300.00 USD")),
        (visit(parts_used=usd("300.01")), ("escalate", "standard_refund", "300.00 USD")),
        (visit(parts_used=Money(1, "EUR")), ("escalate", "standard_refund", "300.00 USD")),
        (visit(), ("escalate", "standard_refund", "300.00 USD")),
        (visit("499.99", completed_percent=0), ("grant", "", "499.99 USD")),
        (visit("500.00", completed_percent=0), ("escalate", "standard_refund", "500.00 USD")),
        (visit("2,000.00", completed_percent=0), ("escalate", "standard_refund", "2,000.00 USD")),
        (visit("2,000.01", completed_percent=0), ("escalate", "manager_approval", "2,000.01 USD")),
    ],
)
def test_a_failed_visit_is_refunded_by_its_report_and_routed_by_its_amount(
    facts: Facts, expected: tuple[str, str, str]
) -> None:
    assert expected == decided(facts, FIELD)


def test_the_arithmetic_of_a_failed_visit_stands_line_by_line() -> None:
    ruling = rule(
        visit(completed_percent=60, parts_used=usd("80.00"), surcharge=usd("50.00"), sla_met=False),
        FIELD,
        NOW,
    )
    assert isinstance(ruling, Grant)
    assert [(line.text, line.amount.digits) for line in ruling.arithmetic] == [
        ("Charged", "300.00"),
        ("Parts, which the customer keeps", "-80.00"),
        ("Work done (60 % was completed) of 170.00 USD", "-102.00"),
    ]

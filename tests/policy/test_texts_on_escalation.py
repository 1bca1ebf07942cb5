"""What the texts say about past-due invoices, inactivity, disputes, escalation and failed payments."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policy.disputes import DisputeFacts, advise
from policy.escalation import Reminder, next_reminder
from policy.facts import Facts, Invoice, PastDueWish, Reason
from policy.money import Money
from policy.past_due import plan
from policy.playbook import parse
from policy.ruling import Escalate, Refuse, rule
from policy.subscriptions import cancelling, giving_access
from policy.troubleshooting import decline, retries
from tests.policy.asking import DAY, NOW, PLAYBOOKS, decided, playbook, request, usd

DEFAULT = playbook()
PAST_DUE = playbook("vistasocial")

# ---- Past-due invoices ---------------------------------------------------------------------------------


def late(count: int) -> tuple[Invoice, ...]:
    """Return past-due invoices: in_1 is the oldest."""
    return tuple(
        Invoice(f"in_{n}", "open", usd("20.00"), NOW - (31 - n) * DAY, NOW - (60 - n) * DAY)
        for n in range(1, count + 1)
    )


@pytest.mark.parametrize(
    ("count", "wish", "collected", "voided", "closes", "refundable"),
    [
        (1, PastDueWish.CONTINUE, ["in_1"], [], False, False),
        (2, PastDueWish.CONTINUE, ["in_2", "in_1"], [], False, False),
        (3, PastDueWish.CONTINUE, ["in_3", "in_2"], ["in_1"], False, False),
        (5, PastDueWish.CONTINUE, ["in_5", "in_4"], ["in_3", "in_2", "in_1"], False, False),
        (2, PastDueWish.REFUND_PAYS_TWO, [], [], False, True),  # below the rule
        (3, PastDueWish.REFUND_PAYS_TWO, ["in_3", "in_2"], ["in_1"], False, True),
        (4, PastDueWish.REFUND_PAYS_TWO, ["in_4", "in_3"], ["in_2", "in_1"], False, True),
        (2, PastDueWish.REFUND_REFUSES, [], [], False, True),  # below the rule
        (3, PastDueWish.REFUND_REFUSES, [], ["in_3", "in_2", "in_1"], True, False),
        (4, PastDueWish.REFUND_REFUSES, [], ["in_4", "in_3", "in_2", "in_1"], True, False),
    ],
)
def test_the_three_branches_of_the_two_invoice_rule(
    count: int,
    wish: PastDueWish,
    collected: list[str],
    voided: list[str],
    closes: bool,  # noqa: FBT001 - a table's column
    refundable: bool,  # noqa: FBT001 - a table's column
) -> None:
    made = plan(late(count), wish, PAST_DUE, NOW)
    assert collected == [invoice.id for invoice in made.collect]
    assert voided == [invoice.id for invoice in made.void]
    assert (closes, refundable) == (made.close_account, made.refund_possible)


@pytest.mark.parametrize("wish", PastDueWish)
@pytest.mark.parametrize("count", range(7))
def test_never_void_all_and_leave_the_account_open(count: int, wish: PastDueWish) -> None:
    made = plan(late(count), wish, DEFAULT, NOW)
    voids_all = count > 0 and len(made.void) == count
    assert voids_all == made.close_account


def test_the_number_that_the_text_gives_twice_is_the_playbooks_to_set() -> None:
    text = (PLAYBOOKS / "vistasocial.toml").read_text("utf-8").replace("applies_from = 3", "applies_from = 4")
    stricter = parse(text, "more-than-three.toml")
    closes = [plan(late(count), PastDueWish.REFUND_REFUSES, stricter, NOW).close_account for count in (3, 4)]
    assert closes == [False, True]
    assert len(set(plan(late(4), PastDueWish.REFUND_REFUSES, stricter, NOW).sources)) == 2


def test_an_invoice_is_past_due_when_it_is_open_and_its_day_is_behind_us() -> None:
    others = (
        Invoice("in_a", "open", usd("20.00"), NOW, NOW - DAY),
        Invoice("in_b", "open", usd("20.00"), None, NOW - DAY),
        Invoice("in_c", "paid", usd("20.00"), NOW - DAY, NOW - DAY),
        Invoice("in_d", "void", usd("20.00"), NOW - DAY, NOW - DAY),
    )
    assert plan(others, PastDueWish.CONTINUE, PAST_DUE, NOW).collect == ()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (request(Reason.PAST_DUE, invoices=late(3)), ("refuse", "", "")),  # nobody said what is wanted
        (
            request(Reason.PAST_DUE, invoices=late(3), past_due_wish=PastDueWish.CONTINUE),
            ("refuse", "", ""),
        ),
        (
            request(Reason.PAST_DUE, invoices=late(3), past_due_wish=PastDueWish.REFUND_PAYS_TWO),
            ("escalate", "past_due_deviation", "49.00 USD"),
        ),
        (
            request(Reason.PAST_DUE, invoices=late(3), past_due_wish=PastDueWish.REFUND_REFUSES),
            ("refuse", "", ""),
        ),
        (
            request(Reason.PAST_DUE, invoices=late(2), past_due_wish=PastDueWish.REFUND_REFUSES),
            ("escalate", "past_due_deviation", "49.00 USD"),
        ),
        # The rule holds before granting any refund, so for a refund that would be granted at once too.
        (request(invoices=late(2)), ("grant", "", "49.00 USD")),
        (request(invoices=late(3)), ("escalate", "past_due_deviation", "49.00 USD")),
        (request(invoices=late(3), past_due_wish=PastDueWish.REFUND_REFUSES), ("refuse", "", "")),
    ],
)
def test_reggie_approves_every_refund_with_past_due_invoices(
    facts: Facts, expected: tuple[str, str, str]
) -> None:
    assert expected == decided(facts, DEFAULT)


def test_whoever_will_not_pay_starts_anew_and_is_told_that_data_does_not_carry_over() -> None:
    facts = request(Reason.PAST_DUE, invoices=late(3), past_due_wish=PastDueWish.REFUND_REFUSES)
    ruling = rule(facts, PAST_DUE, NOW)
    assert isinstance(ruling, Refuse)
    assert ruling.headline == "No refund: void all 3 past-due invoices and close the account."
    assert "does not carry over" in ruling.tell_customer[-1]


def test_inactivity_alone_is_no_ground_and_its_four_costs_are_told() -> None:
    ruling = rule(request(Reason.NOT_USING), PAST_DUE, NOW)
    assert isinstance(ruling, Escalate)
    assert (ruling.route, len(ruling.tell_customer)) == ("reggie", 5)  # an opening and the four costs


@pytest.mark.parametrize("reason", Reason)
def test_reggie_approves_all_refunds_where_only_that_text_holds(reason: Reason) -> None:
    outcomes = decided(request(reason, past_due_wish=PastDueWish.REFUND_PAYS_TWO), PAST_DUE)
    assert outcomes[0] == "escalate"


# ---- Disputes ------------------------------------------------------------------------------------------


def dispute(amount: Money, **changes: object) -> DisputeFacts:
    usual = {
        "reason": "fraudulent",
        "evidence_due_at": NOW + 7 * DAY,
        "usage_proven": None,
        "fraud_suspected": None,
        "charge_refundable": False,
    }
    return DisputeFacts(amount, **{**usual, **changes})  # type: ignore[arg-type]  # a dispute's own fields


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (dispute(usd("19.99")), "accept"),
        (dispute(usd("20.00")), "review"),
        (dispute(usd("19.99"), usage_proven=True), "accept"),
        (dispute(usd("20.00"), usage_proven=True), "challenge"),
        (dispute(usd("500.00"), fraud_suspected=True, usage_proven=True), "accept"),
        (dispute(usd("500.00"), usage_proven=False), "review"),
        (dispute(usd("500.00"), usage_proven=True, evidence_due_at=NOW), "review"),
        (dispute(usd("500.00"), usage_proven=True, evidence_due_at=NOW + timedelta(seconds=1)), "challenge"),
        (dispute(usd("500.00"), usage_proven=True, evidence_due_at=None), "challenge"),
        (dispute(Money(1_818, "EUR")), "review"),  # 20.00 USD
        (dispute(Money(1_817, "EUR")), "accept"),  # 19.99 USD
        (dispute(Money(1, "XAU")), "review"),
    ],
)
def test_a_dispute_is_accepted_for_fraud_or_below_20_and_challenged_with_proof(
    facts: DisputeFacts, expected: str
) -> None:
    assert expected == advise(facts, DEFAULT, NOW).action


def test_a_challenge_comes_with_the_papers_for_its_reason() -> None:
    known = advise(dispute(usd("50.00"), usage_proven=True, reason="duplicate"), DEFAULT, NOW)
    unknown = advise(dispute(usd("50.00"), usage_proven=True, reason="noncompliant"), DEFAULT, NOW)
    assert known.evidence[0] == "Receipt of this charge, with what it paid for"
    assert unknown.evidence[0] == "Sign-in log for the time of the charge"


def test_a_playbook_without_disputes_leaves_them_to_a_person() -> None:
    assert advise(dispute(usd("1.00")), playbook("b3networks"), NOW).action == "review"


# ---- Who, and by when ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["default", "penguinmails"])
@pytest.mark.parametrize(
    ("issue", "route", "sla"),
    [
        ("standard_refund", "leads", timedelta(hours=24)),
        ("dispute", "finance", timedelta(hours=48)),
        ("stripe_sync_error", "platform", timedelta(hours=4)),
        ("mass_payment_failure", "critical", timedelta(minutes=15)),
    ],
    ids=str,
)
def test_the_escalation_matrix(name: str, issue: str, route: str, sla: timedelta) -> None:
    found = playbook(name).issues[issue]
    assert (route, sla) == (found.route, found.sla)


def test_a_standard_refund_is_reminded_ahead_at_the_deadline_and_every_24_hours_after() -> None:
    issue, due = DEFAULT.issues["standard_refund"], NOW + timedelta(hours=24)
    row = [next_reminder(issue, NOW, due, None)]
    for _ in range(3):
        row.append(next_reminder(issue, NOW, due, row[-1].at))
    assert [
        Reminder(due - timedelta(hours=4), "ahead", 0),
        Reminder(due, "due", 1),
        Reminder(due + timedelta(hours=24), "overdue", 2),
        Reminder(due + timedelta(hours=48), "overdue", 3),
    ] == row


def test_the_fifteen_minute_route_is_reminded_in_minutes() -> None:
    issue, due = DEFAULT.issues["mass_payment_failure"], NOW + timedelta(minutes=15)
    assert Reminder(NOW + timedelta(minutes=10), "ahead", 0) == next_reminder(issue, NOW, due, None)
    assert Reminder(due + timedelta(minutes=15), "overdue", 2) == next_reminder(issue, NOW, due, due)


@pytest.mark.parametrize(
    "missed", [timedelta(days=3), timedelta(days=3, seconds=1), timedelta(days=4) - DAY / 9]
)
def test_missed_reminders_collapse_into_the_next_one(missed: timedelta) -> None:
    issue, due = DEFAULT.issues["standard_refund"], NOW + timedelta(hours=24)
    assert Reminder(due + 4 * DAY, "overdue", 5) == next_reminder(issue, NOW, due, due + missed)


def test_a_case_opened_past_its_ahead_time_starts_with_the_deadline() -> None:
    issue, due = DEFAULT.issues["standard_refund"], NOW + timedelta(hours=4)
    assert next_reminder(issue, NOW, due, None).kind == "due"


# ---- Failed payments, cancelling, comps ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("insufficient_funds", "wait"),
        ("do_not_honor", "call_bank"),
        ("expired_card", "fix_card"),
        ("lost_card", "never_tell"),
        ("a_code_of_tomorrow", "call_bank"),
    ],
)
def test_a_decline_code_says_what_helps(code: str, group: str) -> None:
    assert group == decline(DEFAULT, code).group


@pytest.mark.parametrize("code", ["fraudulent", "lost_card", "stolen_card"])
def test_what_must_never_be_told_is_answered_like_a_decline_without_a_reason(code: str) -> None:
    found = decline(DEFAULT, code)
    assert decline(DEFAULT, "generic_decline").tell == found.tell
    assert found.never_tell != ""


def test_a_failed_payment_is_retried_three_times_over_two_weeks() -> None:
    assert retries(DEFAULT)[0] == "Stripe tries again by itself, 3 times over 14 days."
    assert retries(PAST_DUE) == ()


def test_cancelling_starts_in_the_portal_and_prefers_the_end_of_the_period() -> None:
    steps = cancelling(DEFAULT)
    assert ("Manage subscription" in steps[0], "end of the period" in steps[-1]) == (True, True)
    assert cancelling(PAST_DUE) == ()


def test_free_access_is_a_coupon_or_a_longer_trial_and_reggies_to_grant() -> None:
    steps = giving_access(DEFAULT)
    assert ("100 %" in steps[-2], "trial" in steps[-1]) == (True, True)
    assert steps[0] == "Ask Reggie first: only they may grant it."
    assert giving_access(PAST_DUE) == ()

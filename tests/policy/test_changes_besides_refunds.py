"""Changes besides refunds: which steps, in which order, whose approval, and what is declined."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policy import cancelling, comps
from policy.cancelling import cancel
from policy.changes import Declined, Proposal
from policy.clearing import Account, Collecting, Deviation, clearing, deviating
from policy.comps import Gift, give_access
from policy.facts import Invoice, PastDueWish, Reason, Subscription
from policy.playbook import PlaybookError, parse
from policy.ruling import rule
from tests.policy.asking import DAY, NOW, PLAYBOOKS, charge, playbook, request, usd

BOOK = playbook()
TEXT = (PLAYBOOKS / "default.toml").read_text("utf-8")
IDS = ("in_1", "in_2", "in_3", "in_4")
INVOICES = tuple(
    Invoice(one, "open", usd("45.00"), NOW - 5 * DAY, NOW - (200 - 30 * n) * DAY, one.upper())
    for n, one in enumerate(IDS)
)
ACCOUNT = Account("cus_1", (("sub_1", "Basic"), ("sub_2", "Extra")), frozenset(IDS), "pm_1", "Visa •••• 4242")
NO_CARD = Account("cus_1", (("sub_1", "Basic"),), frozenset(IDS))
NO_WAY = Account("cus_1", (("sub_1", "Basic"),))
VOIDS = ["void_invoice in_2", "void_invoice in_1"]
CLOSING = ["cancel_now sub_1", "cancel_now sub_2", "flag_customer cus_1"]


def steps(made: Proposal | Declined) -> list[str]:
    assert isinstance(made, Proposal), made
    return [f"{step.kind} {step.target}" for step in made.steps]


def why(made: Proposal | Declined) -> str:
    assert isinstance(made, Declined), made
    return made.why


# ---- Past-due invoices ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "collecting", "expected", "issue"),
    [
        (PastDueWish.CONTINUE, None, VOIDS, None),
        (
            PastDueWish.REFUND_PAYS_TWO,
            None,
            [
                "send_invoice in_4",
                "send_invoice in_3",
                "await_payment in_4",
                "await_payment in_3",
                *VOIDS,
            ],
            "past_due_deviation",
        ),
        (
            PastDueWish.REFUND_PAYS_TWO,
            Collecting.CHARGE,
            ["pay_invoice in_4", "pay_invoice in_3", *VOIDS],
            "past_due_deviation",
        ),
        (
            PastDueWish.REFUND_REFUSES,
            None,
            [*CLOSING, "void_invoice in_4", "void_invoice in_3", *VOIDS],
            None,
        ),
    ],
)
def test_each_answer_has_its_steps_in_their_order(
    wish: PastDueWish, collecting: Collecting | None, expected: list[str], issue: str | None
) -> None:
    made = clearing(INVOICES, wish, ACCOUNT, collecting, BOOK, NOW)
    assert expected == steps(made)
    assert isinstance(made, Proposal)
    assert issue == made.issue


@pytest.mark.parametrize(
    ("wish", "count", "says"),
    [
        (PastDueWish.CONTINUE, 2, "0 invoices voided"),
        (PastDueWish.REFUND_PAYS_TWO, 2, "the rule holds from 3"),
        (PastDueWish.REFUND_REFUSES, 2, "the rule holds from 3"),
    ],
)
def test_where_nothing_is_collected_or_voided_there_is_nothing_to_carry_out(
    wish: PastDueWish, count: int, says: str
) -> None:
    assert says in why(clearing(INVOICES[:count], wish, ACCOUNT, None, BOOK, NOW))


@pytest.mark.parametrize(
    ("account", "collecting", "possible"),
    [
        (ACCOUNT, None, True),
        (NO_CARD, Collecting.SEND, True),
        (NO_CARD, Collecting.CHARGE, False),
        (NO_WAY, None, False),
    ],
)
def test_what_can_be_neither_sent_nor_charged_is_not_collected(
    account: Account,
    collecting: Collecting | None,
    possible: bool,  # noqa: FBT001 - a table's column
) -> None:
    made = clearing(INVOICES, PastDueWish.REFUND_PAYS_TWO, account, collecting, BOOK, NOW)
    assert possible == isinstance(made, Proposal)


@pytest.mark.parametrize(
    ("collect", "void", "close", "expected"),
    [
        ((), ("in_1",), False, ["void_invoice in_1"]),
        (("in_1",), (), False, ["send_invoice in_1", "await_payment in_1"]),
        ((), (), True, CLOSING),
        (("in_4",), IDS[:3], False, None),
        ((), IDS, True, [*CLOSING, *(f"void_invoice {one}" for one in reversed(IDS))]),
    ],
)
def test_a_deviation_is_carried_out_as_asked_and_reggie_decides(
    collect: tuple[str, ...],
    void: tuple[str, ...],
    close: bool,  # noqa: FBT001 - a table's column
    expected: list[str] | None,
) -> None:
    wanted = Deviation(frozenset(collect), frozenset(void), close)
    made = deviating(INVOICES, wanted, ACCOUNT, None, BOOK, NOW)
    assert isinstance(made, Proposal)
    assert ("past_due_deviation", "reggie") == (made.issue, BOOK.issues["past_due_deviation"].route)
    if expected is not None:
        assert expected == steps(made)


@pytest.mark.parametrize(
    ("collect", "void", "says"),
    [
        ((), IDS, "never possible"),
        (("in_1",), ("in_1",), "not both"),
        ((), (), "Choose what to collect"),
        ((), ("in_unknown",), "Choose what to collect"),
    ],
)
def test_what_nobody_may_ask_for_is_declined(
    collect: tuple[str, ...], void: tuple[str, ...], says: str
) -> None:
    wanted = Deviation(frozenset(collect), frozenset(void), close_account=False)
    assert says in why(deviating(INVOICES, wanted, ACCOUNT, None, BOOK, NOW))


def test_stopped_after_any_step_no_account_is_open_with_all_of_its_invoices_void() -> None:
    made = clearing(INVOICES, PastDueWish.REFUND_REFUSES, ACCOUNT, None, BOOK, NOW)
    done = steps(made)
    for number in range(len(done) + 1):
        all_void = sum(one.startswith("void") for one in done[:number]) == len(INVOICES)
        closed = set(CLOSING) <= set(done[:number])
        assert closed or not all_void


# ---- Cancellations -------------------------------------------------------------------------------------

YEARLY = Subscription(
    "sub_1",
    "active",
    NOW - 40 * DAY,
    interval="year",
    period_start=NOW - 40 * DAY,
    period_end=NOW + 325 * DAY,
)
ENDED = Subscription("sub_1", "canceled", NOW - 40 * DAY, interval="year", ends_at=NOW)
BACK = (
    "ch_1",
    rule(
        request(Reason.TERMINATION, charge("120.00", created_at=NOW - 40 * DAY), subscription=ENDED),
        BOOK,
        NOW,
    ),
)


@pytest.mark.parametrize(
    ("way", "refund", "expected", "issue"),
    [
        (cancelling.Way.AT_PERIOD_END, None, ["cancel_at_period_end sub_1"], None),
        (cancelling.Way.AT_PERIOD_END, BACK, ["cancel_at_period_end sub_1"], None),
        (cancelling.Way.IMMEDIATELY, None, ["cancel_now sub_1"], "cancel_now"),
        (cancelling.Way.IMMEDIATELY, BACK, ["cancel_now sub_1", "request_refund ch_1"], "cancel_now"),
    ],
)
def test_only_a_cancellation_at_once_needs_approval_and_asks_for_a_refund(
    way: cancelling.Way, refund: object, expected: list[str], issue: str | None
) -> None:
    made = cancel(way, YEARLY, "Team", BACK if refund else None, BOOK, NOW)
    assert expected == steps(made)
    assert isinstance(made, Proposal)
    assert issue == made.issue


@pytest.mark.parametrize(
    ("subscription", "says"),
    [
        (ENDED, "cancelled already"),
        (
            Subscription("sub_1", "active", NOW - 40 * DAY, ends_at=NOW + 3 * DAY),
            "ends already, on 25 November 2026",
        ),
    ],
)
def test_what_ends_already_is_not_cancelled_again(subscription: Subscription, says: str) -> None:
    assert says in why(cancel(cancelling.Way.AT_PERIOD_END, subscription, "Team", None, BOOK, NOW))


def test_a_playbook_that_names_no_approval_has_a_person_look_at_every_cancellation() -> None:
    silent = playbook("penguinmails")
    made = cancel(cancelling.Way.AT_PERIOD_END, YEARLY, "Team", None, silent, NOW)
    assert isinstance(made, Proposal)
    assert silent.amounts.review == made.issue
    none = playbook("vistasocial")
    assert "no rule" in why(cancel(cancelling.Way.IMMEDIATELY, YEARLY, "Team", None, none, NOW))


# ---- Free access ---------------------------------------------------------------------------------------

MONTHLY = Subscription(
    "sub_1", "active", NOW - 94 * DAY, period_start=NOW - 4 * DAY, period_end=NOW + 26 * DAY
)
COUPON, TRIAL = comps.Way.COUPON, comps.Way.TRIAL


@pytest.mark.parametrize(
    ("gift", "expected"),
    [
        (Gift(COUPON, months=1), ["create_coupon sub_1", "apply_coupon sub_1"]),
        (Gift(COUPON, months=3), ["create_coupon sub_1", "apply_coupon sub_1"]),
        (Gift(TRIAL, until=date(2026, 12, 19)), ["extend_trial sub_1"]),
        (Gift(TRIAL, until=date(2027, 3, 20)), ["extend_trial sub_1"]),
    ],
)
def test_free_access_within_the_limits_goes_to_reggie(gift: Gift, expected: list[str]) -> None:
    made = give_access(gift, MONTHLY, "Team", 4, BOOK, NOW)
    assert expected == steps(made)
    assert isinstance(made, Proposal)
    assert "free_access" == made.issue


@pytest.mark.parametrize(
    ("gift", "subscription", "before", "says"),
    [
        (Gift(COUPON, months=1), MONTHLY, 5, "5 are allowed"),
        (Gift(COUPON, months=4), MONTHLY, 0, "92 days are allowed"),
        (Gift(COUPON), MONTHLY, 0, "for how many months"),
        (Gift(COUPON, months=3), YEARLY, 0, "make the whole of it free"),
        (Gift(COUPON, months=1), ENDED, 0, "is cancelled"),
        (Gift(TRIAL), MONTHLY, 0, "until which day"),
        (Gift(TRIAL, until=date(2026, 12, 18)), MONTHLY, 0, "until then it is paid for"),
        (Gift(TRIAL, until=date(2027, 3, 22)), MONTHLY, 0, "more than 92 days after 18 December 2026"),
    ],
)
def test_beyond_the_limits_free_access_is_declined_with_the_reason(
    gift: Gift, subscription: Subscription, before: int, says: str
) -> None:
    assert says in why(give_access(gift, subscription, "Team", before, BOOK, NOW))


def test_a_playbook_without_limits_gives_nothing_away() -> None:
    made = give_access(Gift(COUPON, months=1), MONTHLY, "Team", 0, playbook("penguinmails"), NOW)
    assert "cannot be asked for here" in why(made)


# ---- What the playbook may say about them --------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('immediately = "cancel_now"', 'immediately = "cancel_nw"', "Did you mean “cancel_now”?"),
        ('immediately = "cancel_now"', 'later = "cancel_now"', "“later” is not known"),
        ('issue = "free_access"', 'issue = "standard_refund"', "only reggie may grant free access"),
        ("per_agent = 5", "per_agent = -1", "at least 0"),
        ('longest = "92 days"', 'longest = "long"', "is no duration"),
        ('coupon = "Apply', 'cupon = "Apply', "Did you mean “coupon”?"),
    ],
)
def test_a_fault_in_what_is_said_about_changes_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(PlaybookError, match=says.replace("?", r"\?")):
        parse(TEXT.replace(old, new, 1), "mine.toml")


def test_a_way_to_cancel_that_is_not_named_needs_nobody() -> None:
    strict = TEXT.replace(
        'immediately = "cancel_now"', 'immediately = "cancel_now"\nat_period_end = "standard_refund"'
    )
    made = cancel(cancelling.Way.AT_PERIOD_END, YEARLY, "Team", None, parse(strict, "mine.toml"), NOW)
    assert isinstance(made, Proposal)
    assert "standard_refund" == made.issue
    assert timedelta(hours=24) == BOOK.issues["cancel_now"].sla

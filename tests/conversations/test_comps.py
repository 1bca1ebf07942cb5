"""`/comp`: free access by coupon or by a later end of the trial, within limits, with approval, once."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial

import pytest

from bot.app import Running
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import MAYA, REGGIE, REGGIE_CHANNEL, SUPPORT
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.exactly_once.acts import pass_time

CUSTOMER, SUBSCRIPTION = cast.MONTHLY_CUSTOMER, cast.MONTHLY_SUBSCRIPTION


async def ask(play: Play, customer: str = CUSTOMER, *, months: str = "2", until: str = "") -> None:
    await open_form(play, MAYA, SUPPORT, "/comp", customer)
    if until:
        await choose(play, MAYA, "comp_way", "trial")
        await choose(play, MAYA, "comp_until", until)
    else:
        await choose(play, MAYA, "comp_months", months)
    await send(play, MAYA, ticket="4730", note="The outage of last week.")


async def approve(play: Play) -> None:
    await play.until(lambda: "change_approve" in str(play.card(REGGIE_CHANNEL, REGGIE, "Free access:")))
    assert (await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Free access:")).ok


def card(play: Play) -> str:
    return words(play.card(REGGIE_CHANNEL, REGGIE, "Free access:"))


def day_in(here: World, days: int) -> str:
    return (here.clock.now() + timedelta(days=days)).date().isoformat()


def monthly_customers(here: World) -> list[str]:
    """Return customers who have one subscription, billed by the month."""
    held: dict[str, list[str]] = defaultdict(list)
    for one in here.stripe.ledger.all("subscription"):
        if one["status"] == "active":
            held[one["customer"]].append(one["items"]["data"][0]["price"]["recurring"]["interval"])
    return [customer for customer, intervals in held.items() if intervals == ["month"]]


def asked_for(play: Play, times: int) -> bool:
    return times == len(play.cards(REGGIE_CHANNEL, REGGIE, "Free access:"))


async def test_reggie_agrees_and_the_coupon_is_made_and_applied_once(here: World, play: Play) -> None:
    await ask(play)
    await play.until(lambda: "The outage of last week." in card(play))
    assert [] == here.stripe.billing(CUSTOMER)["coupons"]
    await approve(play)
    await play.until(lambda: "Carried out" in card(play))
    (coupon,) = here.stripe.billing(CUSTOMER)["coupons"]
    found = here.stripe.ledger.get("coupon", coupon)
    assert (100, "repeating", 2, 1) == (
        found["percent_off"],
        found["duration"],
        found["duration_in_months"],
        found["times_redeemed"],
    )


async def test_what_was_given_in_the_last_year_is_on_the_next_card_and_in_the_form(
    here: World, play: Play
) -> None:
    await ask(play, months="1")
    await approve(play)
    await play.until(lambda: "Carried out" in card(play))
    here.clock.advance(timedelta(days=40))
    await open_form(play, MAYA, SUPPORT, "/comp", CUSTOMER)
    assert "“Team, per month” is free for 1 month." in play.told(MAYA)
    await ask(play)
    await play.until(lambda: "free for 2 months" in card(play))
    assert f"asked by <@{MAYA}>, approved by <@{REGGIE}>" in card(play)


async def test_the_end_of_the_trial_moves_without_a_charge(here: World, play: Play) -> None:
    until = day_in(here, 60)
    await ask(play, until=until)
    charges = len(here.stripe.books())
    await approve(play)
    await play.until(lambda: "Carried out" in card(play))
    found = here.stripe.ledger.get("subscription", SUBSCRIPTION)
    assert "trialing" == found["status"]
    assert found["trial_end"] == found["items"]["data"][0]["current_period_end"]
    assert charges == len(here.stripe.books())


@pytest.mark.parametrize(
    ("customer", "months", "days", "says"),
    [
        (cast.YEARLY_OLD_CUSTOMER, "2", 0, "a coupon would make the whole of it free"),
        (CUSTOMER, "", 10, "until then it is paid for"),
        (CUSTOMER, "", 130, "Choose an earlier day."),
    ],
)
async def test_what_the_playbook_refuses_is_explained_and_opens_nothing(
    here: World, play: Play, customer: str, months: str, days: int, says: str
) -> None:
    await ask(play, customer, months=months, until=day_in(here, days) if days else "")
    assert says in play.told(MAYA)
    assert [] == play.cards(REGGIE_CHANNEL, REGGIE, "Free access:")


async def test_after_five_requests_in_thirty_days_an_agent_is_told_so(here: World, play: Play) -> None:
    customers = monthly_customers(here)
    for number, customer in enumerate(customers[:5], start=1):
        await ask(play, customer, months="1")
        await play.until(partial(asked_for, play, number))
    await ask(play, customers[5], months="1")
    assert "You have asked for free access 5 times in 30 days; 5 are allowed." in play.told(MAYA)
    assert 5 == len(play.cards(REGGIE_CHANNEL, REGGIE, "Free access:"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/coupons", FaultKind.EXECUTE_THEN_DROP),
        ("/v1/coupons", FaultKind.DROP),
        (f"/v1/subscriptions/{SUBSCRIPTION}", FaultKind.EXECUTE_THEN_DROP),
        (f"/v1/subscriptions/{SUBSCRIPTION}", FaultKind.STORED_500),
    ],
)
async def test_a_lost_answer_makes_one_coupon_and_applies_it_once(
    here: World, app: Running, play: Play, kind: FaultKind, path: str
) -> None:
    await ask(play)
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "Free access:"))
    here.stripe.arrange(Fault(kind, path=path))
    await approve(play)
    await play.until(lambda: "answer did not arrive" in str(play.trail(REGGIE_CHANNEL, REGGIE, "Free")))
    await pass_time(here, app)
    await play.until(lambda: "Carried out" in card(play))
    (coupon,) = here.stripe.billing(CUSTOMER)["coupons"]
    assert [(coupon, 1)] == [(one["id"], one["times_redeemed"]) for one in here.stripe.ledger.all("coupon")]


async def test_a_second_request_for_the_subscription_is_told_which_is_open(play: Play) -> None:
    await ask(play)
    await ask(play, months="1")
    assert "is open for this already, asked by" in play.told(MAYA)
    assert 1 == len(play.cards(REGGIE_CHANNEL, REGGIE, "Free access:"))

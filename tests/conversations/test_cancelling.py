"""`/cancel`: the portal first, the end of the period preferred, and at once with what comes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.app import Running
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import JONAS, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.conversations.asking import refunds_of
from tests.exactly_once.acts import pass_time

OLD, OLD_SUBSCRIPTION = cast.YEARLY_OLD_CUSTOMER, cast.YEARLY_OLD_SUBSCRIPTION
CANCEL_PATH = f"/v1/subscriptions/{OLD_SUBSCRIPTION}"


async def ask(play: Play, customer: str = OLD, way: str = "immediately", who: str = MAYA) -> None:
    await open_form(play, who, SUPPORT, "/cancel", customer)
    if way == "immediately":
        await choose(play, who, "cancel_way", way)
    await send(play, who, ticket="4720", note="They close their workshop.")


async def ask_and_approve(play: Play) -> None:
    await ask(play)
    await play.until(lambda: "change_approve" in str(play.card(SUPPORT_LEADS, PRIYA, "Cancellation:")))
    assert (await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")).ok


def card(play: Play) -> str:
    return words(play.card(SUPPORT_LEADS, PRIYA, "Cancellation:"))


def subscription(here: World, subscription_id: str = OLD_SUBSCRIPTION) -> tuple[str, bool]:
    found = here.stripe.ledger.get("subscription", subscription_id)
    return found["status"], found["cancel_at_period_end"]


async def refunded(here: World, play: Play, charge: str, amount: int) -> None:
    """Wait until Stripe holds one refund on a charge and everybody was told."""
    await play.until(lambda: [(amount, "succeeded")] == refunds_of(here, charge))
    await play.until(lambda: "Resolved" in words(play.card(SUPPORT_LEADS, PRIYA, "USD refund for")))


async def test_the_form_starts_with_the_portal_link_and_the_end_of_the_period(
    here: World, play: Play
) -> None:
    await open_form(play, MAYA, SUPPORT, "/cancel", OLD)
    told = play.told(MAYA)
    (link,) = [one["url"] for one in here.stripe.ledger.all("billing_portal.session")]
    assert link in told
    assert "at the end of the period" in told
    assert "Nobody has to be asked" in told


async def test_with_its_period_a_subscription_ends_without_anybody_being_asked(
    here: World, play: Play
) -> None:
    await ask(play, way="at_period_end")
    await play.until(lambda: "Carried out" in card(play))
    assert ("active", True) == subscription(here)
    assert [] == refunds_of(here, cast.YEARLY_OLD_CHARGE)


async def test_at_once_a_lead_agrees_and_what_the_rule_gives_back_is_one_refund_and_no_credit(
    here: World, play: Play
) -> None:
    await open_form(play, MAYA, SUPPORT, "/cancel", OLD)
    await choose(play, MAYA, "cancel_way", "immediately")
    assert "What comes back: 490.00 USD" in play.told(MAYA)
    assert "Not refunded: 2 months of 12" in play.told(MAYA)
    await send(play, MAYA, ticket="4720", note="They close their workshop.")
    assert ("active", False) == subscription(here)
    await play.until(lambda: card(play))
    await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await refunded(here, play, cast.YEARLY_OLD_CHARGE, 49000)
    await play.until(lambda: "Carried out" in card(play))
    assert ("canceled", False) == subscription(here)
    assert 0 == here.stripe.billing(OLD)["balance"]
    assert "Granted: 490.00 USD goes back" in card(play)


async def test_what_comes_back_is_refunded_also_when_whoever_asked_is_no_member_any_more(
    here: World, play: Play
) -> None:
    await ask(play)
    here.slack.control.set_user(MAYA, {"deleted": True})
    here.clock.advance(timedelta(seconds=61))
    await play.until(lambda: card(play))
    await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await refunded(here, play, cast.YEARLY_OLD_CHARGE, 49000)
    await play.until(lambda: "Carried out" in card(play))


async def test_a_larger_refund_waits_for_its_own_approval(here: World, play: Play) -> None:
    await ask(play, cast.YEARLY_NEW_CUSTOMER)
    await play.until(lambda: play.card(SUPPORT_LEADS, JONAS, "Cancellation:"))
    await play.click(JONAS, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await play.until(lambda: "case_approve" in str(play.card(SUPPORT_LEADS, PRIYA, "588.00 USD refund")))
    assert [] == refunds_of(here, cast.YEARLY_NEW_CHARGE)
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve", "588.00 USD refund")
    await refunded(here, play, cast.YEARLY_NEW_CHARGE, 58800)


async def test_where_nothing_comes_back_the_form_says_why_and_no_refund_is_asked_for(
    here: World, play: Play
) -> None:
    await open_form(play, MAYA, SUPPORT, "/cancel", cast.MONTHLY_CUSTOMER)
    await choose(play, MAYA, "cancel_way", "immediately")
    assert "Nothing comes back" in play.told(MAYA)
    assert "no whole month remains" in play.told(MAYA)
    await send(play, MAYA, ticket="4720", note="They move.")
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "Cancellation:"))
    await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await play.until(lambda: "Carried out" in card(play))
    assert ("canceled", False) == subscription(here, cast.MONTHLY_SUBSCRIPTION)
    assert [] == refunds_of(here, cast.MONTHLY_CHARGE)


async def test_of_two_subscriptions_the_chosen_one_is_cancelled(here: World, play: Play) -> None:
    await open_form(play, MAYA, SUPPORT, "/cancel", "jonah@reyesrecords.example")
    await choose(play, MAYA, "cancel_subscription", cast.TWO_SUBSCRIPTIONS_SECOND)
    await send(play, MAYA, ticket="4720", note="One shop is closed.")
    await play.until(lambda: "Carried out" in card(play))
    ends = [
        subscription(here, one)[1] for one in (cast.TWO_SUBSCRIPTIONS_FIRST, cast.TWO_SUBSCRIPTIONS_SECOND)
    ]
    assert [False, True] == ends


async def test_without_the_identity_checks_nothing_is_cancelled(here: World, play: Play) -> None:
    view = await open_form(play, MAYA, SUPPORT, "/cancel", OLD)
    outcome = await play.slack.submit(
        MAYA,
        view["id"],
        {
            "ticket": {"ticket": {"value": "4720"}},
            "note": {"note": {"value": "They move."}},
            "cancel_identity": {"cancel_identity": {"selected_options": ["email"]}},
        },
    )
    assert {"cancel_identity"} == set(outcome.errors)
    assert ("active", False) == subscription(here)


async def test_somebody_who_is_no_lead_does_not_approve(here: World, play: Play) -> None:
    await ask(play)
    await play.until(lambda: play.card(SUPPORT_LEADS, TOM, "Cancellation:"))
    await play.click(TOM, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await play.until(lambda: play.whispers(SUPPORT_LEADS, TOM))
    assert "to decide" in play.whispers(SUPPORT_LEADS, TOM)[-1]
    assert ("active", False) == subscription(here)


async def test_of_two_who_approve_at_once_one_counts_and_one_refund_is_made(here: World, play: Play) -> None:
    await ask(play)
    await play.until(lambda: play.card(SUPPORT_LEADS, JONAS, "Cancellation:"))
    await asyncio.gather(
        *(
            play.click(who, SUPPORT_LEADS, "change_approve", "Cancellation:")
            for who in (PRIYA, JONAS, PRIYA, JONAS)
        )
    )
    await refunded(here, play, cast.YEARLY_OLD_CHARGE, 49000)
    told = play.whispers(SUPPORT_LEADS, PRIYA) + play.whispers(SUPPORT_LEADS, JONAS)
    assert 3 == sum("already approved it" in text for text in told)


async def test_cancelled_in_the_dashboard_meanwhile_is_success_and_the_refund_follows(
    here: World, play: Play
) -> None:
    await ask(play)
    await here.stripe.cancel_in_dashboard(OLD_SUBSCRIPTION)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "Cancellation:"))
    await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await play.until(lambda: "Carried out" in card(play))
    assert "it was so already" in card(play)
    await refunded(here, play, cast.YEARLY_OLD_CHARGE, 49000)


@pytest.mark.parametrize(
    "kind", [FaultKind.EXECUTE_THEN_DROP, FaultKind.DROP, FaultKind.TRUNCATE, FaultKind.PLAIN_500], ids=str
)
async def test_a_lost_answer_cancels_once_and_refunds_once(
    here: World, app: Running, play: Play, kind: FaultKind
) -> None:
    here.stripe.arrange(Fault(kind, "DELETE", CANCEL_PATH))
    await ask_and_approve(play)
    await play.until(
        lambda: "answer did not arrive" in str(play.trail(SUPPORT_LEADS, PRIYA, "Cancellation:"))
    )
    await pass_time(here, app)
    await refunded(here, play, cast.YEARLY_OLD_CHARGE, 49000)
    await play.until(lambda: "Carried out" in card(play))
    ended = [
        event
        for event in here.stripe.ledger.events()
        if event["type"] == "customer.subscription.deleted"
        and event["data"]["object"]["id"] == OLD_SUBSCRIPTION
    ]
    assert 1 == len(ended)


async def test_while_stripe_is_busy_it_waits_and_goes_on(here: World, app: Running, play: Play) -> None:
    here.stripe.arrange(Fault(FaultKind.RATE_LIMIT, "DELETE", CANCEL_PATH, seconds=3))
    await ask_and_approve(play)
    await play.until(lambda: "Stripe is busy" in card(play))
    await pass_time(here, app)
    await play.until(lambda: "Carried out" in card(play))


async def test_a_key_without_the_permission_stops_it_with_a_sentence(here: World, play: Play) -> None:
    await ask(play)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "Cancellation:"))
    here.stripe.deny("subscription_write")
    await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await play.until(lambda: "Needs a person" in card(play))
    assert ("active", False) == subscription(here)
    here.stripe.deny()
    await play.click(PRIYA, SUPPORT_LEADS, "change_go_on", "Cancellation:")
    await play.until(lambda: "Carried out" in card(play))


async def test_nobody_answers_for_a_day_and_the_next_route_has_it_too(here: World, play: Play) -> None:
    await ask(play)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "Cancellation:"))
    here.clock.advance(timedelta(hours=25))
    await play.until(lambda: "this is due now" in str(play.trail(SUPPORT_LEADS, PRIYA, "Cancellation:")))
    await play.until(lambda: play.card("C07REGGIECH", "U07REGGIEAL", "Cancellation:"))

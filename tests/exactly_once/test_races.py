"""Whoever is first decides; whatever is approved, no charge gives back more than it took."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice

import pytest

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, JONAS, LENA, MAYA, PRIYA, REGGIE, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.exactly_once.acts import approve, ask, case_on, operations_on, refund_requests, refunds_of, said

CARD, OF = cast.LARGE_1250, "1,250.00 USD"
ONCE = [(125000, "succeeded")]


async def test_a_hundred_approvals_at_once_pay_once(here: World, app: Running, play: Play) -> None:
    await ask(play, CARD)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    people = islice(cycle([PRIYA, JONAS, REGGIE]), 100)
    outcomes = await asyncio.gather(*(play.click(who, SUPPORT_LEADS, "case_approve", OF) for who in people))
    assert all(outcome.ok for outcome in outcomes)
    await play.until(lambda: "Resolved" in said(play, OF))
    await app.desk.tasks.finished()
    assert ONCE == refunds_of(here, CARD)
    assert 1 == len(refund_requests(here))
    told = [text for who in (PRIYA, JONAS, REGGIE) for text in play.whispers(SUPPORT_LEADS, who)]
    assert 99 == sum("already approved it" in text for text in told)
    assert 1 == len(await operations_on(app, CARD))
    assert 1 == len(here.mailbox.messages)


async def test_of_approve_and_deny_in_the_same_instant_one_counts(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, CARD)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    await play.click(JONAS, SUPPORT_LEADS, "case_deny", OF)
    await asyncio.gather(
        play.click(PRIYA, SUPPORT_LEADS, "case_approve", OF), play.say_why(JONAS, "The export worked.")
    )
    await play.until(lambda: "Resolved" in said(play, OF) or "Denied" in said(play, OF))
    await app.desk.tasks.finished()
    denied = "denied" == (await case_on(app, CARD)).state
    assert ([] if denied else ONCE) == refunds_of(here, CARD)
    loser = str(play.whispers(SUPPORT_LEADS, PRIYA)) if denied else play.told(JONAS)
    assert ("already denied it" if denied else "already approved it") in loser


async def test_a_dispute_that_arrives_while_the_refund_is_on_its_way_is_stripes_to_refuse(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, CARD)
    here.stripe.arrange(Fault(FaultKind.DELAY, seconds=0.3))
    await approve(play, OF)
    await play.until(lambda: refund_requests(here))
    await here.stripe.file_dispute(CARD)
    await play.until(lambda: "Needs a person" in said(play, OF))
    assert "The bank has opened a chargeback on this charge" in said(play, OF)
    assert [] == refunds_of(here, CARD)
    assert ["refused"] == [one.state for one in await operations_on(app, CARD)]


@pytest.mark.parametrize("order", [1, -1], ids=["approval_first", "dispute_first"])
async def test_of_a_dispute_and_an_approval_in_the_same_instant_stripe_says_which_came_first(
    here: World, app: Running, play: Play, order: int
) -> None:
    await ask(play, CARD)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    both = [play.click(PRIYA, SUPPORT_LEADS, "case_approve", OF), here.stripe.file_dispute(CARD)]
    await asyncio.gather(*both[::order])
    await play.until(lambda: "Resolved" in said(play, OF) or "Needs a person" in said(play, OF))
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    await app.desk.tasks.finished()
    paid = "closed" == (await case_on(app, CARD)).state
    assert (ONCE if paid else []) == refunds_of(here, CARD)
    assert ("Resolved" if paid else "chargeback") in said(play, OF)
    assert ["done"] * paid == [one.state for one in await operations_on(app, CARD) if one.state == "done"]
    assert int(paid) == len(here.mailbox.messages)


async def test_two_requests_for_one_charge_at_once_open_one_case(here: World, play: Play) -> None:
    first, second = await asyncio.gather(ask(play, CARD), ask(play, CARD, who=TOM))
    assert 1 == sum("Sent to the support leads" in told for told in (first, second))
    assert 1 == sum("Not opened again" in told for told in (first, second))
    await approve(play, OF)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, CARD)


async def told_of(here: World, play: Play, refunds: int) -> None:
    """Wait until the customer has a mail of each refund, and the agent a line."""
    await play.until(lambda: refunds == len(here.mailbox.messages))
    await play.until(lambda: refunds == sum("the money arrives" in text for text in play.direct(MAYA)))


async def test_two_equal_partial_refunds_are_two_refunds_and_a_third_that_exceeds_the_rest_is_none(
    here: World, app: Running, play: Play
) -> None:
    for times in (1, 2):
        await ask(play, CARD, "500.00")
        await approve(play, "500.00 USD refund")
        await play.until(lambda: "Resolved" in said(play, "500.00 USD refund"))
        await told_of(here, play, times)
        assert [(50000, "succeeded")] * times == refunds_of(here, CARD)
    told = await ask(play, CARD, "500.00")
    assert "250.00 USD" in told
    assert 2 == len(await operations_on(app, CARD))
    assert 2 == len({one["Message-ID"] for one in here.mailbox.messages})


async def test_what_was_refunded_elsewhere_while_the_case_waited_is_not_refunded_again(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, CARD)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    here.stripe.arrange(Fault(FaultKind.DELAY, seconds=0.3))
    await approve(play, OF)
    await play.until(lambda: refund_requests(here))
    await here.stripe.refund_in_dashboard(CARD, 1)
    await play.until(lambda: "Needs a person" in said(play, OF))
    assert "greater than unrefunded amount" in said(play, OF)
    assert [(1, "succeeded")] == refunds_of(here, CARD)
    assert ["refused"] == [one.state for one in await operations_on(app, CARD)]

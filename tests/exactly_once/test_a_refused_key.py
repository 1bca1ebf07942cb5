"""A key that Stripe does not accept says nothing about a refund; what was approved waits for a good one."""

from __future__ import annotations

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, Mode, cast
from bot.sandbox.world import World
from tests.exactly_once.acts import (
    DAY_AND_HOUR,
    LEASE_AND_BACKOFF,
    OF,
    ONCE,
    approve,
    ask,
    ask_and_approve,
    keys_sent,
    operations_on,
    pass_time,
    refunds_of,
    said,
    state_on,
)

NOT_ACCEPTED = (
    "Stripe does not accept the key that Makegood has. An administrator has to check STRIPE_API_KEY."
)


async def test_a_key_that_is_rolled_says_nothing_about_the_refund_that_was_sent_with_it(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP))
    await ask_and_approve(play)
    await play.until(lambda: "Asking Stripe" in said(play, OF))
    key, here.stripe.api_key = here.stripe.api_key, "sk_test_rolled"
    for by in (LEASE_AND_BACKOFF, LEASE_AND_BACKOFF, DAY_AND_HOUR):
        await pass_time(here, app, by)
        await play.until(lambda: NOT_ACCEPTED in said(play, OF))
        assert "Asking Stripe" in said(play, OF)
        assert "paying" == await state_on(app)
    assert "sk_test" not in said(play, OF)
    assert not any("Not refunded" in text for text in play.direct(MAYA))
    here.stripe.api_key = key
    await pass_time(here, app)
    await play.until(lambda: "Resolved — Refund issued" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert ["done"] == [one.state for one in await operations_on(app, cast.LARGE_1250)]
    assert 1 == len(here.mailbox.messages)
    assert 1 == sum("the money arrives" in text for text in play.direct(MAYA))


async def test_a_refund_that_the_key_may_not_make_waits_until_it_may(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.deny("charge_write")
    await ask_and_approve(play)
    await play.until(lambda: "The refund waits" in said(play, OF))
    assert "Makegood's Stripe key lacks a permission for this." in said(play, OF)
    assert "paying" == await state_on(app)
    here.stripe.deny()
    await pass_time(here, app)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert 1 == len(set(keys_sent(here)))


async def test_a_key_that_is_rolled_before_anything_was_sent_makes_the_approved_refund_wait(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, cast.LARGE_1250, "500.00")
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    key, here.stripe.api_key = here.stripe.api_key, "sk_test_rolled"
    await approve(play, OF)
    await play.until(lambda: "Nothing was sent to Stripe yet" in said(play, OF))
    assert NOT_ACCEPTED in said(play, OF)
    assert "approved" == await state_on(app)
    here.stripe.api_key = key
    await pass_time(here, app)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)

"""Whatever becomes of Stripe's answer, the money moves once, and the card says no more than is known."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.app import Running
from bot.desk import paying
from bot.payments import API_VERSION, Order, Unknown, payments
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, Mode, cast
from bot.sandbox.world import World
from bot.serving import serving
from bot.store.work import change
from policy.money import Money
from tests.exactly_once.acts import (
    DAY_AND_HOUR,
    LEASE_AND_BACKOFF,
    OF,
    ONCE,
    approve,
    ask,
    ask_and_approve,
    case_on,
    keys_sent,
    operations_on,
    pass_time,
    refund_requests,
    refunds_of,
    said,
    state_on,
)


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        (Fault(FaultKind.DROP), []),
        (Fault(FaultKind.EXECUTE_THEN_DROP), ONCE),
        (Fault(FaultKind.TRUNCATE), ONCE),
        (Fault(FaultKind.CONFLICT), []),
        (Fault(FaultKind.PLAIN_500), []),
        (Fault(FaultKind.STORED_500, executed=True), ONCE),
        (Fault(FaultKind.STORED_500, executed=False), []),
    ],
    ids=["drop", "execute_then_drop", "truncate", "conflict", "plain_500", "stored_500", "stored_500_undone"],
)
async def test_a_lost_answer_is_shown_as_unknown_and_found_out(
    here: World, app: Running, play: Play, fault: Fault, made: list[tuple[int, str]]
) -> None:
    here.stripe.webhooks.mode = Mode.HOLD
    here.stripe.arrange(replace(fault))
    await ask_and_approve(play)
    await play.until(lambda: "Asking Stripe" in said(play, OF))
    await play.until(lambda: "not made twice" in str(play.trail(SUPPORT_LEADS, PRIYA, OF)))
    assert made == refunds_of(here, cast.LARGE_1250)
    assert "paying" == await state_on(app)
    assert not any("Refunded" in text for text in play.direct(MAYA))
    assert [] == here.mailbox.messages
    await pass_time(here, app)
    await pass_time(here, app)
    await play.until(lambda: "Resolved — Refund issued" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert 1 == len(here.mailbox.messages)


ASKS, WAITS = "Asking Stripe", "Stripe is busy."
ONE_KEY, TWO_KEYS = ["1"], ["1", "2"]


def nothing_is_claimed(here: World, play: Play) -> None:
    shown = said(play, OF)
    assert [] == [word for word in ("Resolved", "Refunded", "Needs a person", "refused it") if word in shown]
    assert [] == [text for text in play.direct(MAYA) if "Refunded" in text or "Not refunded" in text]
    assert [] == here.mailbox.messages


def attempts(here: World) -> list[str]:
    """Return the number at the end of each key that Stripe got."""
    return [key.rpartition(":")[2] for key in dict.fromkeys(keys_sent(here))]


@pytest.mark.parametrize(
    ("fault", "shown", "keys"),
    [
        (Fault(FaultKind.DROP), ASKS, TWO_KEYS),
        (Fault(FaultKind.EXECUTE_THEN_DROP), ASKS, ONE_KEY),
        (Fault(FaultKind.TRUNCATE), ASKS, ONE_KEY),
        (Fault(FaultKind.CONFLICT), ASKS, TWO_KEYS),
        (Fault(FaultKind.RATE_LIMIT, seconds=60), WAITS, TWO_KEYS),
        (Fault(FaultKind.PLAIN_500), ASKS, TWO_KEYS),
        (Fault(FaultKind.STORED_500, executed=True), ASKS, ONE_KEY),
        (Fault(FaultKind.STORED_500, executed=False), ASKS, TWO_KEYS),
    ],
    ids=[
        "drop",
        "execute_then_drop",
        "truncate",
        "conflict",
        "rate_limit",
        "plain_500",
        "stored",
        "stored_undone",
    ],
)
async def test_a_day_later_the_books_are_read_instead_of_the_key(
    here: World, app: Running, play: Play, fault: Fault, shown: str, keys: list[str]
) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    here.stripe.arrange(replace(fault, times=50))
    await ask_and_approve(play)
    await play.until(lambda: shown in said(play, OF))
    nothing_is_claimed(here, play)
    here.stripe.faults.clear()
    await pass_time(here, app, DAY_AND_HOUR)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert keys == attempts(here)
    assert 1 == len(here.mailbox.messages)


async def test_a_day_after_a_time_out_the_books_are_read_instead_of_the_key(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    await ask(play, cast.LARGE_1250, "500.00")
    here.stripe.arrange(Fault(FaultKind.PLAIN_500, "GET", "/v1/charges/*", times=3))
    await approve(play, OF)
    await app.desk.tasks.finished()  # nothing was sent: the charge could not be read
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=1))
    async with payments(here.stripe.api_key, here.stripe_url, patience=0.3) as impatient:
        here.clock.advance(timedelta(seconds=6))
        case = await case_on(app, cast.LARGE_1250)
        await paying.advance(structs.replace(app.desk, payments=impatient), case.id)
    await play.until(lambda: ASKS in said(play, OF))
    nothing_is_claimed(here, play)
    await pass_time(here, app, DAY_AND_HOUR)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert ONE_KEY == attempts(here)


async def test_a_day_after_a_refusal_nothing_was_sent_again(here: World, app: Running, play: Play) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    here.stripe.arrange(Fault(FaultKind.REFUSE, code="insufficient_funds"))
    await ask_and_approve(play)
    await play.until(lambda: "Needs a person" in said(play, OF))
    await pass_time(here, app, DAY_AND_HOUR)
    assert "Needs a person" in said(play, OF)
    assert ["refused"] == [one.state for one in await operations_on(app, cast.LARGE_1250)]
    assert ONE_KEY == attempts(here)
    assert [] == refunds_of(here, cast.LARGE_1250)


async def test_an_answer_that_takes_too_long_is_asked_for_again_with_the_same_key(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.arrange(Fault(FaultKind.DELAY, seconds=0.5))
    await ask_and_approve(play)
    await play.until(lambda: refund_requests(here))
    await pass_time(here, app)  # the lease ends while Stripe still works: it answers 409
    await play.until(lambda: "Resolved" in said(play, OF))
    assert 1 == len(set(keys_sent(here)))
    assert 2 == len(keys_sent(here))
    assert ONCE == refunds_of(here, cast.LARGE_1250)


async def test_two_who_look_into_the_books_at_once_try_again_once(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.arrange(Fault(FaultKind.DROP))
    await ask(play, cast.LARGE_1250, "100.00")
    await approve(play, "100.00 USD refund")
    await play.until(lambda: "Asking Stripe" in said(play, "100.00 USD refund"))
    here.clock.advance(DAY_AND_HOUR)
    (operation,) = await operations_on(app, cast.LARGE_1250)
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, "GET", "/v1/charges/*", seconds=0.6))
    here.stripe.arrange(Fault(FaultKind.DELAY, seconds=1.2))
    first = asyncio.create_task(paying.resume(app.desk, operation.id))
    await play.until(lambda: 1 == len(here.stripe.faults.arranged()))
    here.clock.advance(timedelta(minutes=2))  # the first one's lease is over
    await asyncio.gather(first, paying.resume(app.desk, operation.id))
    await play.until(lambda: "Resolved" in said(play, "100.00 USD refund"))
    assert [(10000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>Please sign in</html>"),
        (200, '{"id": "re_'),
        (200, '{"status": "ok"}'),
        (200, '{"id": "re_1", "object": "refund", "amount": "much", "currency": "usd"}'),
        (200, "[]"),
        (400, '{"error": "no such host"}'),
        (302, ""),
        (403, "<html>Blocked</html>"),
    ],
)
async def test_an_answer_that_is_not_stripes_is_no_outcome(status: int, body: str) -> None:
    async def gateway(_request: Request) -> Response:
        return Response(body, status)

    order = Order("OP-1", "RF-1", "ch_1", Money(100, "USD"), "duplicate", PRIYA, API_VERSION, "key")
    application = Starlette(routes=[Route("/v1/refunds", gateway, methods=["POST"])])
    async with serving(application) as url, payments("sk_test_1", url) as stripe:
        assert Unknown("The answer that came was not Stripe's.") == await stripe.make(order)


@pytest.mark.soak
async def test_an_answer_that_does_not_come_within_twenty_seconds_is_unknown(here: World, play: Play) -> None:
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=30))
    here.stripe.webhooks.mode = Mode.HOLD
    await ask_and_approve(play)
    await play.until(lambda: "Asking Stripe" in said(play, OF), 25)
    await play.until(lambda: "Resolved" in said(play, OF), 60)
    assert ONCE == refunds_of(here, cast.LARGE_1250)


async def test_when_stripe_asks_to_wait_the_desk_waits_and_asks_again(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.arrange(Fault(FaultKind.RATE_LIMIT, seconds=300, times=1))
    await ask_and_approve(play)
    await play.until(lambda: "Stripe is busy" in said(play, OF))
    await pass_time(here, app, timedelta(seconds=299))
    assert 1 == len(refund_requests(here))
    assert "paying" == await state_on(app)
    await pass_time(here, app, timedelta(seconds=2))
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert not any("asks again" in text for text in play.trail(SUPPORT_LEADS, PRIYA, OF))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("charge_disputed", "The bank has opened a chargeback on this charge"),
        ("insufficient_funds", "Finance has to top it up"),
        ("something_new", "Stripe refused it: This cannot be."),
    ],
)
async def test_a_refusal_says_why_releases_the_amount_and_offers_the_next_step(
    here: World, app: Running, play: Play, code: str, sentence: str
) -> None:
    here.stripe.arrange(Fault(FaultKind.REFUSE, code=code, message="This cannot be."))
    await ask_and_approve(play)
    await play.until(lambda: "Needs a person" in said(play, OF))
    assert sentence in said(play, OF)
    assert [] == refunds_of(here, cast.LARGE_1250)
    await play.until(lambda: any("Not refunded yet" in text for text in play.direct(MAYA)))
    await play.click(PRIYA, SUPPORT_LEADS, "case_retry", OF)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)
    assert ["refused", "done"] == [one.state for one in await operations_on(app, cast.LARGE_1250)]


async def test_a_refusal_of_what_was_sent_before_is_believed_only_if_the_books_agree(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP))
    await ask_and_approve(play)
    await play.until(lambda: "Asking Stripe" in said(play, OF))
    (operation,) = await operations_on(app, cast.LARGE_1250)
    await app.desk.store.write(lambda session: change(session, operation, api_version="2019-02-19"))
    here.clock.advance(LEASE_AND_BACKOFF)
    await paying.resume(app.desk, operation.id)  # Stripe refuses that version before it looks at the key
    await play.until(lambda: "Resolved" in said(play, OF))
    assert not any("Not refunded" in text for text in play.direct(MAYA))
    assert [None, 400] == [one["status"] for one in refund_requests(here)]
    assert ONCE == refunds_of(here, cast.LARGE_1250)


async def test_while_stripe_is_busy_what_is_unknown_stays_unknown(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP))
    here.stripe.arrange(Fault(FaultKind.RATE_LIMIT, seconds=3600))
    await ask_and_approve(play)
    await play.until(lambda: "Asking Stripe" in said(play, OF))
    (operation,) = await operations_on(app, cast.LARGE_1250)
    here.clock.advance(LEASE_AND_BACKOFF)
    await paying.resume(app.desk, operation.id)
    await play.until(lambda: "Stripe is busy." in said(play, OF))
    assert "Asking Stripe" in said(play, OF)
    await pass_time(here, app, timedelta(hours=2))
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)


async def test_the_card_shows_the_latest_operation_whatever_the_earlier_ones_took(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.HOLD
    here.stripe.arrange(Fault(FaultKind.DROP))
    await ask_and_approve(play)
    await play.until(lambda: "Asking Stripe" in said(play, OF))
    here.stripe.arrange(Fault(FaultKind.REFUSE, code="insufficient_funds"))
    await pass_time(here, app, DAY_AND_HOUR)  # its second key is refused
    await play.until(lambda: "Needs a person" in said(play, OF))
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP, times=9))
    await play.click(PRIYA, SUPPORT_LEADS, "case_retry", OF)
    await play.until(lambda: "Asking Stripe" in said(play, OF))
    here.stripe.faults.clear()
    await pass_time(here, app)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)


async def test_an_unclear_key_and_too_little_left_go_to_a_person_who_can_close_the_case(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.arrange(Fault(FaultKind.DROP, times=9))
    whole = "1,250.00 USD refund"
    await ask(play, cast.LARGE_1250)
    await approve(play, whole)
    await play.until(lambda: "Asking Stripe" in said(play, whole))
    await here.stripe.refund_in_dashboard(cast.LARGE_1250, 1000)
    here.stripe.faults.clear()
    here.clock.advance(DAY_AND_HOUR)
    await pass_time(here, app)
    await play.until(lambda: "do not say whether this refund was made" in said(play, whole))
    await play.until(lambda: any("Not refunded yet" in text for text in play.direct(MAYA)))
    await play.click(PRIYA, SUPPORT_LEADS, "case_abandon", whole)
    await play.say_why(PRIYA, "Paid back in the Dashboard.")
    await play.until(lambda: "Closed without a refund" in said(play, whole))
    await ask(play, cast.LARGE_1250, "1240.00")  # what the closed case had reserved is free again
    await approve(play, "1,240.00 USD refund")
    await play.until(lambda: "Resolved" in said(play, "1,240.00 USD refund"))
    assert [(1000, "succeeded"), (124000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


async def test_when_stripe_cannot_be_read_nothing_is_sent_and_the_case_goes_on_later(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, cast.LARGE_1250, "500.00")
    here.stripe.arrange(Fault(FaultKind.PLAIN_500, method="GET", path="/v1/charges/*", times=3))
    await approve(play, OF)
    await play.until(lambda: not here.stripe.faults.arranged())
    assert [] == refund_requests(here)
    assert "approved" == await state_on(app)
    await pass_time(here, app)
    await play.until(lambda: "Resolved" in said(play, OF))
    assert ONCE == refunds_of(here, cast.LARGE_1250)

"""Every end that a refund can have is shown with its next step, whatever the order of Stripe's events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from bot.app import Running
from bot.payments import Order
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA, MAYA, PRIYA, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, Mode, Trick, cast
from bot.sandbox.world import World, inhabited
from bot.store.tables import Inbox
from policy.money import Money
from tests.exactly_once.acts import (
    approve,
    ask,
    case_on,
    operations_on,
    pass_time,
    refund_requests,
    refunds_of,
    said,
)

DEBIT, DEBIT_OF = cast.BANK_DEBIT_CHARGE, "140.00 USD"
CARD, CARD_OF = cast.LARGE_1250, "1,250.00 USD"


async def refund_pending(here: World, play: Play, charge: str = DEBIT, of: str = DEBIT_OF) -> str:
    """Ask for a refund that the bank settles later, and return its id."""
    await ask(play, charge)
    await approve(play, of)
    await play.until(lambda: "is not through yet" in said(play, of))
    return str(here.stripe.books()[charge]["refunds"][0]["id"])


async def test_a_pending_refund_is_no_refund_until_the_bank_says_so(here: World, play: Play) -> None:
    refund = await refund_pending(here, play)
    assert "(pending)" in said(play, DEBIT_OF)
    assert [] == here.mailbox.messages
    await here.stripe.settle_refund(refund, "succeeded")
    await play.until(lambda: "Resolved — Refund issued" in said(play, DEBIT_OF))
    assert 1 == len(here.mailbox.messages)
    assert [(14000, "succeeded")] == refunds_of(here, DEBIT)


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        ("failed", "expired_or_canceled_card", "failed: the card has expired or was cancelled."),
        ("canceled", None, "was canceled."),
    ],
)
async def test_a_pending_refund_that_comes_back_can_be_tried_again(
    here: World, app: Running, play: Play, status: str, reason: str | None, sentence: str
) -> None:
    refund = await refund_pending(here, play)
    await here.stripe.settle_refund(refund, status, reason)
    await play.until(lambda: "Needs a person" in said(play, DEBIT_OF))
    assert f"{refund} {sentence}" in said(play, DEBIT_OF)
    await play.until(lambda: any("Not refunded yet" in text for text in play.direct(MAYA)))
    assert [] == here.mailbox.messages
    await play.click(PRIYA, SUPPORT_LEADS, "case_retry", DEBIT_OF)
    await play.until(lambda: 2 == len(refunds_of(here, DEBIT)))
    again = here.stripe.books()[DEBIT]["refunds"][1]["id"]
    await play.until(lambda: again in said(play, DEBIT_OF))
    await here.stripe.settle_refund(again, "succeeded")
    await play.until(lambda: "Resolved" in said(play, DEBIT_OF))
    assert [(14000, status), (14000, "succeeded")] == refunds_of(here, DEBIT)
    assert ["failed", "done"] == [one.state for one in await operations_on(app, DEBIT)]


async def test_a_refund_that_needs_the_customer_says_so(here: World, play: Play) -> None:
    refund = await refund_pending(here, play, cast.KONBINI_CHARGE, "6,200 JPY")
    assert "(requires action)" in said(play, "6,200 JPY")
    assert "Stripe has asked the customer by email" in said(play, "6,200 JPY")
    await here.stripe.settle_refund(refund, "canceled")
    await play.until(lambda: "was canceled" in said(play, "6,200 JPY"))
    await play.click(PRIYA, SUPPORT_LEADS, "case_abandon", "6,200 JPY")
    await play.say_why(PRIYA, "They want a voucher instead.")
    await play.until(lambda: "Closed without a refund" in said(play, "6,200 JPY"))
    await play.until(lambda: any("They want a voucher instead." in text for text in play.direct(MAYA)))


async def test_a_refund_that_the_customer_saw_to_is_done(here: World, app: Running, play: Play) -> None:
    of = "6,200 JPY"
    refund = await refund_pending(here, play, cast.KONBINI_CHARGE, of)
    await play.until(lambda: "(requires action)" in said(play, of))
    await here.stripe.settle_refund(refund, "succeeded")
    await play.until(lambda: "Resolved — Refund issued" in said(play, of))
    assert [(6200, "succeeded")] == refunds_of(here, cast.KONBINI_CHARGE)
    assert ["done"] == [one.state for one in await operations_on(app, cast.KONBINI_CHARGE)]
    await app.desk.tasks.finished()
    assert 1 == sum("the money arrives" in text for text in play.direct(MAYA))
    assert 1 == len(here.mailbox.messages)


async def test_a_refund_that_fails_after_it_succeeded_opens_the_case_again(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, CARD)
    await approve(play, CARD_OF)
    await play.until(lambda: "Resolved" in said(play, CARD_OF))
    refund = here.stripe.books()[CARD]["refunds"][0]["id"]
    await here.stripe.settle_refund(refund, "failed", "lost_or_stolen_card")
    await play.until(lambda: "Needs a person" in said(play, CARD_OF))
    assert "the card was reported lost or stolen" in said(play, CARD_OF)
    await play.until(lambda: any("The refund failed after all" in text for text in play.direct(MAYA)))
    await play.click(PRIYA, SUPPORT_LEADS, "case_retry", CARD_OF)
    await play.until(lambda: "Resolved" in said(play, CARD_OF))
    assert [(125000, "failed"), (125000, "succeeded")] == refunds_of(here, CARD)
    assert 2 == len({one["Message-ID"] for one in here.mailbox.messages})
    assert "closed" == (await case_on(app, CARD)).state


async def test_a_refund_that_fails_before_its_mail_went_out_is_not_announced(
    here: World, app: Running, play: Play
) -> None:
    here.mailbox.refuses = "451 Try again later"
    await ask(play, CARD)
    await approve(play, CARD_OF)
    await play.until(lambda: "✅ *Refunded*" in said(play, CARD_OF))
    await here.stripe.settle_refund(here.stripe.books()[CARD]["refunds"][0]["id"], "failed")
    await play.until(lambda: "Needs a person" in said(play, CARD_OF))
    here.mailbox.refuses = ""
    await pass_time(here, app, timedelta(hours=1))
    assert [] == here.mailbox.messages


async def test_a_refund_that_fails_late_reopens_its_case_beside_a_newer_one(here: World, play: Play) -> None:
    first, second = "100.00 USD refund", "200.00 USD refund"
    await ask(play, CARD, "100.00")
    await approve(play, first)
    await play.until(lambda: "Resolved" in said(play, first))
    await ask(play, CARD, "200.00")
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, second))
    await here.stripe.settle_refund(here.stripe.books()[CARD]["refunds"][0]["id"], "failed")
    await play.until(lambda: "Needs a person" in said(play, first))
    await play.click(PRIYA, SUPPORT_LEADS, "case_retry", first)
    await play.until(lambda: "under way on the same charge" in str(play.whispers(SUPPORT_LEADS, PRIYA)))
    await approve(play, second)
    await play.until(lambda: "Resolved" in said(play, second))
    await play.click(PRIYA, SUPPORT_LEADS, "case_retry", first)
    await play.until(lambda: "Resolved" in said(play, first))
    assert [(10000, "failed"), (20000, "succeeded"), (10000, "succeeded")] == refunds_of(here, CARD)


async def test_events_that_come_twice_reversed_and_hours_late_change_nothing_more(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.HOLD
    refund = await refund_pending(here, play)
    await here.stripe.settle_refund(refund, "succeeded")
    await here.stripe.settle_refund(refund, "failed", "declined")
    here.clock.advance(timedelta(hours=5))
    held = [event["id"] for event in here.stripe.webhooks.held]
    await here.stripe.webhooks.release(held[::-1], copies=3)
    await play.until(lambda: "the bank declined it" in said(play, DEBIT_OF))
    await pass_time(here, app)
    assert "stuck" == (await case_on(app, DEBIT)).state
    told = [text for text in play.direct(MAYA) if "Not refunded yet" in text or "failed after all" in text]
    assert 1 == len(told)
    assert [] == here.mailbox.messages
    assert 1 == str(play.trail(SUPPORT_LEADS, PRIYA, DEBIT_OF)).count("the money is back in the Stripe")


async def test_what_was_read_before_a_refund_failed_does_not_undo_the_failure(
    here: World, app: Running, play: Play
) -> None:
    refund = await refund_pending(here, play)
    await here.stripe.webhooks.idle()
    await app.desk.tasks.finished()
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, "GET", "/v1/refunds/*", seconds=0.6))
    await here.stripe.settle_refund(refund, "succeeded")
    await play.until(lambda: not here.stripe.faults.arranged())  # the event's handler reads “succeeded” …
    await here.stripe.settle_refund(refund, "failed")
    await play.until(lambda: "Needs a person" in said(play, DEBIT_OF))
    await app.desk.tasks.finished()  # … and hears of it only now
    assert "stuck" == (await case_on(app, DEBIT)).state
    assert ["failed"] == [one.state for one in await operations_on(app, DEBIT)]
    assert [] == here.mailbox.messages


async def test_an_event_that_is_faster_than_the_answer_is_adopted(here: World, play: Play) -> None:
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=1.0))
    await ask(play, CARD)
    await approve(play, CARD_OF)
    await play.until(lambda: "Resolved" in said(play, CARD_OF))
    assert None is refund_requests(here)[-1]["status"], "the answer was not out yet"
    await play.until(lambda: 200 == refund_requests(here)[-1]["status"])
    assert [(125000, "succeeded")] == refunds_of(here, CARD)
    assert 1 == len(here.mailbox.messages)


async def test_what_was_missed_for_a_day_is_fetched_from_the_events_list(
    here: World, database_url: str
) -> None:
    play = Play(here.slack)
    async with inhabited(here, database_url):
        refund = await refund_pending(here, play)
    here.stripe.webhooks.mode = Mode.MISS
    await here.stripe.settle_refund(refund, "succeeded")
    await here.stripe.refund_in_dashboard(CARD, 5000)
    here.clock.advance(timedelta(hours=25))
    async with inhabited(here, database_url) as app:
        await play.until(lambda: "Resolved" in said(play, DEBIT_OF))
        await pass_time(here, app)
        await ask(play, CARD, "60.00")
        await play.until(lambda: "50.00 USD was refunded outside Makegood" in said(play, "60.00 USD"))


def events_taken_in(session: Session) -> int:
    return len(session.exec(select(Inbox)).all())


async def test_forged_stale_foreign_and_unknown_events_do_nothing(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.webhooks.mode = Mode.MISS
    refund = await refund_pending(here, play)
    await here.stripe.settle_refund(refund, "succeeded")
    event = next(
        one["id"] for one in reversed(here.stripe.ledger.events()) if one["type"] == "refund.updated"
    )
    before = await app.desk.store.read(events_taken_in)
    answers = [await here.stripe.send_trick(trick, event) for trick in Trick]
    assert [400, 400, 200, 200] == answers
    await app.desk.tasks.finished()
    assert before == await app.desk.store.read(events_taken_in)
    assert "is not through yet" in said(play, DEBIT_OF)
    assert 200 == await here.stripe.redeliver(event)
    await play.until(lambda: "Resolved" in said(play, DEBIT_OF))


async def test_a_refund_made_in_the_dashboard_shows_on_the_open_case_and_on_the_later_one(
    here: World, play: Play
) -> None:
    await ask(play, CARD)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, CARD_OF))
    outside = await here.stripe.refund_in_dashboard(CARD, 5000)
    await play.until(
        lambda: f"{outside['id']} of 50.00 USD was refunded outside Makegood" in said(play, CARD_OF)
    )
    await play.until(
        lambda: "👀 50.00 USD was refunded outside" in play.trail(SUPPORT_LEADS, PRIYA, CARD_OF)[-1]
    )
    await approve(play, CARD_OF)
    await play.until(lambda: "Only 1,200.00 USD is left on this charge" in said(play, CARD_OF))
    assert [(5000, "succeeded")] == refunds_of(here, CARD)


async def close_unclear(here: World, app: Running, play: Play, charge: str, of: str) -> Order:
    """Let a refund stay unclear, and its case be closed; return the order that is still on its way."""
    here.stripe.arrange(Fault(FaultKind.DROP, times=9))
    await ask(play, charge)
    await approve(play, of)
    await play.until(lambda: "Asking Stripe" in said(play, of))
    outside = await here.stripe.refund_in_dashboard(charge, 1000)
    here.stripe.faults.clear()
    await pass_time(here, app, timedelta(hours=25))
    await play.until(lambda: "do not say whether this refund was made" in said(play, of))
    await play.click(PRIYA, SUPPORT_LEADS, "case_abandon", of)
    await play.say_why(PRIYA, "Paid back by bank transfer.")
    await play.until(lambda: "Closed without a refund" in said(play, of))
    await here.stripe.settle_refund(outside["id"], "failed")  # so that there is room for it again
    (one,) = await operations_on(app, charge)
    money, key = Money(one.amount_minor, one.currency), one.idempotency_key
    return Order(one.id, one.case_id, charge, money, one.reason, one.approver, one.api_version, key)


@pytest.mark.parametrize("mode", [Mode.DELIVER, Mode.MISS], ids=str)
async def test_a_refund_that_appears_after_its_case_was_closed_without_one_is_told_to_everyone(
    here: World, app: Running, play: Play, mode: Mode
) -> None:
    order = await close_unclear(here, app, play, CARD, CARD_OF)
    here.stripe.webhooks.mode = mode
    await app.desk.payments.make(order)  # the request that was lost a day ago arrives
    await pass_time(here, app)
    await play.until(lambda: "Resolved — Refund issued" in said(play, CARD_OF))
    twice = "they have the money twice"
    await play.until(lambda: twice in str(play.trail(SUPPORT_LEADS, PRIYA, CARD_OF)))
    await play.until(lambda: any("the money arrives" in one and twice in one for one in play.direct(MAYA)))
    assert 1 == len(here.mailbox.messages)
    assert "closed" == (await case_on(app, CARD)).state
    assert ["done"] == [one.state for one in await operations_on(app, CARD)]


async def test_a_pending_refund_that_appears_after_its_case_was_closed_is_shown_until_it_is_through(
    here: World, app: Running, play: Play
) -> None:
    order = await close_unclear(here, app, play, DEBIT, DEBIT_OF)
    await app.desk.payments.make(order)
    await play.until(lambda: "Stripe has the refund after all, and it is not through" in said(play, DEBIT_OF))
    await play.until(lambda: "not through yet" in str(play.trail(SUPPORT_LEADS, PRIYA, DEBIT_OF)))
    *_, refund = here.stripe.books()[DEBIT]["refunds"]
    await here.stripe.settle_refund(refund["id"], "succeeded")
    await play.until(lambda: "Resolved — Refund issued" in said(play, DEBIT_OF))
    await here.stripe.settle_refund(refund["id"], "failed")
    await play.until(lambda: "Needs a person" in said(play, DEBIT_OF))


async def test_a_pending_refund_that_appears_and_comes_back_leaves_its_case_closed(
    here: World, app: Running, play: Play
) -> None:
    order = await close_unclear(here, app, play, DEBIT, DEBIT_OF)
    await app.desk.payments.make(order)
    await play.until(lambda: "Stripe has the refund after all" in said(play, DEBIT_OF))
    *_, refund = here.stripe.books()[DEBIT]["refunds"]
    await here.stripe.settle_refund(refund["id"], "failed")
    await play.until(lambda: "Closed without a refund" in said(play, DEBIT_OF))
    assert [] == here.mailbox.messages


async def test_a_dispute_that_arrives_before_the_approval_stops_the_refund(here: World, play: Play) -> None:
    await ask(play, CARD)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, CARD_OF))
    await here.stripe.file_dispute(CARD)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    await play.until(lambda: "The bank has a chargeback on this charge" in said(play, CARD_OF))
    await approve(play, CARD_OF)
    await play.until(lambda: "so it goes through the dispute" in said(play, CARD_OF))
    assert [] == refunds_of(here, CARD)

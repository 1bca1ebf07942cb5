"""Slack is down, slow, forgetful or tidied up: decisions are kept, cards catch up, nothing is said twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import get_args

import pytest
from sqlmodel import Session, col, select

from bot.app import Running
from bot.desk import sweeps
from bot.sandbox.play import Play, words
from bot.sandbox.slack import Fault
from bot.sandbox.slack.cast import JONAS, MAYA, PRIYA, SUPPORT_LEADS
from bot.sandbox.slack.faults import Kind
from bot.sandbox.stripe import Mode, cast
from bot.sandbox.world import World, inhabited
from bot.store.tables import Post
from tests.exactly_once.acts import approve, ask, case_on, pass_time, refunds_of, said

OF = "1,250.00 USD"
ONCE = [(125000, "succeeded")]
KINDS: tuple[Kind, ...] = get_args(Kind)


def told_twice(play: Play) -> list[str]:
    """Return what the leads' channel, its threads or the requester were told more than once."""
    lines = [words(one) for one in play.cards(SUPPORT_LEADS, PRIYA)]
    for card in play.cards(SUPPORT_LEADS, PRIYA):
        lines += [words(one) for one in play.slack.thread(SUPPORT_LEADS, card["ts"], PRIYA)]
    counted = Counter(lines) + Counter(play.direct(MAYA))
    return [line for line, times in counted.items() if times > 1]


def given_up(app: Running) -> int:
    """Return how many messages wait because Slack did not answer."""
    with Session(app.desk.store.engine) as session:
        return len(session.exec(select(Post).where(col(Post.said) == "Slack does not answer.")).all())


def all_answered(here: World, came: Counter[str], method: str) -> bool:
    """Say whether Slack has nothing more to do of what it was asked for, also by those who gave up."""
    return came[f"slack: {method} came"] == here.slack.control.counts().get(method, 0)


async def until_told(here: World, app: Running, play: Play) -> None:
    """Let time pass until the last words of a paid case are said."""
    for _ in range(8):
        await pass_time(here, app)
    await play.until(lambda: "Resolved — Refund issued" in said(play, OF))
    await play.until(lambda: "Ticket T-9" in play.trail(SUPPORT_LEADS, PRIYA, OF)[-1])
    await play.until(lambda: any("the money arrives" in text for text in play.direct(MAYA)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "delay"])  # which is below
async def test_whatever_slack_does_to_a_message_it_stands_there_once(
    here: World, app: Running, play: Play, kind: Kind
) -> None:
    here.slack.control.fault(Fault("chat.postMessage", kind, times=4))
    here.slack.control.fault(Fault("chat.update", kind, times=4))
    await ask(play, cast.LARGE_1250)
    for _ in range(4):
        await pass_time(here, app)
    await approve(play, OF)
    await until_told(here, app, play)
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, OF))
    assert [] == told_twice(play)
    assert 1 == len(here.mailbox.messages)


@pytest.mark.parametrize(("late", "after"), [(1, 30), (2, 121)])
async def test_a_message_that_slack_posts_after_it_was_given_up_stands_there_once(
    here: World, database_url: str, late: int, after: int
) -> None:
    async with inhabited(here, database_url, slack_answers_within=timedelta(seconds=1)) as app:
        play, came = Play(here.slack), Counter[str]()
        here.slack.core.watch = lambda what: came.update([what]) is None
        here.slack.control.fault(Fault("chat.postMessage", "delay", times=late * 2, seconds=3.0))
        await ask(play, cast.LARGE_1250)
        await play.until(lambda: 2 == given_up(app))
        await pass_time(here, app, timedelta(seconds=after))
        await play.until(lambda: all_answered(here, came, "chat.postMessage"))
        assert late == len(play.cards(SUPPORT_LEADS, PRIYA, OF))
        await approve(play, OF)
        await until_told(here, app, play)
        assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, OF))
        assert [] == told_twice(play)


async def test_a_card_that_slack_draws_after_it_was_given_up_shows_the_newest_state_in_the_end(
    here: World, database_url: str
) -> None:
    async with inhabited(here, database_url, slack_answers_within=timedelta(seconds=1)) as app:
        play, came = Play(here.slack), Counter[str]()
        here.slack.core.watch = lambda what: came.update([what]) is None
        await ask(play, cast.LARGE_1250)
        await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
        here.slack.control.fault(Fault("chat.update", "delay", seconds=3.0))
        await approve(play, OF)
        await play.until(lambda: 1 == given_up(app))
        await pass_time(here, app, timedelta(seconds=30))
        await play.until(lambda: all_answered(here, came, "chat.update"))
        await pass_time(here, app)
        assert "Resolved — Refund issued" in said(play, OF)


@pytest.mark.parametrize("kind", ["down", "rate_limit"])
async def test_what_was_decided_while_slack_is_out_for_minutes_is_kept_and_told_afterwards(
    here: World, app: Running, play: Play, kind: Kind
) -> None:
    await ask(play, cast.LARGE_1250)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    for method in ("chat.postMessage", "chat.update"):
        here.slack.control.fault(Fault(method, kind, times=10_000, retry_after=30))
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve", OF)).ok
    await play.until(lambda: ONCE == refunds_of(here, cast.LARGE_1250))
    for _ in range(5):
        await pass_time(here, app, timedelta(minutes=1))
    assert "closed" == (await case_on(app, cast.LARGE_1250)).state
    assert "Waiting for" in said(play, OF)
    here.slack.core.faults.pending.clear()
    await until_told(here, app, play)
    assert [] == told_twice(play)
    assert ONCE == refunds_of(here, cast.LARGE_1250)


async def test_a_card_whose_answer_was_lost_shows_what_happened_meanwhile(
    here: World, app: Running, play: Play
) -> None:
    here.slack.control.fault(Fault("chat.postMessage", "execute_then_drop"))
    await ask(play, cast.LARGE_1250)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    here.stripe.webhooks.mode = Mode.HOLD
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve", OF)).ok
    await until_told(here, app, play)
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, OF))
    assert [] == told_twice(play)


async def test_a_thread_keeps_its_order_however_long_it_waits_for_its_card(
    here: World, app: Running, play: Play
) -> None:
    here.slack.control.fault(Fault("chat.postMessage", "execute_then_drop"))
    await ask(play, cast.LARGE_1250)
    await play.until(lambda: 1 == given_up(app))
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_ask", OF)).ok
    await play.say_why(PRIYA, "Which week?")
    for _ in range(12):
        here.clock.advance(timedelta(seconds=9))
        await sweeps.messages(app.desk)
    here.clock.advance(timedelta(seconds=11))
    await sweeps.messages(app.desk)
    here.clock.advance(timedelta(seconds=1.5))
    await ask(play, cast.LARGE_1250)  # it is linked to the first, whose card may be looked for now
    await play.until(lambda: play.trail(SUPPORT_LEADS, PRIYA, OF))
    await pass_time(here, app)
    asked, linked = play.trail(SUPPORT_LEADS, PRIYA, OF)
    assert "Which week?" in asked
    assert "asked for a refund of the same charge again" in linked


@pytest.mark.parametrize("lost_answers", [0, 1])
async def test_a_deleted_card_is_posted_anew_once_and_its_thread_goes_on_there(
    here: World, app: Running, play: Play, lost_answers: int
) -> None:
    await ask(play, cast.LARGE_1250)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    old = play.card(SUPPORT_LEADS, PRIYA, OF)
    await play.slack.say(JONAS, SUPPORT_LEADS, "I am looking into it.", thread_ts=old["ts"])
    here.slack.control.delete_message(SUPPORT_LEADS, old["ts"])
    assert [] == play.cards(SUPPORT_LEADS, PRIYA, OF)
    for _ in range(lost_answers):
        here.slack.control.fault(Fault("chat.postMessage", "execute_then_drop"))
    await pass_time(here, app, timedelta(hours=22))  # the reminder draws the card again
    await play.until(lambda: "The card before this one was deleted" in said(play, OF))
    await pass_time(here, app)
    assert old["ts"] != play.card(SUPPORT_LEADS, PRIYA, OF)["ts"]
    await approve(play, OF)
    await until_told(here, app, play)
    assert "this is due in" in play.trail(SUPPORT_LEADS, PRIYA, OF)[0]
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, OF))
    assert [] == told_twice(play)


async def test_a_line_for_the_thread_of_a_deleted_card_brings_the_card_back(
    here: World, app: Running, play: Play
) -> None:
    await ask(play, cast.LARGE_1250)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    here.slack.control.delete_message(SUPPORT_LEADS, play.card(SUPPORT_LEADS, PRIYA, OF)["ts"])
    await ask(play, cast.LARGE_1250)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, OF))
    await pass_time(here, app)
    assert "asked for a refund of the same charge again" in str(play.trail(SUPPORT_LEADS, PRIYA, OF))

"""Reminders: ahead of the deadline, at it, and every 24 hours after; and at the breach the next route too."""

from __future__ import annotations

import asyncio
import gc
from datetime import timedelta

from sqlmodel import Session

from bot.app import Running
from bot.desk import sweeps
from bot.desk.escalations import Raised, escalate
from bot.sandbox.play import Play
from bot.sandbox.slack import Fault
from bot.sandbox.slack.cast import (
    ENG_CRITICAL,
    LEADS_GROUP,
    MAYA,
    NOOR,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    SUPPORT,
    SUPPORT_LEADS,
)
from bot.sandbox.stripe import cast
from bot.sandbox.world import World, inhabited
from bot.store import posts
from tests.conversations.asking import ask_for_1250, refunds_of


def reminders(play: Play, channel: str, viewer: str) -> list[str]:
    return [text for text in play.trail(channel, viewer) if text.startswith("⏰") and "due" in text]


async def test_the_leads_are_reminded_ahead_at_the_deadline_and_every_day_after(
    here: World, play: Play
) -> None:
    await ask_for_1250(play)
    here.clock.advance(timedelta(hours=22))
    await play.until(lambda: 1 == len(reminders(play, SUPPORT_LEADS, PRIYA)))
    here.clock.advance(timedelta(hours=2))
    await play.until(lambda: 2 == len(reminders(play, SUPPORT_LEADS, PRIYA)))
    here.clock.advance(timedelta(hours=24))
    await play.until(lambda: 3 == len(reminders(play, SUPPORT_LEADS, PRIYA)))
    ahead, due, overdue = reminders(play, SUPPORT_LEADS, PRIYA)
    assert f"⏰ <!subteam^{LEADS_GROUP}>: this is due in " in ahead
    assert "this is due now." in due
    assert "overdue" in overdue
    assert "1 day" in overdue


async def test_at_the_breach_the_next_route_has_it_too_and_may_decide(here: World, play: Play) -> None:
    await ask_for_1250(play)
    here.clock.advance(timedelta(hours=24, minutes=1))
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "1,250.00 USD"))
    await play.until(lambda: reminders(play, SUPPORT_LEADS, PRIYA))
    *_, handed, reminded = play.trail(SUPPORT_LEADS, PRIYA)
    assert "The deadline has passed, so" in handed
    assert "this is due now." in reminded
    await play.click(REGGIE, REGGIE_CHANNEL, "case_approve")
    await play.until(lambda: [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250))
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await play.until(lambda: "Resolved" in str(play.card(REGGIE_CHANNEL, REGGIE)))


async def test_the_fifteen_minute_route_is_reminded_in_minutes(here: World, play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/escalate", "mass_payment_failure all cards decline")
    await play.until(lambda: play.card(ENG_CRITICAL, NOOR, "all cards decline"))
    here.clock.advance(timedelta(minutes=15))
    await play.until(lambda: reminders(play, ENG_CRITICAL, NOOR))
    before = len(reminders(play, ENG_CRITICAL, NOOR))
    here.clock.advance(timedelta(minutes=15))
    await play.until(lambda: before + 1 == len(reminders(play, ENG_CRITICAL, NOOR)))


async def test_a_decided_case_is_reminded_of_no_more(here: World, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    here.clock.advance(timedelta(days=3))
    await ask_again(here, play)
    assert "⏰" not in str(play.trail(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))


async def ask_again(here: World, play: Play) -> None:
    """Let another case be reminded of, so that the clock has surely looked."""
    await play.ask(
        MAYA,
        SUPPORT,
        cast.EXACTLY_2000_CUSTOMER,
        cast.EXACTLY_2000,
        reason="technical_error",
        source="email",
        ticket="T-2",
    )
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "2,000.00 USD"))
    here.clock.advance(timedelta(hours=24))
    await play.until(lambda: any("due" in t for t in play.trail(SUPPORT_LEADS, PRIYA, "2,000.00 USD")))


async def test_a_restart_loses_and_doubles_no_reminder(here: World, database_url: str) -> None:
    play = Play(here.slack)
    async with inhabited(here, database_url):
        await ask_for_1250(play)
        here.clock.advance(timedelta(hours=24))
        await play.until(lambda: 1 == len(reminders(play, SUPPORT_LEADS, PRIYA)))
    here.clock.advance(timedelta(hours=24))
    async with inhabited(here, database_url):
        await play.until(lambda: 2 == len(reminders(play, SUPPORT_LEADS, PRIYA)))
    async with inhabited(here, database_url):
        here.clock.advance(timedelta(hours=24))
        await play.until(lambda: 3 == len(reminders(play, SUPPORT_LEADS, PRIYA)))
    assert 3 == len(reminders(play, SUPPORT_LEADS, PRIYA))


async def test_a_round_that_is_broken_off_leaves_nothing_begun(here: World, app: Running, play: Play) -> None:
    wanted = [Raised("exception", f"number {number}") for number in range(30)]
    found = [await escalate(app.desk, one, MAYA, one.summary) for one in wanted]
    await play.until(lambda: 30 == len(play.cards(REGGIE_CHANNEL, REGGIE, "number")))
    await app.desk.tasks.finished()

    def redraw(session: Session) -> None:
        for one in found:
            posts.redraw(session, one.id, app.desk.now())

    here.slack.control.fault(Fault("chat.update", "down", times=30))
    await app.desk.store.write(redraw)
    before = here.slack.control.counts().get("chat.update", 0)
    sweep = asyncio.create_task(sweeps.messages(app.desk))
    await play.until(lambda: here.slack.control.counts().get("chat.update", 0) > before)
    sweep.cancel()
    await asyncio.gather(sweep, return_exceptions=True)
    gc.collect()  # whatever was made and never awaited is warned of here, and a warning is a failure

"""Who may click: asked of Slack at every click and again at every submit, and everyone gets an answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack import Fault
from bot.sandbox.slack.cast import (
    JONAS,
    LEADS_GROUP,
    MAYA,
    PRIYA,
    SUPPORT_LEADS,
    TOM,
)
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250, last_sent, refunds_of, refused_clicks, sent_by


async def test_somebody_who_is_no_approver_is_told_who_may(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(TOM, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: play.whispers(SUPPORT_LEADS, TOM))
    assert [f"This one is for <!subteam^{LEADS_GROUP}> to decide."] == play.whispers(SUPPORT_LEADS, TOM)
    assert [] == refunds_of(here, cast.LARGE_1250)
    assert [(TOM, "approve", "NotAllowedError")] == await refused_clicks(app)


async def test_the_requester_never_decides_even_as_a_lead(here: World, play: Play) -> None:
    await ask_for_1250(play, PRIYA)
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
    assert "You asked for this one yourself" in play.whispers(SUPPORT_LEADS, PRIYA)[-1]
    assert [] == refunds_of(here, cast.LARGE_1250)


async def test_when_slack_cannot_say_who_may_decide_nobody_does(
    here: World, app: Running, play: Play
) -> None:
    await ask_for_1250(play)
    app.desk.directory.forget()
    here.slack.control.fault(Fault("usergroups.users.list", "error", error="internal_error", times=1))
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
    assert "Slack could not be asked who may do this" in play.whispers(SUPPORT_LEADS, PRIYA)[-1]
    assert [] == refunds_of(here, cast.LARGE_1250)
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
    await play.until(lambda: [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250))


async def test_somebody_removed_between_opening_and_sending_is_refused(here: World, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(JONAS, SUPPORT_LEADS, "case_deny")
    await play.slack.until(lambda: play.slack.modal(JONAS))
    here.slack.control.set_group(LEADS_GROUP, [PRIYA])
    here.clock.advance(timedelta(seconds=61))
    await play.say_why(JONAS, "I do not think so.")
    assert "to decide" in play.told(JONAS)
    assert "Waiting for" in str(play.card(SUPPORT_LEADS, PRIYA))


async def test_a_slow_answer_is_as_old_as_its_question(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    app.desk.directory.forget()

    def slow(what: str) -> bool:
        if what == "slack: users.info was done":
            here.clock.advance(timedelta(seconds=50))
        return True

    here.slack.core.watch = slow
    await play.click(PRIYA, SUPPORT_LEADS, "case_deny")
    await play.slack.until(lambda: play.slack.modal(PRIYA))
    here.slack.control.set_user(PRIYA, {"is_restricted": True})
    here.clock.advance(timedelta(seconds=10))
    await play.say_why(PRIYA, "I do not think so.")
    assert "Guests do not decide about money." in play.told(PRIYA)


async def test_a_double_click_pays_once(here: World, play: Play) -> None:
    await ask_for_1250(play)
    here.slack.control.repeat_next(2)
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
    assert "already approved it" in play.whispers(SUPPORT_LEADS, PRIYA)[-1]
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


async def test_of_two_who_click_in_the_same_instant_one_wins_and_the_other_is_told(
    here: World, play: Play
) -> None:
    await ask_for_1250(play)
    await asyncio.gather(
        play.click(PRIYA, SUPPORT_LEADS, "case_approve"), play.click(JONAS, SUPPORT_LEADS, "case_approve")
    )
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA) or play.whispers(SUPPORT_LEADS, JONAS))
    told = play.whispers(SUPPORT_LEADS, PRIYA) + play.whispers(SUPPORT_LEADS, JONAS)
    assert 1 == len(told)
    assert "already approved it" in told[0]
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


async def test_a_click_on_a_card_that_is_long_decided_says_who_did(here: World, play: Play) -> None:
    await ask_for_1250(play)
    old = play.card(SUPPORT_LEADS, JONAS)
    here.slack.control.fault(Fault("chat.update", "down", times=50))
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250))
    await play.slack.click(JONAS, "case_approve", channel=SUPPORT_LEADS, ts=old["ts"])
    await play.until(lambda: play.whispers(SUPPORT_LEADS, JONAS))
    assert f"<@{PRIYA}> already approved it" in play.whispers(SUPPORT_LEADS, JONAS)[-1]


async def test_only_the_requester_answers_the_question(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_ask")
    await play.say_why(PRIYA, "Which week?")
    await play.until(lambda: any("Which week?" in text for text in play.direct(MAYA)))
    assert not any("Which week?" in text for text in play.direct(TOM))
    question, channel = play.slack.dm(MAYA)[-1]["ts"], here.slack.core.workspace.dm(MAYA).id
    await play.slack.click(MAYA, "case_answer", channel=channel, ts=question)
    await play.say_why(MAYA, "The last one.")
    assert f"The question went to <@{MAYA}>." in await sent_by(here, TOM, last_sent(here))
    assert [(TOM, "answer", "NotAllowedError")] == await refused_clicks(app)

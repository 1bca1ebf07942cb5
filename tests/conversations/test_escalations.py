"""Escalations go where the matrix says, and are acknowledged, resolved or handed on."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from bot.app import Running
from bot.desk.record import move
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import (
    ENG_CRITICAL,
    ENG_PLATFORM,
    FINANCE,
    LENA,
    MAYA,
    NOOR,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    SAM,
    SECURITY,
    SUPPORT,
    SUPPORT_LEADS,
)
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store.tables import Escalation
from tests.conversations.asking import refunds_of


@pytest.mark.parametrize(
    ("issue", "channel", "reader", "within"),
    [
        ("standard_refund", SUPPORT_LEADS, PRIYA, "1 day left"),
        ("dispute", FINANCE, LENA, "2 days left"),
        ("stripe_sync_error", ENG_PLATFORM, NOOR, "4 h left"),
        ("mass_payment_failure", ENG_CRITICAL, NOOR, "15 min left"),
        ("exception", REGGIE_CHANNEL, REGGIE, "1 day left"),
        ("goodwill", REGGIE_CHANNEL, REGGIE, "1 day left"),
        ("past_due_deviation", REGGIE_CHANNEL, REGGIE, "1 day left"),
        ("card_not_recognised", SECURITY, SAM, "4 h left"),
    ],
)
async def test_each_issue_goes_to_its_route_with_its_time(
    play: Play, issue: str, channel: str, reader: str, within: str
) -> None:
    outcome = await play.slack.command(MAYA, SUPPORT, "/escalate", f"{issue} something happened")
    assert outcome.ok
    await play.until(lambda: play.card(channel, reader, "something happened"))
    # A moment has passed since, so “1 day left” reads “23 h 59 min left”.
    card = str(play.card(channel, reader))
    assert within in card or _a_moment_less(within) in card


def _a_moment_less(within: str) -> str:
    return {
        "1 day left": "23 h 59 min left",
        "2 days left": "1 day 23 h left",
        "4 h left": "3 h 59 min left",
        "15 min left": "14 min left",
    }[within]


async def test_the_form_escalates_and_says_where_it_went(play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/escalate", "")
    form = await play.modal(MAYA, "escalate_form")
    empty = await play.slack.submit(MAYA, form["id"], {})
    assert {"issue", "summary"} == set(empty.errors)
    state = {
        "issue": {"issue": {"selected_option": "goodwill"}},
        "summary": {"summary": {"value": "Ruth waited three weeks."}},
        "customer": {"customer": {"value": "Ruth Mbeki"}},
    }
    await play.slack.submit(MAYA, form["id"], state)
    assert "Sent to Reggie in #reggie" in play.told(MAYA)
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "Ruth waited three weeks."))


async def test_an_escalation_is_acknowledged_then_resolved_with_a_sentence(play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/escalate", "stripe_sync_error webhooks are late")
    await play.until(lambda: play.card(ENG_PLATFORM, NOOR, "webhooks are late"))
    assert (await play.click(NOOR, ENG_PLATFORM, "escalation_acknowledge")).ok
    await play.until(lambda: f"<@{NOOR}> is on it" in str(play.card(ENG_PLATFORM, NOOR)))
    await play.click(NOOR, ENG_PLATFORM, "escalation_resolve")
    await play.say_why(NOOR, "The queue is empty again.")
    await play.until(lambda: f"*Resolved* by <@{NOOR}>" in str(play.card(ENG_PLATFORM, NOOR)))
    await play.until(lambda: "The queue is empty again." in play.trail(ENG_PLATFORM, NOOR)[-1])


async def test_what_was_recorded_is_shown_though_its_process_died_before_it_showed_it(
    app: Running, play: Play
) -> None:
    await play.slack.command(MAYA, SUPPORT, "/escalate", "stripe_sync_error webhooks are late")
    await play.until(lambda: play.card(ENG_PLATFORM, NOOR, "webhooks are late"))
    await app.desk.tasks.finished()

    def acknowledge(session: Session) -> None:
        (escalation,) = session.exec(select(Escalation)).all()
        move(session, escalation, "acknowledged", actor=NOOR, at=app.desk.now(), acknowledged_by=NOOR)

    await app.desk.store.write(acknowledge)
    await play.until(lambda: f"<@{NOOR}> is on it" in str(play.card(ENG_PLATFORM, NOOR)))
    await play.until(lambda: play.trail(ENG_PLATFORM, NOOR) == [f"👀 <@{NOOR}> is on it."])


async def test_an_escalation_is_handed_on_and_the_next_route_has_it(play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/escalate", "stripe_sync_error payouts differ")
    await play.until(lambda: play.card(ENG_PLATFORM, NOOR, "payouts differ"))
    await play.click(NOOR, ENG_PLATFORM, "escalation_hand_on")
    await play.say_why(NOOR, "It is the bank's file.", route="finance")
    await play.until(lambda: play.card(FINANCE, LENA, "payouts differ"))
    await play.until(lambda: "Waiting for <!subteam^S07FINANCE1>" in str(play.card(ENG_PLATFORM, NOOR)))
    await play.click(NOOR, ENG_PLATFORM, "escalation_acknowledge")
    await play.until(lambda: any("to decide" in one for one in play.whispers(ENG_PLATFORM, NOOR)))
    assert (await play.click(LENA, FINANCE, "escalation_acknowledge")).ok
    await play.until(lambda: f"<@{LENA}> is on it" in str(play.card(FINANCE, LENA)))


async def test_a_card_that_is_not_recognised_goes_to_security_and_pays_nothing(
    here: World, play: Play
) -> None:
    told = await play.line(
        MAYA, SUPPORT, f"{cast.DUPLICATE_FIRST} card_not_recognised 'ticket 5' verified via phone"
    )
    assert "security" in told
    await play.until(lambda: play.card(SECURITY, SAM, "Dana Whitfield"))
    actions = [
        one["action_id"]
        for block in play.card(SECURITY, SAM)["blocks"]
        for one in block.get("elements", [])
        if "action_id" in one
    ]
    assert ["escalation_acknowledge", "escalation_resolve", "escalation_hand_on"] == actions
    assert [] == refunds_of(here, cast.DUPLICATE_FIRST)


async def test_a_threatened_chargeback_goes_to_reggie_who_may_approve(here: World, play: Play) -> None:
    await play.line(
        MAYA, SUPPORT, f"{cast.LARGE_1250} technical_error threatened 'ticket 5' verified via phone"
    )
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "1,250.00 USD"))
    assert "Answer the customer only after this is decided" in str(play.card(REGGIE_CHANNEL, REGGIE))
    await play.click(REGGIE, REGGIE_CHANNEL, "case_approve")
    await play.until(lambda: [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250))

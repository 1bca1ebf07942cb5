"""The tables of who may not decide: on anything, at the click, and in a form that is open already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, get_args

import pytest
from msgspec import Struct

from bot.app import Running
from bot.desk.record import of_id
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play
from bot.sandbox.slack import Fault
from bot.sandbox.slack.cast import (
    FINANCE,
    FINANCE_GROUP,
    GUS,
    JONAS,
    LEADS_GROUP,
    LENA,
    MAYA,
    PETRA,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    REGGIE_GROUP,
    RELAY,
    SUPPORT,
    SUPPORT_LEADS,
    TOM,
)
from bot.sandbox.slack.faults import Kind
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250, last_sent, refused_clicks, sent_by
from tests.conversations.challenging import LOG, challenged, fill

Json = dict[str, Any]
_A_MINUTE: Final = timedelta(seconds=61)


class Decision(Struct, frozen=True):
    """Something to decide: `open` leaves `approver` with the form, `wanted` is what the trail calls both."""

    open: Callable[[World, Play], Awaitable[object]]
    channel: str
    group: str
    approver: str
    button: str
    wanted: tuple[str, str]
    send: Callable[[Play, str], Awaitable[object]]


async def _case(_here: World, play: Play) -> None:
    await ask_for_1250(play)
    await _open(play, PRIYA, SUPPORT_LEADS, "case_deny")


async def _escalation(_here: World, play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/escalate", "exception they want it back after a year")
    await _open(play, REGGIE, REGGIE_CHANNEL, "escalation_resolve")


async def _change(_here: World, play: Play) -> None:
    await open_form(play, MAYA, SUPPORT, "/comp", cast.MONTHLY_CUSTOMER)
    await choose(play, MAYA, "comp_months", "2")
    await send(play, MAYA, ticket="4730", note="The outage of last week.")
    await _open(play, REGGIE, REGGIE_CHANNEL, "change_deny")


async def _say_why(play: Play, who: str) -> None:
    await play.say_why(who, "I do not think so.")


async def _open(play: Play, who: str, channel: str, button: str) -> None:
    await play.until(lambda: button in str(play.card(channel, who)))
    assert (await play.click(who, channel, button)).ok
    await play.until(lambda: play.slack.modal(who))


DECISIONS: Final = {
    "case": Decision(_case, SUPPORT_LEADS, LEADS_GROUP, PRIYA, "case_approve", ("approve", "deny"), _say_why),
    "escalation": Decision(
        _escalation,
        REGGIE_CHANNEL,
        REGGIE_GROUP,
        REGGIE,
        "escalation_acknowledge",
        ("acknowledged", "resolved"),
        _say_why,
    ),
    "dispute": Decision(
        challenged,
        FINANCE,
        FINANCE_GROUP,
        LENA,
        "dispute_accept",
        ("accept", "add evidence"),
        partial(fill, access_activity_log=LOG),
    ),
    "change": Decision(
        _change, REGGIE_CHANNEL, REGGIE_GROUP, REGGIE, "change_approve", ("approve", "deny"), _say_why
    ),
}


async def as_a_guest(here: World, play: Play, decision: Decision) -> tuple[Json, Json]:
    """Make the approver a guest, let them click and send the form; return what went out for each."""
    here.slack.control.set_user(decision.approver, {"is_restricted": True})
    here.clock.advance(_A_MINUTE)
    assert (await play.click(decision.approver, decision.channel, decision.button)).ok
    clicked = last_sent(here)
    await decision.send(play, decision.approver)
    return clicked, last_sent(here)


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
async def test_everybody_else_is_refused_with_a_sentence_and_written_down(
    here: World, app: Running, play: Play, decision: Decision
) -> None:
    group, channel = decision.group, here.slack.core.workspace.channels[decision.channel]
    here.slack.control.set_group(group, [decision.approver, JONAS])
    await decision.open(here, play)
    here.slack.control.set_user(TOM, {"is_ultra_restricted": True})
    here.slack.control.set_group(group, [decision.approver, GUS, TOM, PETRA, RELAY])
    others = (GUS, TOM, PETRA, RELAY, JONAS)
    channel.members += [one for one in others if one not in channel.members]
    sentences = {
        decision.approver: f"Guests do not decide about money. This is for <!subteam^{group}>.",
        GUS: f"Guests do not decide about money. This is for <!subteam^{group}>.",
        TOM: f"Guests do not decide about money. This is for <!subteam^{group}>.",
        PETRA: f"People from other workspaces do not decide about money. This is for <!subteam^{group}>.",
        RELAY: f"Bots do not decide about money. This is for <!subteam^{group}>.",
        JONAS: f"This one is for <!subteam^{group}> to decide.",
    }
    clicked, sent = await as_a_guest(here, play, decision)
    subject_id = clicked["actions"][0]["value"]
    before = await state_of(app, subject_id)
    told = {decision.approver: play.told(decision.approver)}
    for who in others:
        await sent_by(here, who, clicked)
        told[who] = await sent_by(here, who, sent)
    await play.until(lambda: all(play.whispers(decision.channel, who) for who in sentences))
    assert {who: f"⛔ {said}" for who, said in sentences.items()} == told
    assert {who: [said] for who, said in sentences.items()} == {
        who: play.whispers(decision.channel, who) for who in sentences
    }
    assert before == await state_of(app, subject_id)
    assert [
        (who, wanted, "NotAllowedError") for who in sentences for wanted in decision.wanted
    ] == await refused_clicks(app, subject_id)


async def state_of(app: Running, subject_id: str) -> tuple[str, int] | None:
    subject = await app.desk.store.read(lambda session: of_id(session, subject_id))
    return (subject.state, subject.version) if subject else None


_FAILURES: Final[dict[Kind, str]] = {
    "error": "internal_error",
    "rate_limit": "ratelimited",
    "down": "status 503",
    "drop": "no answer",
    "execute_then_drop": "no answer",
}


@pytest.mark.parametrize("method", ["users.info", "usergroups.list", "usergroups.users.list"])
async def test_whoever_cannot_be_checked_is_refused_and_told_that_it_could_not_be(
    here: World, app: Running, play: Play, method: str
) -> None:
    assert {"delay", *_FAILURES} == set(get_args(Kind))
    decision = DECISIONS["case"]
    await decision.open(here, play)
    clicked, sent = await as_a_guest(here, play, decision)
    here.slack.control.set_user(PRIYA, {"is_restricted": False})
    subject_id = clicked["actions"][0]["value"]
    before = await state_of(app, subject_id)
    told = []
    for kind in _FAILURES:
        for payload in (clicked, sent):
            app.desk.directory.forget()
            # The HTTP client asks once more by itself where a connection broke.
            here.slack.control.fault(Fault(method, kind, times=2))
            told.append(await sent_by(here, PRIYA, payload))
            here.slack.core.faults.pending.clear()
    await play.until(lambda: 1 + len(_FAILURES) == len(play.whispers(SUPPORT_LEADS, PRIYA)))
    sentences = [
        f"Slack could not be asked who may do this ({why}), so nothing was done. Try again in a minute."
        for why in _FAILURES.values()
    ]
    assert sorted(sentences) == sorted(play.whispers(SUPPORT_LEADS, PRIYA)[1:])
    assert [said for one in sentences for said in ("", f"⛔ {one}")] == told
    assert before == await state_of(app, subject_id)
    assert [(PRIYA, wanted, "CouldNotCheckError") for _ in _FAILURES for wanted in decision.wanted] == (
        await refused_clicks(app, subject_id)
    )[2:]

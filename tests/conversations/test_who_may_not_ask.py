"""The tables of who may not ask for money: when a form opens, when it is drawn again and when it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
from msgspec import Struct

from bot.app import Running
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import ALL_CHECKS, Play, words
from bot.sandbox.slack import Fault
from bot.sandbox.slack.cast import (
    ENG_CRITICAL,
    FINANCE,
    GUS,
    LENA,
    MAYA,
    NOOR,
    PETRA,
    RELAY,
    SUPPORT,
    TOM,
)
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.asking import refused_clicks

Json = dict[str, Any]
Act = Callable[[], Awaitable[object]]
_A_MINUTE: Final = timedelta(seconds=61)
_CHARGE: Final = cast.DUPLICATE_SECOND
_LINE: Final = f'{_CHARGE} 49.00 duplicate "charged twice, ticket 4711" verified via email'


class Asking(Struct, frozen=True):
    """One way to ask: `ready` as a member, then done as a guest; `wanted` is what the trail calls it."""

    ready: Callable[[World, Play], Awaitable[Act]]
    wanted: str
    who: str = MAYA


async def _alone(_here: World, play: Play) -> Act:
    return lambda: play.slack.command(MAYA, SUPPORT, "/refund")


async def _with_a_charge(_here: World, play: Play) -> Act:
    return lambda: play.slack.command(MAYA, SUPPORT, "/refund", _CHARGE)


async def _in_one_line(_here: World, play: Play) -> Act:
    return lambda: play.slack.command(MAYA, SUPPORT, "/refund", _LINE)


async def _from_a_message(_here: World, play: Play) -> Act:
    said = await play.slack.say(MAYA, SUPPORT, "dana@harborbooks.example was charged twice")
    return lambda: play.slack.shortcut(MAYA, "start_refund", SUPPORT, said.ts)


async def _from_home(_here: World, play: Play) -> Act:
    await play.slack.open_home(MAYA)
    await play.until(lambda: play.slack.home(MAYA))
    home = play.slack.home(MAYA) or {}
    return lambda: play.slack.click(MAYA, "home_refund", view_id=home["id"])


async def _from_a_warning(here: World, play: Play) -> Act:
    await here.stripe.warn_of_fraud(cast.LARGE_1250)
    await play.until(lambda: play.card(FINANCE, LENA, "warns that this charge"))
    return lambda: play.click(LENA, FINANCE, "escalation_refund", "warns that this charge")


async def _search(_here: World, play: Play) -> Act:
    view_id = (await play.open_form(MAYA, SUPPORT))["id"]
    return lambda: play.slack.options(MAYA, "charge", cast.DUPLICATE_CUSTOMER, view_id=view_id)


async def _pick(_here: World, play: Play) -> Act:
    view_id = (await play.open_form(MAYA, SUPPORT))["id"]
    await play.slack.options(MAYA, "charge", cast.DUPLICATE_CUSTOMER, view_id=view_id)
    return lambda: choose(play, MAYA, "charge", _CHARGE)


async def _form(here: World, play: Play) -> Act:
    await (await _pick(here, play))()
    await choose(play, MAYA, "reason", "duplicate")
    state: Json = {
        "source": {"source": {"selected_option": "email"}},
        "ticket": {"ticket": {"value": "4711"}},
        "identity": {"identity": {"selected_options": list(ALL_CHECKS)}},
    }
    return lambda: play.slack.submit(MAYA, (play.slack.modal(MAYA) or {})["id"], state)


async def _command(command: str, customer: str, _here: World, play: Play) -> Act:
    return lambda: play.slack.command(MAYA, SUPPORT, command, customer)


async def _answer(command: str, customer: str, name: str, answer: str, _here: World, play: Play) -> Act:
    await open_form(play, MAYA, SUPPORT, command, customer)
    return lambda: choose(play, MAYA, name, answer)


async def _answered(command: str, customer: str, name: str, answer: str, here: World, play: Play) -> Act:
    await (await _answer(command, customer, name, answer, here, play))()
    return lambda: send(play, MAYA, ticket="4711", note="They asked for it.")


async def _of_a_customer(button: str, _here: World, play: Play) -> Act:
    shown = await play.slack.command(MAYA, SUPPORT, "/customer", cast.MONTHLY_CUSTOMER)
    return lambda: play.slack.click(MAYA, button, channel=SUPPORT, ts=shown.ts)


REFUNDS: Final = {
    "the command": Asking(_alone, "open the refund form"),
    "the command with a charge": Asking(_with_a_charge, "open the refund form"),
    "a message": Asking(_from_a_message, "open the refund form"),
    "Home": Asking(_from_home, "open the refund form"),
    "a warning": Asking(_from_a_warning, "open the refund form", LENA),
    "a customer": Asking(partial(_of_a_customer, "customer_refund"), "open the refund form"),
    "the search": Asking(_search, "look charges up"),
    "a charge picked": Asking(_pick, "look charges up"),
    "one line": Asking(_in_one_line, "ask for a refund"),
    "the form": Asking(_form, "ask for a refund"),
}
_OPEN: Final = {
    "/pastdue": cast.PAST_DUE_FIVE_CUSTOMER,
    "/cancel": cast.MONTHLY_CUSTOMER,
    "/comp": cast.MONTHLY_CUSTOMER,
}
_FILLED: Final = {
    "settle past-due invoices": ("/pastdue", _OPEN["/pastdue"], "past_due_refund", "no"),
    "cancel a subscription": ("/cancel", _OPEN["/cancel"], "cancel_way", "at_period_end"),
    "give free access": ("/comp", _OPEN["/comp"], "comp_months", "2"),
}
_BUTTONS: Final = {"cancel_open": "/cancel", "comp_open": "/comp"}
CHANGES: Final = (
    {name: Asking(partial(_command, name, whose), f"use {name}") for name, whose in _OPEN.items()}
    | {f"{name} drawn again": Asking(partial(_answer, *how), name) for name, how in _FILLED.items()}
    | {f"{name} sent": Asking(partial(_answered, *how), name) for name, how in _FILLED.items()}
    | {name: Asking(partial(_of_a_customer, name), f"use {what}") for name, what in _BUTTONS.items()}
)
ASKING: Final = REFUNDS | CHANGES


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING)
async def test_who_became_a_guest_asks_for_nothing_at_the_next_step(
    here: World, app: Running, play: Play, asking: Asking
) -> None:
    act, who = await asking.ready(here, play), asking.who
    await app.desk.tasks.finished()
    here.slack.control.set_user(who, {"is_restricted": True})
    here.clock.advance(_A_MINUTE)
    before, asked = held(here), here.stripe.requests()
    outcome = await act()
    await app.desk.tasks.finished()
    assert before == held(here)
    assert asked == here.stripe.requests()
    refused = f"Only full members of this workspace may {asking.wanted}. Ask a colleague."
    assert refused in read_by(play, who, outcome)
    assert [(who, asking.wanted, "NotAllowedError")] == await refused_clicks(app)


def held(here: World) -> tuple[Json, list[Json]]:
    """Return every charge with its refunds, and what the customers of billing changes have."""
    return here.stripe.books(), [here.stripe.billing(one) for one in _OPEN.values()]


def read_by(play: Play, who: str, outcome: object) -> str:
    """Return all that somebody reads after an act: in the form, in channels, in a list."""
    places = [one["id"] for one in play.slack.state(who)["channels"]]
    whispered = [said for place in places for said in play.whispers(place, who)]
    return "\n".join([play.told(who), *whispered, str(outcome)])


async def test_neither_guests_nor_strangers_nor_bots_ask_in_one_line(
    here: World, app: Running, play: Play
) -> None:
    here.slack.control.set_user(TOM, {"is_ultra_restricted": True})
    before = here.stripe.books()
    refused = "Only full members of this workspace may ask for a refund. Ask a colleague."
    assert refused == await play.line(GUS, SUPPORT, _LINE)
    sent = here.slack.core.delivery.sent[-1].payload
    for number, who in enumerate((TOM, PETRA, RELAY)):
        payload = sent | {"user_id": who, "trigger_id": f"{number}.again"}
        answer = await here.slack.core.delivery.send("slash_commands", payload, wants_body=True)
        assert refused == words(answer.body)
    await app.desk.tasks.finished()
    assert before == here.stripe.books()
    assert [(who, "ask for a refund", "NotAllowedError") for who in (GUS, TOM, PETRA, RELAY)] == (
        await refused_clicks(app)
    )


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING)
async def test_who_cannot_be_checked_asks_for_nothing_and_is_told_so(
    here: World, app: Running, play: Play, asking: Asking
) -> None:
    act, who = await asking.ready(here, play), asking.who
    await app.desk.tasks.finished()
    app.desk.directory.forget()
    here.slack.control.fault(Fault("users.info", "down"))
    before, asked = held(here), here.stripe.requests()
    outcome = await act()
    await app.desk.tasks.finished()
    assert before == held(here)
    assert asked == here.stripe.requests()
    refused = "Slack could not be asked who may do this (status 503), so nothing"
    assert refused in read_by(play, who, outcome)
    assert [(who, asking.wanted, "CouldNotCheckError")] == await refused_clicks(app)


async def test_the_form_opens_before_slack_is_asked_and_at_once_for_who_is_known(
    here: World, app: Running, play: Play
) -> None:
    await play.open_form(MAYA, SUPPORT)
    await app.desk.tasks.finished()
    assert ["views.open", "users.info", "views.update"] == called(here)
    await play.slack.command(MAYA, SUPPORT, "/refund")
    assert ["views.open"] == called(here)[3:]
    assert {} == (await (await _form(here, play))()).errors  # type: ignore[attr-defined]  # it is an Outcome
    assert 1 == here.slack.control.counts()["users.info"]


def called(here: World) -> list[str]:
    wanted = {"views.open", "views.update", "users.info"}
    return [one["method"] for one in here.slack.control.calls() if one["method"] in wanted]


async def test_everybody_may_escalate(play: Play) -> None:
    told = await play.slack.command(GUS, SUPPORT, "/escalate", "mass_payment_failure every card is declined")
    assert told.ok
    await play.until(lambda: "every card is declined" in words(play.card(ENG_CRITICAL, NOOR)))

"""The ways in: HTTP with Slack's signature, Socket Mode, Home, health; what is not genuine is refused."""

from __future__ import annotations

import httpx
import pytest

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World, inhabited
from bot.web.slack import as_json
from tests.conversations.asking import ask_for_1250, refunds_of


async def test_socket_mode_plays_the_story_too(here: World, database_url: str) -> None:
    play = Play(here.slack)
    async with inhabited(here, database_url, socket_mode=True):
        here.slack.request_url = None
        await play.slack.until(lambda: play.slack.state(MAYA)["socket"])
        await ask_for_1250(play)
        assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
        assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


async def test_forged_and_stale_deliveries_are_refused(here: World, play: Play) -> None:
    await ask_for_1250(play)
    assert 401 == (await here.slack.control.replay_forged()).status
    assert 401 == (await here.slack.control.replay_stale()).status


async def test_a_replayed_submission_opens_no_second_case(here: World, play: Play) -> None:
    await ask_for_1250(play)
    (answer,) = await here.slack.control.replay()
    assert 200 == answer.status
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


async def test_a_line_is_answered_in_time_and_ruled_on_when_stripe_is_there(here: World, play: Play) -> None:
    slow = Fault(method="GET", path="/v1/charges/*", kind=FaultKind.DELAY, seconds=2.3)
    here.stripe.arrange(slow)
    line = f"{cast.LARGE_1250} technical_error 'ticket T-9' verified via email"
    assert "This takes a moment" in await play.line(MAYA, SUPPORT, line)
    await play.until(lambda: any("support leads" in text for text in play.whispers(SUPPORT, MAYA)[1:]))
    await play.until(lambda: 1 == len(play.cards(SUPPORT_LEADS, PRIYA, "1,250.00 USD")))


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (
            "command=%2Frefund&text=the+payload+is",
            "application/x-www-form-urlencoded",
            '{"command":"/refund","text":"the payload is"}',
        ),
        (
            "command=%2Frefund&payload=x&text=y",
            "application/x-www-form-urlencoded",
            '{"command":"/refund","payload":"x","text":"y"}',
        ),
        (
            "payload=%7B%22type%22%3A%22block_actions%22%7D",
            "application/x-www-form-urlencoded",
            '{"type":"block_actions"}',
        ),
        ('{"type":"event_callback"}', "application/json", '{"type":"event_callback"}'),
    ],
)
def test_every_body_becomes_the_json_that_bolt_reads(body: str, content_type: str, expected: str) -> None:
    assert expected == as_json(body, content_type)


async def test_health_readiness_and_metrics(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    url = str(here.slack.request_url).removesuffix("/slack/events")
    async with httpx.AsyncClient(base_url=url) as client:
        assert {"up": True} == (await client.get("/healthz")).json()
        ready = await client.get("/readyz")
        assert (200, {"database": True, "slack": True, "stripe": True}) == (ready.status_code, ready.json())
        metrics = (await client.get("/metrics")).text
        assert 'makegood_things{kind="case",state="awaiting"} 1.0' in metrics
        here.slack.control.revoke_token()
        ready = await client.get("/readyz")
        assert (503, {"database": True, "slack": False, "stripe": True}) == (ready.status_code, ready.json())
    assert app.desk.livemode is False


async def test_the_home_page_shows_what_waits_and_what_was_asked(play: Play) -> None:
    await play.slack.open_home(PRIYA)
    await play.until(lambda: play.slack.home(PRIYA))
    assert "Nothing waits for you." in str(play.slack.home(PRIYA))
    await ask_for_1250(play)
    await play.slack.open_home(PRIYA)
    await play.until(lambda: "1,250.00 USD refund · Colin Marsh" in str(play.slack.home(PRIYA)))
    await play.slack.open_home(MAYA)
    await play.until(lambda: "waiting for a decision" in str(play.slack.home(MAYA)))
    home = play.slack.home(MAYA)
    assert home is not None
    await play.slack.click(MAYA, "home_refund", view_id=home["id"])
    assert await play.modal(MAYA, "refund_form")


async def test_a_click_asks_slack_nothing_about_who_we_are(here: World, play: Play) -> None:
    await ask_for_1250(play)
    before = here.slack.control.counts().get("auth.test", 0)
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert before == here.slack.control.counts().get("auth.test", 0)


async def test_unknown_words_after_refund_open_the_form(play: Play) -> None:
    assert "" == await play.line(MAYA, SUPPORT, "please help")
    assert await play.modal(MAYA, "refund_form")

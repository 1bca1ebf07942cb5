from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack import Fault, LocalSlack, Outcome, cast
from bot.sandbox.slack.workspace import OTHER_TEAM_ID, SLACKBOT, TEAM_ID
from tests.sandbox.slack.stage import CARD, FORM, MANIFEST, Json, Stage


async def test_a_trigger_is_good_once_and_not_for_long(stage: Stage) -> None:
    triggers: list[str] = []
    app = stage.bolt()

    @app.shortcut("ask")
    async def ask(ack: AsyncAck, body: Json) -> None:
        triggers.append(body["trigger_id"])
        await ack()

    stage.serve_app(app)
    for _ in range(2):
        await stage.slack.shortcut(cast.MAYA, "ask")
    used, old = triggers
    await stage.client.views_open(trigger_id=used, view=FORM)
    expired = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.81, expired.set_result, None)
    await expired
    errors = []
    for trigger in (used, old, "1.2.invented"):
        with pytest.raises(SlackApiError) as refused:
            await stage.client.views_open(trigger_id=trigger, view=FORM)
        errors.append(refused.value.response["error"])
    assert ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"] == errors


async def test_a_click_carries_all_that_slack_sends(stage: Stage) -> None:
    app, heard = stage.bolt(), []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        heard.append(body)
        await ack()
        await respond(text="Approved", replace_original=True)

    stage.serve_app(app)
    posted = await stage.client.chat_postMessage(channel=cast.FINANCE, text="card", blocks=CARD)
    place: Json = {"channel": cast.FINANCE, "ts": posted["ts"]}
    assert Outcome() == await stage.slack.click(cast.LENA, "approve", **place)
    body = heard[0]
    expected_container = {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": cast.FINANCE,
        "is_ephemeral": False,
    }
    assert expected_container == body["container"]
    assert ("case-7", "decide", cast.LENA) == (
        body["actions"][0]["value"],
        body["actions"][0]["block_id"],
        body["user"]["id"],
    )
    assert {"values": {}} == body["state"]
    assert posted["ts"] == body["message"]["ts"]
    assert "Approved" == stage.slack.messages(cast.FINANCE, cast.LENA)[-1]["text"]
    assert "not_in_channel" == (await stage.slack.click(cast.TOM, "approve", **place)).error


async def test_a_stranger_and_a_guest_click_under_their_own_colours(stage: Stage) -> None:
    app, heard = stage.bolt(), []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json) -> None:
        heard.append((body["user"]["id"], body["user"]["team_id"]))
        await ack()

    stage.serve_app(app)
    posted = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="card", blocks=CARD)
    for user in (cast.PETRA, cast.GUS):
        await stage.slack.click(user, "approve", channel=cast.SUPPORT, ts=posted["ts"])
    assert [(cast.PETRA, OTHER_TEAM_ID), (cast.GUS, TEAM_ID)] == heard


async def test_two_clicks_at_once_are_two_deliveries_with_their_own_triggers(stage: Stage) -> None:
    app, heard = stage.bolt(), []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json) -> None:
        heard.append(body["trigger_id"])
        await ack()

    stage.serve_app(app)
    posted = await stage.client.chat_postMessage(channel=cast.FINANCE, text="card", blocks=CARD)
    click = {"action_id": "approve", "channel": cast.FINANCE, "ts": posted["ts"]}
    outcomes = await asyncio.gather(*(stage.slack.click(cast.LENA, **click) for _ in range(2)))
    assert [Outcome(), Outcome()] == outcomes
    assert 2 == len(set(heard))


def test_a_manifest_beyond_slacks_limits_is_refused() -> None:
    manifest = {"display_information": {"name": "x" * 36}}
    with pytest.raises(ValueError, match=r"display_information\.name is 36 long; Slack takes 35"):
        LocalSlack(SandboxClock(), bot_token="b", app_token="a", signing_secret="s", manifest=manifest)


async def test_a_response_url_works_five_times_within_half_an_hour(stage: Stage) -> None:
    urls: list[str] = []
    app = stage.bolt()

    @app.command("/refund")
    async def refund(ack: AsyncAck, body: Json) -> None:
        urls.append(body["response_url"])
        await ack("Working on it")

    stage.serve_app(app)
    for _ in range(2):
        await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
    often, late = (AsyncWebhookClient(url) for url in urls)
    statuses = [(await often.send(text=f"{number}")).status_code for number in range(6)]
    assert [200] * 5 + [404] == statuses
    stage.clock.advance(timedelta(minutes=31))
    assert 404 == (await late.send(text="too late")).status_code
    texts = [m["text"] for m in stage.slack.messages(cast.SUPPORT, cast.MAYA) if m["ephemeral"]]
    assert ["Working on it", "Working on it", *"01234"] == texts
    assert not [m for m in stage.slack.messages(cast.SUPPORT, cast.TOM) if m["ephemeral"]]


async def test_an_app_that_is_silent_or_gone_is_an_error_that_the_person_sees(stage: Stage) -> None:
    app = stage.bolt()
    never = asyncio.Event()

    @app.command("/refund")
    async def refund(ack: AsyncAck) -> None:
        await never.wait()
        await ack()

    gone = await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
    stage.serve_app(app)
    silent = await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
    unknown = await stage.slack.command(cast.MAYA, cast.SUPPORT, "/elsewhere")
    never.set()
    assert ["dispatch_failed", "operation_timeout", "dispatch_failed"] == [
        gone.error,
        silent.error,
        unknown.error,
    ]
    seen = stage.slack.messages(cast.SUPPORT, cast.MAYA)[-2]
    assert (SLACKBOT, "/refund failed with the error “operation_timeout”.") == (seen["user"], seen["text"])


async def test_forged_and_stale_deliveries_are_refused_by_bolt_and_a_replay_is_taken(stage: Stage) -> None:
    app, heard = stage.bolt(), []

    @app.command("/refund")
    async def refund(ack: AsyncAck, body: Json) -> None:
        heard.append(body["trigger_id"])
        await ack()

    stage.serve_app(app)
    await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
    stale, forged = await stage.slack.control.replay_stale(), await stage.slack.control.replay_forged()
    again = await stage.slack.control.replay()
    assert [401, 401, 200] == [stale.status, forged.status, again[0].status]
    assert heard[0] == heard[1]
    stage.slack.control.repeat_next(2)
    await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
    assert 4 == len(heard)


async def test_a_message_shortcut_carries_the_message(stage: Stage) -> None:
    app, heard = stage.bolt(), []

    @app.shortcut("from_message")
    async def from_message(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack()

    stage.serve_app(app)
    first = stage.slack.messages(cast.SUPPORT, cast.MAYA)[0]
    await stage.slack.shortcut(cast.MAYA, "from_message", cast.SUPPORT, first["ts"])
    assert ("message_action", first["text"]) == (heard[0]["type"], heard[0]["message"]["text"])


@pytest.mark.parametrize("manifest", [MANIFEST], ids=["manifest"])
async def test_the_manifest_says_what_exists_and_escapes_what_it_asked_for(stage: Stage) -> None:
    app, texts = stage.bolt(), []

    @app.command("/raw")
    async def raw(ack: AsyncAck, body: Json) -> None:
        texts.append(body["text"])
        await ack()

    stage.serve_app(app)
    assert "not_a_command" == (await stage.slack.command(cast.MAYA, cast.SUPPORT, "/nothing")).error
    assert "not_a_shortcut" == (await stage.slack.shortcut(cast.MAYA, "nothing")).error
    await stage.slack.command(cast.MAYA, cast.SUPPORT, "/raw", "for @tom.okafor in #finance <b>")
    expected = f"for <@{cast.TOM}|tom.okafor> in <#{cast.FINANCE}|finance> &lt;b&gt;"
    assert [expected] == texts


async def test_home_is_published_when_it_is_opened(stage: Stage) -> None:
    app = stage.bolt()

    @app.event("app_home_opened")
    async def home(body: Json, client: AsyncWebClient) -> None:
        view = {"type": "home", "blocks": [{"type": "divider"}]}
        await client.views_publish(user_id=body["event"]["user"], view=view)

    stage.serve_app(app)
    await stage.slack.open_home(cast.MAYA)
    await stage.slack.until(lambda: stage.slack.home(cast.MAYA))
    shown = stage.slack.home(cast.MAYA)
    assert shown is not None
    assert ["divider"] == [block["type"] for block in shown["blocks"]]
    assert stage.slack.home(cast.TOM) is None


@pytest.mark.parametrize("manifest", [MANIFEST], ids=["manifest"])
async def test_an_event_that_nobody_takes_comes_three_times_more_with_the_same_id(stage: Stage) -> None:
    heard: list[tuple[str, str]] = []
    app = stage.bolt()

    @app.event("message")
    async def message(body: Json, request: AsyncBoltRequest) -> None:
        heard.append((body["event_id"], request.headers.get("x-slack-retry-num", ["0"])[0]))
        raise RuntimeError("nobody takes it")

    stage.serve_app(app)
    await stage.slack.say(cast.MAYA, cast.SUPPORT, "anyone?")
    await stage.slack.until(lambda: len(heard) == 4)
    assert ["0", "1", "2", "3"] == [number for _, number in heard]
    assert 1 == len({event_id for event_id, _ in heard})
    await stage.slack.say(cast.LENA, cast.FINANCE, "also heard")


async def test_deactivated_people_cannot_act(stage: Stage) -> None:
    stage.slack.control.fault(Fault("*", "delay", seconds=0.01))
    assert "account_inactive" == (await stage.slack.command(cast.DANA, cast.SUPPORT, "/refund")).error
    assert "user_not_found" == (await stage.slack.open_home("U0NOBODY000")).error

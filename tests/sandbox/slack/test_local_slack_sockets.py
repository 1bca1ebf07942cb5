from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bot.sandbox.slack import Outcome, cast
from tests.sandbox.slack.stage import APP_TOKEN, Json, Stage

MODAL: Json = {
    "type": "modal",
    "callback_id": "refund",
    "title": {"type": "plain_text", "text": "Refund"},
    "submit": {"type": "plain_text", "text": "Ask"},
    "blocks": [
        {
            "type": "input",
            "block_id": "note",
            "label": {"type": "plain_text", "text": "Note"},
            "element": {"type": "plain_text_input", "action_id": "note"},
        }
    ],
}


async def test_bolt_over_socket_mode_takes_commands_views_and_events(stage: Stage) -> None:
    app = stage.bolt()

    @app.command("/refund")
    async def refund(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack("One moment")
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("refund")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"note": "Say more."})

    @app.event("app_home_opened")
    async def home(body: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=body["event"]["user"], view={"type": "home", "blocks": []})

    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()  # type: ignore[no-untyped-call] # Bolt leaves it untyped
    try:
        await stage.slack.until(lambda: stage.slack.core.sockets.connected)
        outcome = await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
        assert "One moment" == stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]["text"]
        assert outcome.ok
        await stage.slack.until(lambda: stage.slack.modal(cast.MAYA))
        modal = stage.slack.modal(cast.MAYA)
        assert modal is not None
        note = {"note": {"note": {"value": "x"}}}
        refused = await stage.slack.submit(cast.MAYA, modal["id"], note)
        assert {"note": "Say more."} == refused.errors
        await stage.slack.open_home(cast.MAYA)
        await stage.slack.until(lambda: stage.slack.home(cast.MAYA))
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call] # Bolt leaves it untyped


async def _connect(stage: Stage, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    client = AsyncWebClient(token=APP_TOKEN, base_url=f"{stage.url}/api/")
    answer = await client.apps_connections_open(app_token=APP_TOKEN)
    return await session.ws_connect(answer["url"])


async def test_each_payload_goes_to_one_of_the_connections_in_turn(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await _connect(stage, session) for _ in range(2)]
        hellos = [await socket.receive_json() for socket in sockets]
        assert ["hello", "hello"] == [hello["type"] for hello in hellos]

        async def acknowledge(socket: aiohttp.ClientWebSocketResponse) -> str:
            envelope = await socket.receive_json()
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            return str(envelope["payload"]["text"])

        answers = [asyncio.create_task(acknowledge(socket)) for socket in sockets]
        outcomes = [
            await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund", text) for text in ("a", "b")
        ]
        assert [Outcome(), Outcome()] == outcomes
        assert ["a", "b"] == sorted(await asyncio.gather(*answers))


async def test_an_unacknowledged_envelope_times_out(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await _connect(stage, session)
        await socket.receive_json()
        outcome = await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")
        assert "operation_timeout" == outcome.error


async def test_the_eleventh_connection_is_sent_away(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await _connect(stage, session) for _ in range(10)]
        hellos = [await socket.receive_json() for socket in sockets]
        assert ["hello"] * 10 == [hello["type"] for hello in hellos]
        eleventh = await (await _connect(stage, session)).receive_json()
        assert {"type": "disconnect", "reason": "too_many_websockets"} == eleventh


async def test_a_refresh_asks_to_reconnect_and_sends_nothing_more_there(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await _connect(stage, session)
        await socket.receive_json()
        await stage.slack.control.refresh_sockets()
        assert "refresh_requested" == (await socket.receive_json())["reason"]
        assert "dispatch_failed" == (await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund")).error


async def test_a_ticket_opens_one_connection(stage: Stage) -> None:
    client = AsyncWebClient(token=APP_TOKEN, base_url=f"{stage.url}/api/")
    url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
    async with connect(url) as socket:
        assert "hello" == json.loads(await socket.recv())["type"]
        with pytest.raises(InvalidStatus) as refused:
            await connect(url)
    assert 403 == refused.value.response.status_code

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import cast
from tests.sandbox.slack.stage import CARD, FORM, GOOD, MANIFEST, Json, Stage


@pytest.fixture
async def page(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{stage.url}/sandbox/", timeout=5) as client:
        yield client


async def events(lines: AsyncIterator[str]) -> AsyncIterator[Json]:
    async for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("manifest", [MANIFEST], ids=["manifest"])
async def test_the_state_holds_what_the_sidebar_draws(stage: Stage, page: httpx.AsyncClient) -> None:
    await stage.client.chat_postMessage(channel=cast.SUPPORT, text=f"<!subteam^{cast.LEADS_GROUP}> please")
    await stage.client.chat_postMessage(channel=cast.PRIYA, text="for you")
    state = (await page.get("state", params={"as": cast.PRIYA})).json()
    support = next(channel for channel in state["channels"] if channel["id"] == cast.SUPPORT)
    direct = next(channel for channel in state["channels"] if channel["kind"] == "im")
    assert (4, 1) == (support["unread"], support["mentions"])
    assert (1, 1) == (direct["unread"], direct["mentions"])
    assert ["/refund", "/raw"] == [entry["command"] for entry in state["commands"]]
    assert ["global", "message"] == [entry["type"] for entry in state["shortcuts"]]
    assert cast.FINANCE not in [channel["id"] for channel in state["channels"]]
    gus = next(person for person in state["users"] if person["id"] == cast.GUS)
    assert (True, False) == (gus["is_guest"], gus["is_stranger"])
    await page.post("read", json={"as": cast.PRIYA, "channel": cast.SUPPORT, "ts": support["last_ts"]})
    after = (await page.get("state", params={"as": cast.PRIYA})).json()
    read = next(channel for channel in after["channels"] if channel["id"] == cast.SUPPORT)
    assert (0, 0) == (read["unread"], read["mentions"])


async def test_a_person_works_through_the_page(stage: Stage, page: httpx.AsyncClient) -> None:
    app, heard = stage.bolt(), []

    @app.command("/refund")
    async def refund(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("refund")
    async def submitted(ack: AsyncAck, client: AsyncWebClient) -> None:
        await ack()
        await client.chat_postMessage(channel=cast.SUPPORT, text="card", blocks=CARD)

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json) -> None:
        heard.append(body["actions"][0]["value"])
        await ack()

    @app.action("more")
    async def more(ack: AsyncAck, body: Json) -> None:
        heard.append(body["actions"][0]["selected_option"]["value"])
        await ack()

    stage.serve_app(app)
    me = {"as": cast.MAYA}
    command = {**me, "channel": cast.SUPPORT, "command": "/refund", "text": "ch_1"}
    assert {"ok": True} == (await page.post("command", json=command)).json()
    modals = (await page.get("state", params=me)).json()["modals"]
    refused = await page.post("submit", json={**me, "view_id": modals[-1]["id"], "state": {}})
    assert {"amount", "reason"} == refused.json()["errors"].keys()
    accepted = await page.post("submit", json={**me, "view_id": modals[-1]["id"], "state": GOOD})
    assert {"ok": True} == accepted.json()
    place = {**me, "channel": cast.SUPPORT}
    card = (await page.get("messages", params=place)).json()["messages"][-1]
    click = {**place, "ts": card["ts"], "block_id": "decide"}
    await page.post("click", json={**click, "action_id": "approve"})
    await page.post("click", json={**click, "action_id": "more", "selected_option": "hold"})
    assert ["case-7", "hold"] == heard
    said = (await page.post("say", json={**place, "text": "done", "thread_ts": card["ts"]})).json()
    read = (await page.get("messages", params=place)).json()
    assert [said["ts"]] == [reply["ts"] for reply in read["replies"][card["ts"]]]


async def test_live_events_reach_only_those_who_may_see_them(stage: Stage, page: httpx.AsyncClient) -> None:
    async with page.stream("GET", "live", params={"as": cast.LENA}) as stream:
        lines = stream.aiter_lines()
        assert ": open" == await anext(lines)
        told = events(lines)
        await stage.slack.until(lambda: stage.slack.core.live.watched)
        await stage.slack.say(cast.MAYA, cast.SUPPORT, "not for finance")
        posted = await stage.client.chat_postMessage(channel=cast.FINANCE, text="for finance")
        await stage.client.chat_postEphemeral(channel=cast.FINANCE, user=cast.LENA, text="for you")
        stage.slack.control.delete_message(cast.FINANCE, posted["ts"])
        stage.slack.tell_time()
        kinds = []
        while "clock" not in kinds:
            kinds.append((await anext(told))["type"])
    assert ["message", "unread", "ephemeral", "deleted", "unread", "clock"] == kinds


async def test_a_page_that_goes_away_is_forgotten(stage: Stage, page: httpx.AsyncClient) -> None:
    async with page.stream("GET", "live", params={"as": cast.LENA}) as stream:
        assert ": open" == await anext(stream.aiter_lines())
        await stage.slack.until(lambda: stage.slack.core.live.watched)
    await stage.slack.until(lambda: not stage.slack.core.live.watched)


async def test_closing_ends_the_live_stream_at_once(stage: Stage, page: httpx.AsyncClient) -> None:
    async with page.stream("GET", "live", params={"as": cast.LENA}) as stream:
        lines = stream.aiter_lines()
        assert ": open" == await anext(lines)
        await stage.slack.aclose()
        assert [""] == [line async for line in lines]


async def test_controls_work_over_http(stage: Stage, page: httpx.AsyncClient) -> None:
    fault = {"method": "auth.test", "kind": "error", "error": "fatal_error"}
    for path, body in (
        ("faults", fault),
        ("group", {"group": cast.REGGIE_GROUP, "members": [cast.SAM]}),
        ("user", {"user": cast.SAM, "is_restricted": True}),
        ("bot", {"channel": cast.SECURITY, "member": False}),
        ("plan", {"plan": "free"}),
    ):
        assert {"ok": True} == (await page.post(path, json=body)).json()
    assert "fatal_error" == (await page.get(f"{stage.url}/api/auth.test")).json()["error"]
    state = (await page.get("state", params={"as": cast.SAM})).json()
    sam = next(person for person in state["users"] if person["id"] == cast.SAM)
    group = next(group for group in state["groups"] if group["id"] == cast.REGGIE_GROUP)
    assert (True, [cast.SAM]) == (sam["is_guest"], group["members"])
    calls = (await page.get("calls")).json()
    assert [("auth.test", "fatal_error")] == [(call["method"], call["error"]) for call in calls["calls"]]


async def test_a_request_for_what_is_not_there_is_answered_with_a_sentence(page: httpx.AsyncClient) -> None:
    unknown = await page.post("group", json={"group": "S0NONE", "members": []})
    lacking = await page.post("say", json={"as": cast.MAYA})
    wrong = await page.post("faults", json={"method": "*", "kind": "earthquake"})
    assert [400, 400, 400] == [unknown.status_code, lacking.status_code, wrong.status_code]
    assert "not found or missing: channel" == lacking.json()["error"]


class Story:
    """A control panel with one act."""

    def acts(self) -> list[Json]:
        return [{"id": "tomorrow", "label": "Tomorrow", "help": "", "fields": []}]

    async def run(self, act_id: str, values: dict[str, str]) -> str:
        return f"{act_id} came, {values['how']}."

    def mail(self) -> list[Json]:
        return [{"to": "ada@northfold.example", "subject": "Your refund"}]

    def now(self) -> datetime:
        return datetime(2026, 5, 1, tzinfo=UTC)


async def test_the_panel_is_the_demos(stage: Stage, page: httpx.AsyncClient) -> None:
    empty = (await page.get("panel")).json()
    assert ([], []) == (empty["acts"], empty["mail"])
    stage.slack.panel = Story()
    panel = (await page.get("panel")).json()
    assert ("tomorrow", "2026-05-01T00:00:00+00:00") == (panel["acts"][0]["id"], panel["now"])
    said = (await page.post("panel", json={"act": "tomorrow", "values": {"how": "early"}})).json()
    assert {"said": "tomorrow came, early."} == said

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, RateLimits, cast
from bot.sandbox.slack.workspace import BOT_USER, OTHER_TEAM_ID, SLACKBOT
from tests.sandbox.slack.stage import APP_TOKEN, MANIFEST, Stage


async def refusal(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    error: str = refused.value.response["error"]
    return error


async def test_a_posted_message_is_seen_by_the_channel_with_whom_it_calls(stage: Stage) -> None:
    text = f"Hello <@{cast.MAYA}> and <!subteam^{cast.LEADS_GROUP}>"
    answer = await stage.client.chat_postMessage(channel=cast.SUPPORT, text=text)
    seen = stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]
    assert (answer["ts"], text, BOT_USER) == (seen["ts"], seen["text"], seen["user"])
    assert sorted([cast.MAYA, cast.LEADS_GROUP]) == seen["mentions"]


async def test_escaped_and_plain_text_calls_nobody(stage: Stage) -> None:
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}]
    await stage.client.chat_postMessage(channel=cast.SUPPORT, text="&lt;!channel&gt;")
    await stage.client.chat_postMessage(channel=cast.SUPPORT, text="<!channel>", blocks=blocks)
    escaped, plain = stage.slack.messages(cast.SUPPORT, cast.MAYA)[-2:]
    assert ([], []) == (escaped["mentions"], plain["mentions"])


async def test_a_message_to_a_person_lands_in_their_direct_message(stage: Stage) -> None:
    opened = await stage.client.conversations_open(users=cast.MAYA)
    posted = await stage.client.chat_postMessage(channel=cast.MAYA, text="Only for you")
    assert opened["channel"]["id"] == posted["channel"]
    assert ["Only for you"] == [message["text"] for message in stage.slack.dm(cast.MAYA)]


async def test_text_without_blocks_takes_the_blocks_away_and_marks_the_edit(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(
        channel=cast.SUPPORT, text="card", blocks=[{"type": "divider"}]
    )
    card, channel = {"ts": posted["ts"]}, cast.SUPPORT
    await stage.client.chat_update(channel=channel, **card, text="card", blocks=[{"type": "divider"}] * 2)
    redrawn = stage.slack.messages(channel, cast.MAYA)[-1]
    assert (2, False) == (len(redrawn["blocks"]), redrawn["edited"])
    await stage.client.chat_update(channel=channel, **card, text="only words")
    bare = stage.slack.messages(channel, cast.MAYA)[-1]
    assert ([], True, "only words") == (bare["blocks"], bare["edited"], bare["text"])


async def test_a_reply_is_counted_on_its_parent(stage: Stage) -> None:
    parent = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="parent")
    reply = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="one", thread_ts=parent["ts"])
    said = await stage.slack.say(cast.MAYA, cast.SUPPORT, "two", thread_ts=reply["ts"])
    shown = stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]
    assert (2, said.ts, [BOT_USER, cast.MAYA]) == (
        shown["reply_count"],
        shown["last_reply"],
        shown["reply_users"],
    )
    thread = await stage.client.conversations_replies(channel=cast.SUPPORT, ts=parent["ts"])
    assert ["parent", "one", "two"] == [message["text"] for message in thread["messages"]]


async def test_a_deleted_parent_leaves_a_tombstone_and_a_lone_message_nothing(stage: Stage) -> None:
    parent = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="parent")
    await stage.client.chat_postMessage(channel=cast.SUPPORT, text="reply", thread_ts=parent["ts"])
    lone = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="lone")
    for posted in (parent, lone):
        await stage.client.chat_delete(channel=cast.SUPPORT, ts=posted["ts"])
    last = stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]
    assert ("tombstone", SLACKBOT) == (last["subtype"], last["user"])
    update = stage.client.chat_update(channel=cast.SUPPORT, ts=lone["ts"], text="again")
    assert "message_not_found" == await refusal(update)


async def test_an_ephemeral_message_is_for_one_reader_until_reload(stage: Stage) -> None:
    await stage.client.chat_postEphemeral(channel=cast.SUPPORT, user=cast.MAYA, text="psst")
    assert "psst" == stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]["text"]
    assert "psst" != stage.slack.messages(cast.SUPPORT, cast.TOM)[-1]["text"]
    outsider = stage.client.chat_postEphemeral(channel=cast.SUPPORT, user=cast.LENA, text="psst")
    assert "user_not_in_channel" == await refusal(outsider)
    stage.slack.forget_ephemerals(cast.SUPPORT, cast.MAYA)
    assert "psst" != stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]["text"]


async def test_metadata_comes_back_only_when_it_is_asked_for(stage: Stage) -> None:
    metadata = {"event_type": "case_card", "event_payload": {"case": "7"}}
    await stage.client.chat_postMessage(channel=cast.SUPPORT, text="card", metadata=metadata)
    with_it = await stage.client.conversations_history(
        channel=cast.SUPPORT, include_all_metadata=True, limit=1
    )
    without = await stage.client.conversations_history(channel=cast.SUPPORT, limit=1)
    assert {"case": "7"} == with_it["messages"][0]["metadata"]["event_payload"]
    assert "metadata" not in without["messages"][0]
    assert with_it["has_more"]


async def test_history_is_read_page_by_page(stage: Stage) -> None:
    texts: list[str] = []
    cursor: str | None = None
    while cursor != "":
        page = await stage.client.conversations_history(channel=cast.SUPPORT, limit=2, cursor=cursor)
        texts += [message["text"] for message in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"] if page["has_more"] else ""
    assert [message["text"] for message in reversed(stage.slack.messages(cast.SUPPORT, cast.MAYA))] == texts


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"channel": "C0NOWHERE00", "text": "hi"}, "channel_not_found"),
    ({"text": "hi"}, "invalid_arguments"),
    ({"channel": cast.SUPPORT}, "no_text"),
    ({"channel": cast.SUPPORT, "text": "hi", "thread_ts": "1.000001"}, "thread_not_found"),
    ({"channel": cast.SUPPORT, "text": "hi", "blocks": "not json"}, "invalid_blocks_format"),
    ({"channel": cast.SUPPORT, "text": "hi", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ({"channel": cast.SUPPORT, "text": "hi", "username": "Someone"}, "missing_scope"),
    ({"channel": cast.DANA, "text": "hi"}, "user_disabled"),
    ({"channel": cast.FINANCE, "text": "hi"}, "not_in_channel"),
    ({"channel": cast.SECURITY, "text": "hi"}, "is_archived"),
]


@pytest.mark.parametrize("manifest", [MANIFEST], ids=["manifest"])
async def test_a_post_is_refused_with_slacks_name(stage: Stage) -> None:
    stage.slack.control.kick_bot("#finance")
    stage.slack.control.archive("#security")
    errors = [await refusal(stage.client.api_call("chat.postMessage", json=body)) for body, _ in REFUSED]
    assert [expected for _, expected in REFUSED] == errors


async def test_long_text_is_cut_when_posted_and_refused_when_updated(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="x" * 40_001)
    assert (40_000, "message_truncated") == (len(posted["message"]["text"]), posted["warning"])
    update = stage.client.chat_update(channel=cast.SUPPORT, ts=posted["ts"], text="x" * 4001)
    assert "msg_too_long" == await refusal(update)


async def test_other_peoples_messages_cannot_be_changed(stage: Stage) -> None:
    said = await stage.slack.say(cast.MAYA, cast.SUPPORT, "mine")
    update = stage.client.chat_update(channel=cast.SUPPORT, ts=said.ts, text="yours")
    delete = stage.client.chat_delete(channel=cast.SUPPORT, ts=said.ts)
    assert ["cant_update_message", "cant_delete_message"] == [await refusal(update), await refusal(delete)]


@pytest.mark.parametrize("manifest", [MANIFEST], ids=["manifest"])
async def test_scopes_follow_from_the_manifest(stage: Stage) -> None:
    with pytest.raises(SlackApiError) as refused:
        await stage.client.usergroups_users_list(usergroup=cast.LEADS_GROUP)
    assert ("missing_scope", "usergroups:read") == (
        refused.value.response["error"],
        refused.value.response["needed"],
    )
    assert "chat:write" in refused.value.response["provided"]
    maya = await stage.client.users_info(user=cast.MAYA)
    assert "email" not in maya["user"]["profile"]


async def test_a_wrong_token_is_refused(stage: Stage) -> None:
    tokens = ("", "xoxb-else", APP_TOKEN)
    clients = [AsyncWebClient(token=token, base_url=f"{stage.url}/api/") for token in tokens]
    errors = [await refusal(client.auth_test()) for client in clients]
    assert ["not_authed", "invalid_auth", "not_allowed_token_type"] == errors


async def test_a_revoked_token_is_refused(stage: Stage) -> None:
    stage.slack.control.revoke_token()
    assert "token_revoked" == await refusal(stage.client.auth_test())
    stage.slack.control.revoke_token("account_inactive")
    assert "account_inactive" == await refusal(stage.client.auth_test())
    stage.slack.control.restore_token()
    assert BOT_USER == (await stage.client.auth_test())["user_id"]


async def test_user_groups_and_people_are_as_the_control_sets_them(stage: Stage) -> None:
    stage.slack.control.set_group(cast.LEADS_GROUP, [cast.PRIYA, cast.TOM])
    stage.slack.control.set_user(cast.TOM, {"deleted": True})
    members = await stage.client.usergroups_users_list(usergroup=cast.LEADS_GROUP)
    assert [cast.PRIYA] == members["users"]
    assert (await stage.client.users_info(user=cast.TOM))["user"]["deleted"]
    petra = (await stage.client.users_info(user=cast.PETRA))["user"]
    assert (OTHER_TEAM_ID, True) == (petra["team_id"], petra["is_stranger"])
    stage.slack.control.set_plan("free")
    assert "plan_upgrade_required" == await refusal(stage.client.usergroups_list())


async def test_people_are_found_by_email_in_their_timezone(stage: Stage) -> None:
    found = await stage.client.users_lookupByEmail(email="priya.nair@larkspur.example")
    assert (cast.PRIYA, "Asia/Kolkata", 19_800) == (
        found["user"]["id"],
        found["user"]["tz"],
        found["user"]["tz_offset"],
    )
    unknown = stage.client.users_lookupByEmail(email="nobody@larkspur.example")
    assert "users_not_found" == await refusal(unknown)


async def test_a_file_is_announced_sent_and_shared(stage: Stage) -> None:
    await stage.client.files_upload_v2(
        channel=cast.SUPPORT, content="id,amount\n1,49.00\n", filename="refunds.csv", initial_comment="July"
    )
    shared = stage.slack.messages(cast.SUPPORT, cast.MAYA)[-1]
    assert ("July", ["refunds.csv"]) == (shared["text"], [held["name"] for held in shared["files"]])


async def test_a_permalink_leads_to_the_message_on_the_page(stage: Stage) -> None:
    posted = await stage.client.chat_postMessage(channel=cast.SUPPORT, text="here")
    link = await stage.client.chat_getPermalink(channel=cast.SUPPORT, message_ts=posted["ts"])
    async with aiohttp.ClientSession() as http, http.get(link["permalink"], allow_redirects=False) as page:
        expected = f"/#channel={cast.SUPPORT}&ts={posted['ts']}&thread_ts="
        assert expected == page.headers["location"]


async def test_a_rate_limited_call_is_retried_by_the_sdk(stage: Stage) -> None:
    stage.slack.control.fault(Fault("chat.postMessage", "rate_limit", retry_after=0))
    stage.client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    await stage.client.chat_postMessage(channel=cast.SUPPORT, text="patient")
    assert [False, True] == [call["ok"] for call in stage.slack.control.calls("chat.postMessage")]


async def test_a_post_whose_answer_was_lost_is_there_twice_after_the_sdks_retry(stage: Stage) -> None:
    stage.slack.control.fault(Fault("chat.postMessage", "execute_then_drop"))
    await stage.client.chat_postMessage(channel=cast.FINANCE, text="once?")
    assert ["once?", "once?"] == [m["text"] for m in stage.slack.messages(cast.FINANCE, cast.LENA)]


async def test_a_dropped_call_did_nothing(stage: Stage) -> None:
    stage.slack.control.fault(Fault("chat.postMessage", "drop"))
    stage.client.retry_handlers.clear()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await stage.client.chat_postMessage(channel=cast.FINANCE, text="lost")
    assert [] == stage.slack.messages(cast.FINANCE, cast.LENA)


def test_the_fourth_message_in_three_seconds_must_wait() -> None:
    limits = RateLimits()
    waits = [limits.wait("chat.postMessage", 600, channel) for channel in ("C1", "C1", "C1", "C2", "C1")]
    assert [0, 0, 0, 0] == waits[:4]
    assert 1 <= waits[4] <= 4
    reads = [limits.wait("users.list", 20) for _ in range(21)]
    assert ([0] * 20, True) == (reads[:20], 0 < reads[20] <= 61)


async def test_a_reaction_is_added_once(stage: Stage) -> None:
    ts = stage.slack.messages(cast.SUPPORT, cast.MAYA)[0]["ts"]
    await stage.client.reactions_add(channel=cast.SUPPORT, timestamp=ts, name="eyes")
    again = stage.client.reactions_add(channel=cast.SUPPORT, timestamp=ts, name="eyes")
    assert "already_reacted" == await refusal(again)
    seen = stage.slack.messages(cast.SUPPORT, cast.MAYA)[0]
    assert [{"name": "eyes", "users": [BOT_USER]}] == seen["reactions"]


async def test_the_app_joins_and_is_told_apart_from_members(stage: Stage) -> None:
    stage.slack.control.kick_bot(cast.FINANCE)
    mine = await stage.client.users_conversations()
    assert cast.FINANCE not in [channel["id"] for channel in mine["channels"]]
    await stage.client.conversations_join(channel=cast.FINANCE)
    members = await stage.client.conversations_members(channel=cast.FINANCE)
    assert [cast.LENA, cast.REGGIE, BOT_USER] == members["members"]
    shared = await stage.client.conversations_info(channel=cast.SUPPORT, include_num_members=True)
    assert (True, 8) == (shared["channel"]["is_ext_shared"], shared["channel"]["num_members"])


async def test_an_error_and_an_outage_befall_only_the_planned_calls(stage: Stage) -> None:
    stage.slack.control.fault(Fault("*", "error", error="fatal_error"))
    stage.slack.control.fault(Fault("chat.postMessage", "down"))
    assert "fatal_error" == await refusal(stage.client.auth_test())
    with pytest.raises(SlackApiError):
        await stage.client.chat_postMessage(channel=cast.FINANCE, text="no")
    await stage.client.chat_postMessage(channel=cast.FINANCE, text="yes")
    assert {"auth.test": 1, "chat.postMessage": 2} == stage.slack.control.counts()

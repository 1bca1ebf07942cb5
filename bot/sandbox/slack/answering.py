"""`response_url`: what an app says to an interaction afterwards, up to five times in half an hour."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.sandbox.slack import posting
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.tickets import ResponseUrl
from bot.sandbox.slack.webapi.call import ApiError
from bot.sandbox.slack.webapi.chat import checked_content
from bot.sandbox.slack.workspace import BOT_ID, Channel

Json = dict[str, Any]


async def answer(core: Core, request: Request) -> Response:
    """Take one answer. Slack's refusals: `used_url`/`expired_url`, `invalid_payload`, and a message's own."""
    url = core.response_urls.find(request.path_params["secret"])
    if url is None:
        return JSONResponse({"ok": False, "error": "expired_url"}, 404)
    url.uses += 1
    try:
        body = msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
    try:
        _say(core, url, body)
    except ApiError as refusal:
        return JSONResponse({"ok": False, "error": refusal.error, **refusal.extra}, 400)
    return JSONResponse({"ok": True})


def _say(core: Core, url: ResponseUrl, body: Json) -> None:
    channel = core.workspace.channels[url.channel]
    original = channel.messages.get(url.ts)
    if body.get("delete_original"):
        posting.delete(core, channel, _own(original))
        return
    content = checked_content(body)
    # A command leaves no message behind that could be replaced; Slack then just posts.
    if body.get("replace_original") and url.ts:
        posting.update(core, channel, _own(original), content)
        return
    reader = "" if body.get("response_type") == "in_channel" else url.user
    thread_ts = _thread(channel, body.get("thread_ts") or url.thread_ts)
    posting.post(core, channel, posting.by_app(core, content, reader=reader, thread_ts=thread_ts))


def _own(message: Message | None) -> Message:
    if message is None:
        raise ApiError("message_not_found")
    if message.bot_id != BOT_ID:
        raise ApiError("cant_update_message")
    return message


def _thread(channel: Channel, thread_ts: str) -> str:
    if thread_ts and thread_ts not in channel.messages:
        raise ApiError("thread_not_found")
    return thread_ts

"""`chat.*` and `reactions.add`: the app's messages."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from bot.sandbox.slack import posting
from bot.sandbox.slack.blocks import MESSAGE_CHARACTERS, characters, message_complaints
from bot.sandbox.slack.messages import TEXT_LIMIT, Message
from bot.sandbox.slack.webapi.call import MANY, TIERS, ApiError, Call, Method, invalid_arguments
from bot.sandbox.slack.workspace import BOT_ID, BOT_USER, Channel

Json = dict[str, Any]

_UPDATE_LIMIT: Final = 4000
"""Characters of `text` that chat.update takes (Slack's reference, `msg_too_long`)."""
_METADATA_LIMIT: Final = 8000


def content_of(call: Call) -> Json:
    """Return a message's `text`, `blocks`, `attachments` and `metadata`, checked as Slack checks them.

    Raises ApiError: no_text, invalid_blocks, invalid_blocks_format, msg_blocks_too_long,
    invalid_attachments, invalid_metadata_format, metadata_too_large.
    """
    return checked_content(
        {
            "text": call.args.get("text") if call.args.get("text") is None else call.text("text"),
            "blocks": call.structure("blocks", "invalid_blocks_format"),
            "attachments": call.structure("attachments", "invalid_attachments"),
            "metadata": call.structure("metadata", "invalid_metadata_format"),
        }
    )


def checked_content(content: Json) -> Json:
    """Return `content` as it is when Slack takes it. Raises ApiError as `content_of` does."""
    blocks, attachments = content.get("blocks"), content.get("attachments")
    if blocks is not None and (not isinstance(blocks, list) or not all(isinstance(b, dict) for b in blocks)):
        raise ApiError("invalid_blocks_format")
    complaints = message_complaints(blocks or [])
    if complaints:
        messages = [f"[ERROR] {complaint}" for complaint in complaints]
        raise ApiError("invalid_blocks", errors=complaints, response_metadata={"messages": messages})
    if characters(blocks or []) > MESSAGE_CHARACTERS:
        raise ApiError("msg_blocks_too_long")
    _check_attachments(attachments)
    if not (content.get("text") or "").strip() and not blocks and not attachments:
        raise ApiError("no_text")
    _check_metadata(content.get("metadata"))
    return content


def _check_attachments(attachments: object) -> None:
    if attachments is None:
        return
    if not isinstance(attachments, list) or not all(isinstance(held, dict) for held in attachments):
        raise ApiError("invalid_attachments")
    complaints = [wrong for held in attachments for wrong in message_complaints(held.get("blocks") or [])]
    if complaints:
        messages = [f"[ERROR] {complaint}" for complaint in complaints]
        raise ApiError("invalid_attachments", response_metadata={"messages": messages})


def _check_metadata(metadata: object) -> None:
    if metadata is None or metadata == "":
        return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise ApiError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or metadata.keys() - {
        "event_type",
        "event_payload",
    }:
        raise ApiError("invalid_metadata_format")
    if len(msgspec.json.encode(metadata)) > _METADATA_LIMIT:
        raise ApiError("metadata_too_large")


def _destination(call: Call) -> Channel:
    """Return where to post: a conversation, a channel by name, or a person's direct message."""
    reference = call.required("channel")
    person = call.core.workspace.users.get(reference)
    if person and person.deleted:
        raise ApiError("user_disabled")
    channel = call.core.workspace.dm(reference) if person else call.core.workspace.channel(reference)
    if channel is None or (channel.is_private and BOT_USER not in channel.members):
        raise ApiError("channel_not_found")
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members and (channel.is_private or not call.may("chat:write.public")):
        raise ApiError("not_in_channel")
    return channel


def _thread(call: Call, channel: Channel) -> str:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return ""
    parent = channel.messages.get(thread_ts)
    if parent is None or parent.reader:
        raise ApiError("thread_not_found")
    return parent.thread_ts or parent.ts


def _post_message(call: Call) -> Json:
    channel, content = _destination(call), content_of(call)
    warning: Json = {}
    if len(content["text"] or "") > TEXT_LIMIT:
        content["text"] = content["text"][:TEXT_LIMIT]
        warning = {
            "warning": "message_truncated",
            "response_metadata": {"warnings": ["message_truncated"]},
        }
    message = posting.by_app(call.core, content, thread_ts=_thread(call, channel))
    message.customised = _customised(call)
    posting.post(call.core, channel, message)
    shown = posting.as_shown(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": shown, **warning}


def _customised(call: Call) -> Json:
    given = {key: call.text(key) for key in ("username", "icon_emoji", "icon_url") if call.text(key)}
    if given:
        call.needs("chat:write.customize")
    return given


def _post_ephemeral(call: Call) -> Json:
    channel, user = call.own_channel(), call.user()
    if channel.is_archived:
        raise ApiError("is_archived")
    if user.id not in channel.members:
        raise ApiError("user_not_in_channel")
    content = content_of(call)
    if len(content["text"] or "") > TEXT_LIMIT:
        raise ApiError("msg_too_long")
    if content["metadata"] is not None:
        raise invalid_arguments("invalid additional property: metadata")
    message = posting.by_app(call.core, content, reader=user.id, thread_ts=_thread(call, channel))
    posting.post(call.core, channel, message)
    return {"message_ts": message.ts}


def own_message(call: Call, name: str = "ts") -> tuple[Channel, Message]:
    """Return the conversation and the message of a call. Raises ApiError `message_not_found`."""
    channel = call.channel()
    message = channel.messages.get(call.required(name))
    if message is None or message.reader:
        raise ApiError("message_not_found")
    return channel, message


def _update(call: Call) -> Json:
    channel, message = own_message(call)
    if channel.is_archived:
        raise ApiError("is_archived")
    if message.bot_id != BOT_ID:
        raise ApiError("cant_update_message")
    if len(call.text("text")) > _UPDATE_LIMIT:
        raise ApiError("msg_too_long")
    posting.update(call.core, channel, message, content_of(call))
    shown = posting.as_shown(channel, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def _delete(call: Call) -> Json:
    channel, message = own_message(call)
    if message.bot_id != BOT_ID:
        raise ApiError("cant_delete_message")
    posting.delete(call.core, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def _permalink(call: Call) -> Json:
    channel, message = own_message(call, "message_ts")
    path = f"/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        path += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": call.core.address(path)}


def _react(call: Call) -> Json:
    channel, message = own_message(call, "timestamp")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    users = message.reactions.setdefault(call.required("name"), [])
    if BOT_USER in users:
        raise ApiError("already_reacted")
    users.append(BOT_USER)
    event = {"type": "changed", "channel": channel.id, "message": posting.on_page(channel, message)}
    call.core.live.publish(event, set(channel.members))
    return {}


METHODS: Final = {
    "chat.postMessage": Method(_post_message, "chat:write", MANY),
    "chat.postEphemeral": Method(_post_ephemeral, "chat:write", TIERS[4]),
    "chat.update": Method(_update, "chat:write"),
    "chat.delete": Method(_delete, "chat:write"),
    "chat.getPermalink": Method(_permalink, per_minute=MANY),
    "reactions.add": Method(_react, "reactions:write"),
}

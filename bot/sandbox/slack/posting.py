"""Messages go into channels, change and leave them, so that every page and the app hear of it."""

from __future__ import annotations

import secrets
from typing import Any, Final

from bot.sandbox.slack import form
from bot.sandbox.slack.blocks import with_ids
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.messages import Message, mentioned, shown
from bot.sandbox.slack.workspace import BOT_ID, BOT_USER, SLACKBOT, TEAM_ID, Channel

Json = dict[str, Any]

_ALL: Final = frozenset(["channel", "here", "everyone"])


def replies(channel: Channel, ts: str) -> list[Message]:
    """Return the replies below a message, oldest first, without ephemeral ones."""
    return [m for m in channel.messages.values() if m.thread_ts == ts and not m.reader]


def as_shown(channel: Channel, message: Message) -> Json:
    """Return a message as payloads and the Web API show it."""
    return shown(message, replies(channel, message.ts), TEAM_ID)


def visible_to(message: Message, user: str) -> bool:
    """Whether a person sees a message at all."""
    return not message.reader or message.reader == user


def by_app(core: Core, content: Json, *, reader: str = "", thread_ts: str = "") -> Message:
    """Make a message of the app from `text`, `blocks`, `attachments` and `metadata`."""
    return Message(
        core.workspace.ts(),
        BOT_USER,
        content.get("text") or "",
        blocks=with_ids(content.get("blocks") or [], secrets.token_urlsafe(4)),
        bot_id=BOT_ID,
        thread_ts=thread_ts,
        reader=reader,
        metadata=content.get("metadata"),
        attachments=content.get("attachments") or [],
    )


def post(core: Core, channel: Channel, message: Message) -> Message:
    """Put a message into a channel: pages see it, unread counts go up, the app hears of it."""
    channel.messages[message.ts] = message
    if message.reader:
        event = {"type": "ephemeral", "channel": channel.id, "message": on_page(channel, message)}
        core.live.publish(event, {message.reader})
        return message
    core.reads[message.user, channel.id] = message.ts
    if channel.is_im and len(channel.messages) == 1:
        core.live.publish({"type": "people"}, {channel.user})
    _tell(core, channel, {"type": "message", "channel": channel.id, "message": on_page(channel, message)})
    if message.thread_ts:
        _tell_parent(core, channel, message.thread_ts)
    tell_unread(core, channel)
    core.emit(
        {**as_shown(channel, message), "channel": channel.id, "channel_type": _channel_type(channel)},
        f"message.{channel.kind}",
    )
    if BOT_USER in message.mentions and message.user != BOT_USER and not channel.is_im:
        core.emit({**as_shown(channel, message), "type": "app_mention", "channel": channel.id})
    return message


def ephemeral(core: Core, channel: Channel, user: str, text: str) -> Message:
    """Show one person a sentence from Slackbot, as Slack does when an app fails them."""
    message = Message(core.workspace.ts(), SLACKBOT, text, reader=user)
    return post(core, channel, message)


def update(core: Core, channel: Channel, message: Message, content: Json) -> None:
    """Change a message's content.

    Text without blocks takes the blocks away and marks it as edited; with blocks, no mark is shown
    (Slack's reference, `chat.update`).
    """
    before = as_shown(channel, message)
    if content.get("text") is not None:
        message.text = content["text"]
    if content.get("blocks") is not None:
        message.blocks = with_ids(content["blocks"], secrets.token_urlsafe(4))
    elif content.get("text") is not None:
        message.blocks = []
        message.edited_ts = core.workspace.ts()
    if content.get("attachments") is not None:
        message.attachments = content["attachments"]
    if content.get("metadata") is not None:
        message.metadata = content["metadata"]
    message.mentions = mentioned(message.text, message.blocks)
    for (user, ts), values in list(core.message_values.items()):
        if ts == message.ts:
            core.message_values[user, ts] = form.carried(values, message.blocks)
    told = {"type": "changed", "channel": channel.id, "message": on_page(channel, message)}
    core.live.publish(told, _readers(channel, message))
    if not message.reader:
        changed = {"message": as_shown(channel, message), "previous_message": before}
        _emit_subtype(core, channel, "message_changed", changed)


def delete(core: Core, channel: Channel, message: Message) -> None:
    """Take a message out; one with replies leaves a tombstone, as in Slack."""
    before = as_shown(channel, message)
    if not message.reader and replies(channel, message.ts):
        message.user, message.bot_id, message.subtype = SLACKBOT, "", "tombstone"
        message.text, message.blocks, message.metadata = "This message was deleted.", [], None
        told = {"type": "changed", "channel": channel.id, "message": on_page(channel, message)}
        core.live.publish(told, _readers(channel, message))
    else:
        del channel.messages[message.ts]
        told = {"type": "deleted", "channel": channel.id, "ts": message.ts, "thread_ts": message.thread_ts}
        core.live.publish(told, _readers(channel, message))
        if message.thread_ts and not message.reader:
            _tell_parent(core, channel, message.thread_ts)
    if not message.reader:
        tell_unread(core, channel)
        gone = {"deleted_ts": message.ts, "previous_message": before}
        _emit_subtype(core, channel, "message_deleted", gone)


def on_page(channel: Channel, message: Message) -> Json:
    """Return a message as the page draws it."""
    below = [] if message.thread_ts else replies(channel, message.ts)
    return {
        "ts": message.ts,
        "user": message.user,
        "bot": bool(message.bot_id),
        "text": message.text,
        "blocks": message.blocks,
        "edited": bool(message.edited_ts),
        "thread_ts": message.thread_ts or None,
        "reply_count": len(below),
        "last_reply": below[-1].ts if below else None,
        "reply_users": list(dict.fromkeys(reply.user for reply in below)),
        "ephemeral": bool(message.reader),
        "mentions": sorted(message.mentions),
        "files": message.files,
        "reactions": [{"name": n, "users": users} for n, users in message.reactions.items()],
        "subtype": message.subtype,
        "username": message.customised.get("username"),
    }


def unread(core: Core, channel: Channel, user: str) -> tuple[int, int]:
    """Return how many messages a person has not read in a channel, and how many of those call them."""
    since = core.reads.get((user, channel.id), "")
    fresh = [m for m in channel.messages.values() if m.ts > since and m.user != user and not m.reader]
    groups = {group.id for group in core.workspace.groups.values() if user in group.members}
    calls = [m for m in fresh if channel.is_im or m.mentions & ({user} | groups | _ALL)]
    return sum(not m.thread_ts for m in fresh), len(calls)


def tell_unread(core: Core, channel: Channel) -> None:
    """Send each member's page that member's own counts."""
    for user in filter(core.live.follows, channel.members):
        count, mentions = unread(core, channel, user)
        event = {"type": "unread", "channel": channel.id, "unread": count, "mentions": mentions}
        core.live.publish(event, {user})


def _readers(channel: Channel, message: Message) -> set[str]:
    return {message.reader} if message.reader else set(channel.members)


def _tell(core: Core, channel: Channel, event: Json) -> None:
    core.live.publish(event, set(channel.members))


def _tell_parent(core: Core, channel: Channel, ts: str) -> None:
    parent = channel.messages.get(ts)
    if parent:
        _tell(core, channel, {"type": "changed", "channel": channel.id, "message": on_page(channel, parent)})


def _emit_subtype(core: Core, channel: Channel, subtype: str, body: Json) -> None:
    event = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel.id, **body}
    event |= {"channel_type": _channel_type(channel), "ts": core.workspace.ts()}
    core.emit(event, f"message.{channel.kind}")


def _channel_type(channel: Channel) -> str:
    return {"im": "im", "groups": "group"}.get(channel.kind, "channel")

"""`conversations.*`: channels, who is in them, and what was said there."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.slack import posting
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.webapi.call import MANY, TIERS, ApiError, Call, Method
from bot.sandbox.slack.workspace import APP_ID, BOT_USER, TEAM_ID, Channel

Json = dict[str, Any]

_KINDS: Final = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


def described(call: Call, channel: Channel) -> Json:
    """Return a conversation as Slack describes it."""
    common = {"id": channel.id, "created": 1_700_000_000, "is_archived": channel.is_archived}
    common |= {"context_team_id": TEAM_ID, "updated": 1_700_000_000_000}
    if channel.is_im:
        return common | {"is_im": True, "user": channel.user, "is_org_shared": False, "priority": 0}
    strangers = any(call.core.workspace.users[user].is_stranger for user in channel.members)
    note = {"creator": "", "last_set": 0}
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_general": False,
        "is_shared": strangers,
        "is_ext_shared": strangers,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": BOT_USER in channel.members,
        "topic": {"value": channel.topic, **note},
        "purpose": {"value": channel.topic, **note},
        "previous_names": [],
        "num_members": len(channel.members),
    }


def listed(call: Call, default: str = "public_channel") -> list[Channel]:
    """Return the conversations of the asked-for `types`. Raises ApiError `invalid_types`, `missing_scope`."""
    kinds = []
    for name in (call.text("types") or default).split(","):
        if name.strip() not in _KINDS:
            raise ApiError("invalid_types")
        kinds.append(_KINDS[name.strip()])
        call.needs(f"{kinds[-1]}:read")
    return [
        channel
        for channel in call.core.workspace.channels.values()
        if channel.kind in kinds
        and not (channel.is_private and BOT_USER not in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]


def _list(call: Call) -> Json:
    page, metadata = call.page(listed(call))
    return {"channels": [described(call, channel) for channel in page], "response_metadata": metadata}


def _info(call: Call) -> Json:
    channel = call.channel()
    call.needs(f"{channel.kind}:read")
    body = described(call, channel)
    if call.flag("include_num_members") is False:
        body.pop("num_members", None)
    return {"channel": body}


def _members(call: Call) -> Json:
    channel = call.channel()
    call.needs(f"{channel.kind}:read")
    page, metadata = call.page(channel.members)
    return {"members": page, "response_metadata": metadata}


def _shown(call: Call, channel: Channel, message: Message) -> Json:
    body = posting.as_shown(channel, message)
    if message.metadata and call.flag("include_all_metadata"):
        body["metadata"] = message.metadata | {"app_id": APP_ID} if message.bot_id else message.metadata
    return body


def _in_window(call: Call, message: Message) -> bool:
    oldest, latest, inclusive = call.text("oldest"), call.text("latest"), call.flag("inclusive")
    after = not oldest or float(message.ts) > float(oldest) or (inclusive and message.ts == oldest)
    return after and (not latest or float(message.ts) < float(latest) or (inclusive and message.ts == latest))


def _readable(call: Call) -> Channel:
    channel = call.own_channel()
    call.needs(f"{channel.kind}:history")
    for bound in ("oldest", "latest"):
        if call.text(bound) and not call.text(bound).replace(".", "", 1).isdigit():
            raise ApiError(f"invalid_ts_{bound}")
    return channel


def _history(call: Call) -> Json:
    channel = _readable(call)
    found = [
        message
        for message in reversed(channel.messages.values())
        if not message.reader and not message.thread_ts and _in_window(call, message)
    ]
    page, metadata = call.page(found)
    body: Json = {"messages": [_shown(call, channel, message) for message in page], "pin_count": 0}
    body["has_more"] = bool(metadata["next_cursor"])
    return body | ({"response_metadata": metadata} if body["has_more"] else {})


def _replies(call: Call) -> Json:
    channel = _readable(call)
    asked = channel.messages.get(call.required("ts"))
    if asked is None or asked.reader:
        raise ApiError("thread_not_found")
    parent = channel.messages.get(asked.thread_ts, asked)
    below = [message for message in posting.replies(channel, parent.ts) if _in_window(call, message)]
    page, metadata = call.page([parent, *below], default=1000)
    body: Json = {"messages": [_shown(call, channel, message) for message in page]}
    body["has_more"] = bool(metadata["next_cursor"])
    return body | ({"response_metadata": metadata} if body["has_more"] else {})


def _open(call: Call) -> Json:
    if call.text("channel"):
        return {"channel": {"id": call.own_channel().id}}
    users = [user for user in call.required("users").split(",") if user]
    if len(users) > 1:
        call.needs("mpim:write")
        # The sandbox has no group messages.
        raise ApiError("method_not_supported_for_channel_type")
    user = call.core.workspace.users.get(users[0])
    if user is None:
        raise ApiError("user_not_found")
    if user.deleted:
        raise ApiError("user_disabled")
    if user.is_bot:
        raise ApiError("cannot_dm_bot")
    already = any(channel.user == user.id for channel in call.core.workspace.channels.values())
    channel = call.core.workspace.dm(user.id)
    body: Json = {"channel": {"id": channel.id}}
    if call.flag("return_im"):
        body["channel"] = described(call, channel)
    return body | ({"already_open": True, "no_op": True} if already else {})


def _join(call: Call) -> Json:
    channel = call.channel()
    if channel.is_private or channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    already = BOT_USER in channel.members
    if not already:
        channel.members.append(BOT_USER)
        call.core.live.publish({"type": "people"})
    return {"channel": described(call, channel)} | ({"warning": "already_in_channel"} if already else {})


def _invite(call: Call) -> Json:
    channel = call.own_channel()
    for user_id in call.required("users").split(","):
        user = call.core.workspace.users.get(user_id)
        if user is None or user.deleted:
            raise ApiError("user_not_found")
        if user_id == BOT_USER:
            raise ApiError("cant_invite_self")
        if user_id in channel.members:
            raise ApiError("already_in_channel")
        channel.members.append(user_id)
    call.core.live.publish({"type": "people"})
    return {"channel": described(call, channel)}


METHODS: Final = {
    "conversations.list": Method(_list, per_minute=TIERS[2]),
    "conversations.info": Method(_info),
    "conversations.members": Method(_members, per_minute=TIERS[4]),
    "conversations.history": Method(_history),
    "conversations.replies": Method(_replies),
    "conversations.open": Method(_open, "im:write"),
    "conversations.join": Method(_join, "channels:join"),
    "conversations.invite": Method(_invite, "channels:manage", MANY),
}

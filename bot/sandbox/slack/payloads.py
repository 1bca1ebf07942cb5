"""The payloads of interactions, field for field as Slack sends them.

Source: Slack's reference, "Interaction payloads" and "Slash commands".
"""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.slack import form, posting
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, Channel, User

Json = dict[str, Any]

TOKEN: Final = "verification-token-is-deprecated"  # noqa: S105 - Slack sends one still; nobody may rely on it


def interaction(kind: str, user: User) -> Json:
    """Return what every interaction payload begins with."""
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": APP_ID,
        "token": TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def slash_command(core: Core, user: User, channel: Channel, command: str, text: str) -> Json:
    """Return a slash command's form fields."""
    return {
        "token": TOKEN,
        "team_id": user.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": core.address(f"/commands/{TEAM_ID}/{core.response_urls.issue(channel.id, user.id)}"),
        "trigger_id": core.triggers.issue(user.id),
    }


def action(core: Core, block: Json, element: Json, state: Json) -> Json:
    """Return the entry of `actions` for an element that was used; `state` is what was chosen."""
    body = {"action_id": element["action_id"], "block_id": block["block_id"], "type": element["type"]}
    kept = ["text", "value", "style", "url", "placeholder", "confirm"]
    kept += [form.SHAPES[element["type"]][1]] if element["type"] in form.SHAPES else []
    body |= {key: element[key] for key in kept if key in element}
    return body | state | {"action_ts": core.workspace.ts()}


def on_message(core: Core, user: User, channel: Channel, message: Message) -> Json:
    """Return where an interaction with a message happened: container, channel, message and its state."""
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.reader),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    values = core.message_values.get((user.id, message.ts)) or form.blank(message.blocks)
    body: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": values},
    }
    # Slack keeps no copy of an ephemeral message, so its payload has none.
    return body | ({} if message.reader else {"message": posting.as_shown(channel, message)})


def on_view(view: View) -> Json:
    """Return where an interaction with a view happened."""
    return {"container": {"type": "view", "view_id": view.id}, "view": view.shown()}


def response_url(core: Core, channel: Channel, user: User, message: Message) -> str:
    """Return a new response URL for an interaction with a message."""
    secret = core.response_urls.issue(channel.id, user.id, message.ts, message.thread_ts)
    return core.address(f"/actions/{TEAM_ID}/{secret}")

"""A small app for the page's tests: a form that redraws itself, a card with buttons, a whisper, a Home."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

Json = dict[str, Any]

MANIFEST: Json = {
    "display_information": {"name": "Makegood"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [
            {"command": "/refund", "description": "Ask for a refund", "usage_hint": "[charge]"},
            {"command": "/whisper", "description": "Hear a secret"},
            {"command": "/silence", "description": "Get no answer"},
        ],
        "shortcuts": [{"callback_id": "start", "name": "Start a refund", "type": "message"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "im:write", "users:read"]}},
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["app_home_opened"]},
    },
}
CHARGES = {"Ada North": ("49.00 in March", "49.00 in April"), "Emil Bright": ("120.00 in May",)}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def option(text: str) -> Json:
    return {"text": plain(text), "value": text.lower()}


def labelled(name: str, label: str, element: Json, **more: object) -> Json:
    shown = {**element, "action_id": name}
    return {"type": "input", "block_id": name, "label": plain(label), "element": shown, **more}


def form(reason: str = "") -> Json:
    """Draw the form; one reason asks for more."""
    reasons = {"type": "static_select", "options": [option("Duplicate"), option("Visit")]}
    extra = [labelled("minutes", "Minutes on site", {"type": "number_input", "is_decimal_allowed": False})]
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Refund"),
        "submit": plain("Ask for it"),
        "close": plain("Cancel"),
        "notify_on_close": True,
        "blocks": [
            labelled("charge", "Charge", {"type": "external_select", "min_query_length": 3}),
            labelled("reason", "Reason", reasons, dispatch_action=True),
            *(extra if reason == "visit" else []),
            labelled(
                "note",
                "Note",
                {"type": "plain_text_input", "multiline": True, "max_length": 30},
                hint=plain("What happened."),
            ),
        ],
    }


def card(standing: str, *buttons: Json) -> list[Json]:
    head = [{"type": "header", "text": plain("49.00 USD refund")}, section(standing)]
    return [*head, {"type": "actions", "elements": list(buttons)}] if buttons else head


APPROVE: Json = {"type": "button", "action_id": "approve", "text": plain("Approve"), "style": "primary"}
DENY: Json = {
    "type": "button",
    "action_id": "deny",
    "text": plain("Deny"),
    "style": "danger",
    "confirm": {
        "title": plain("Deny it?"),
        "text": plain("The requester reads it."),
        "confirm": plain("Deny"),
        "deny": plain("Not now"),
    },
}


@dataclass
class Heard:
    """What the app heard of."""

    submitted: list[Json] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


def install(app: AsyncApp) -> Heard:
    """Give the app its listeners."""
    heard = Heard()

    @app.command("/refund")
    async def refund(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form())
        await ack()

    @app.command("/whisper")
    async def whisper(ack: AsyncAck) -> None:
        await ack("Nobody else reads this.")

    @app.shortcut("start")
    async def start(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form())
        await ack()

    @app.options("charge")
    async def charges(ack: AsyncAck, body: Json) -> None:
        found = {name: sums for name, sums in CHARGES.items() if body["value"].lower() in name.lower()}
        groups = [{"label": plain(name), "options": list(map(option, sums))} for name, sums in found.items()]
        await (ack(option_groups=groups) if groups else ack(options=[]))

    @app.action("reason")
    async def redraw(ack: AsyncAck, body: Json, action: Json, client: AsyncWebClient) -> None:
        view = body["view"]
        drawn = form(action["selected_option"]["value"])
        await client.views_update(view_id=view["id"], hash=view["hash"], view=drawn)
        await ack()

    @app.view("form")
    async def submit(ack: AsyncAck, view: Json) -> None:
        values = view["state"]["values"]
        if values["note"]["note"]["value"] == "no":
            await ack(response_action="errors", errors={"note": "Say more than that."})
            return
        heard.submitted.append(values)
        await ack()

    @app.view_closed("form")
    async def closed(ack: AsyncAck, view: Json) -> None:
        heard.closed.append(view["callback_id"])
        await ack()

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        shown = card(f"Approved by <@{body['user']['id']}>")
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text="approved", blocks=shown)
        await ack()

    @app.action("deny")
    async def deny(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text="denied", blocks=card("Denied"))
        await ack()

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        drawn = {"type": "home", "blocks": [section(f"Welcome, <@{event['user']}>")]}
        await client.views_publish(user_id=event["user"], view=drawn)

    return heard

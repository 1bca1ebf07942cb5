"""The stage of these tests: a served local Slack, an app beside it, and the views that they draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack import LocalSlack, Waits

Json = dict[str, Any]

BOT_TOKEN = "xoxb-larkspur-test"
APP_TOKEN = "xapp-larkspur-test"
SIGNING_SECRET = "larkspur-signing-secret"
WAITS = Waits(answer=0.8, trigger=0.8, event_retries=(0.0, 0.01, 0.01))

MANIFEST: Json = {
    "display_information": {"name": "Makegood"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [
            {"command": "/refund", "description": "Ask for a refund", "usage_hint": "charge"},
            {"command": "/raw", "description": "Escapes", "should_escape": True},
        ],
        "shortcuts": [
            {"callback_id": "ask", "name": "Ask for a refund", "type": "global"},
            {"callback_id": "from_message", "name": "Refund this", "type": "message"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": ["chat:write", "commands", "channels:read", "channels:history", "im:write", "users:read"]
        }
    },
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["app_home_opened", "message.channels"]},
    },
}


FORM: Json = {
    "type": "modal",
    "callback_id": "refund",
    "title": {"type": "plain_text", "text": "Refund"},
    "submit": {"type": "plain_text", "text": "Ask"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "amount",
            "label": {"type": "plain_text", "text": "Amount"},
            "element": {
                "type": "number_input",
                "action_id": "amount",
                "is_decimal_allowed": True,
                "min_value": "1",
            },
        },
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "dispatch_action": True,
            "element": {
                "type": "static_select",
                "action_id": "reason",
                "options": [
                    {"text": {"type": "plain_text", "text": word.title()}, "value": word}
                    for word in ("duplicate", "other")
                ],
            },
        },
        {
            "type": "input",
            "block_id": "charge",
            "optional": True,
            "label": {"type": "plain_text", "text": "Charge"},
            "element": {"type": "external_select", "action_id": "charge", "min_query_length": 2},
        },
        {
            "type": "input",
            "block_id": "mail",
            "optional": True,
            "label": {"type": "plain_text", "text": "E-mail"},
            "element": {"type": "email_text_input", "action_id": "mail"},
        },
    ],
}

CARD: list[Json] = [
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "case-7",
                "style": "primary",
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Hold"}, "value": "hold"}],
            },
        ],
    }
]


GOOD: Json = {
    "amount": {"amount": {"value": "49"}},
    "reason": {"reason": {"selected_option": "duplicate"}},
}


@dataclass
class Stage:
    """A local Slack that is being served, and the way to put an app beside it on the same server."""

    slack: LocalSlack
    clock: SandboxClock
    url: str = ""
    app: ASGIApp | None = None
    client: AsyncWebClient = field(init=False)

    def served_at(self, url: str) -> None:
        self.url = self.slack.base_url = url
        self.client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{url}/api/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve Slack, and the app under its own path."""
        if self.app and scope.get("path") == "/slack/events":
            await self.app(scope, receive, send)
            return
        await self.slack.app(scope, receive, send)

    def bolt(self) -> AsyncApp:
        return AsyncApp(client=self.client, signing_secret=SIGNING_SECRET, process_before_response=True)

    def serve_app(self, app: AsyncApp) -> None:
        """Serve a Bolt app over HTTP and send it what people do."""
        handler = AsyncSlackRequestHandler(app)

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        self.app = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
        self.slack.request_url = f"{self.url}/slack/events"

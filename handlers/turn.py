"""What somebody did in Slack, in one value: who, on what, and the ways to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.cards.blocks import Block


@dataclass(frozen=True, slots=True)
class Turn:
    """One command, click, submission or shortcut; `body` is Slack's payload as it came."""

    ack: AsyncAck
    client: AsyncWebClient
    body: dict[str, Any]

    @property
    def user(self) -> str:
        """Who did it: a Slack user id."""
        return str(self.body["user"]["id"] if "user" in self.body else self.body["user_id"])

    @property
    def trigger_id(self) -> str:
        """What opens a form; good once, for three seconds."""
        return str(self.body["trigger_id"])

    @property
    def action_id(self) -> str:
        """Which button or list was used."""
        return str(self.body["actions"][0]["action_id"])

    @property
    def value(self) -> str:
        """The opaque id on the button."""
        return str(self.body["actions"][0]["value"])

    @property
    def chosen(self) -> str:
        """The value that was chosen from a list."""
        return str(self.body["actions"][0]["selected_option"]["value"])

    @property
    def view(self) -> dict[str, Any]:
        """The form or page that it happened in."""
        view: dict[str, Any] = self.body["view"]
        return view

    @property
    def text(self) -> str:
        """What was typed after a command."""
        return str(self.body.get("text", ""))

    async def respond(self, text: str, blocks: list[Block]) -> None:
        """Answer later, to whoever asked alone; in the place of the message that was used, if any."""
        url = str(self.body["response_url"])
        client = AsyncWebhookClient(url, session=self.client.session)
        await client.send(text=text, blocks=blocks, replace_original="actions" in self.body)

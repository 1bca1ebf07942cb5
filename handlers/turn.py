"""What somebody did in Slack, in one value: who, on what, and the ways to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from msgspec import Struct
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.cards import blocks as b
from bot.cards.blocks import Block, Message
from bot.desk.desk import Desk
from bot.directory import error_name
from bot.errors import DeskError

PATIENCE: Final = 2.0
"""Seconds that an answer waits for its content before it says so; Slack gives up after three."""
_UNTIL_IT_IS_THERE: Final = (0.0, 0.5, 2.0)
"""Seconds before each try to find a view that was just shown; after that, somebody has closed it."""


class Turn(Struct, frozen=True):
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

    async def answer(self, desk: Desk, drawing: Awaitable[Message]) -> None:
        """Answer a command with what is drawn; when that takes long, say so and answer later."""
        work = asyncio.ensure_future(drawing)
        done, _ = await asyncio.wait({work}, timeout=PATIENCE)
        if done:
            shown = work.result()
            await self.ack(text=shown.text, blocks=shown.blocks)
            return
        desk.tasks.start(self.answer_later(work), "answer a command")
        await self.ack("⏳ This takes a moment. The answer comes here as soon as it is there.")

    async def answer_later(self, drawing: Awaitable[Message]) -> None:
        """Answer with what is drawn once it is there, or with why it is not."""
        try:
            shown = await drawing
        except DeskError as error:
            shown = Message(str(error), [b.section(f"⛔ {error}")])
        await self.respond(shown.text, shown.blocks)

    async def answer_form(self, desk: Desk, title: str, drawing: Awaitable[Block]) -> None:
        """Answer a form that was sent with the view that is drawn, in its place.

        When that takes long, say so on top of the form, and answer there; what was typed stays below.
        """
        work = asyncio.ensure_future(drawing)
        done, _ = await asyncio.wait({work}, timeout=PATIENCE)
        if done:
            await self.ack(response_action="update", view=work.result())
            return
        desk.tasks.start(self._answer_form_later(work), f"answer {title}")
        wait = [b.section("⏳ This takes a moment. The answer comes here as soon as it is there.")]
        await self.ack(response_action="push", view=b.modal(title, "waiting", wait) | self._on_top)

    async def _answer_form_later(self, drawing: Awaitable[Block]) -> None:
        try:
            shown = await drawing | self._on_top
        except DeskError as error:
            shown = not_done(str(error))
        for seconds in _UNTIL_IT_IS_THERE:
            await asyncio.sleep(seconds)
            try:
                await self.client.views_update(external_id=self._on_top["external_id"], view=shown)
            except SlackApiError as error:
                if error_name(error) != "not_found":
                    raise
            else:
                return

    @property
    def _on_top(self) -> Block:
        """What makes a view findable on top of the form, and closes the form with it."""
        return {"external_id": f"answer-{self.trigger_id}", "clear_on_close": True}

    async def respond(self, text: str, blocks: list[Block]) -> None:
        """Answer later, to whoever asked alone; in the place of the message that was used, if any."""
        url = str(self.body["response_url"])
        client = AsyncWebhookClient(url, session=self.client.session)
        await client.send(text=text, blocks=blocks, replace_original="actions" in self.body)


def not_done(sentence: str, *, over: bool = False) -> Block:
    """Return a view that says why a form was not done; there is a way back to it unless it is over."""
    return b.modal("Not done", "refused", [b.section(f"⛔ {sentence}")], close="Close" if over else "Back")

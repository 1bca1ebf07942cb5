"""A form about one customer: opened by a command or a button, drawn anew at each choice, and sent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import change_form
from bot.cards.blocks import Block
from bot.cards.change_form import Note, Typed
from bot.desk import changes
from bot.desk.desk import Desk
from bot.directory import error_name
from bot.errors import DeskError
from handlers.turn import Turn


class Sent(Struct, frozen=True):
    """A form that was sent: what stands in it, what it keeps for itself, who sent it, and its view's id."""

    typed: Typed
    note: Note
    user: str
    view_id: str


Draw = Callable[[Desk, Note, Typed, str], Awaitable[Block]]
Submit = Callable[[Desk, Sent], Awaitable[Block]]


class CustomerForm(Struct, frozen=True):
    """One such form. `draw` is given its note, what stands in it, and who looks at it."""

    title: str
    command: str
    open_action: str
    draw: Draw
    submit: Submit

    async def from_command(self, desk: Desk, turn: Turn) -> None:
        """Open it for the customer whose address or id was typed."""
        query = turn.text.strip()
        if not query:
            await turn.ack(f"Say whose: `{self.command} dana@example.com` or `{self.command} cus_…`.")
            return
        await self._open(desk, turn, query)

    async def from_button(self, desk: Desk, turn: Turn) -> None:
        """Open it for the customer on the button; it takes the place of the form that asks which one."""
        if (turn.body.get("view") or {}).get("type") == "modal":
            work = self._fill(desk, turn.client, turn.view, turn.value, turn.user)
            desk.tasks.start(work, f"fill {self.title}")
            await turn.ack()
            return
        await self._open(desk, turn, turn.value)

    async def redraw(self, desk: Desk, turn: Turn) -> None:
        """Draw it again for what was chosen."""
        view, user = turn.view, turn.user
        work = self.draw(desk, json.loads(view["private_metadata"]), change_form.read(view), user)
        desk.tasks.start(_update(turn.client, view, self._drawn(work)), f"redraw {self.title}")
        await turn.ack()

    async def sent(self, desk: Desk, turn: Turn) -> None:
        """Do what it asks for and answer in its place; when Stripe is slow, say so and answer later."""
        view = turn.view
        sent = Sent(change_form.read(view), json.loads(view["private_metadata"]), turn.user, view["id"])
        await turn.answer_form(desk, self.title, self.submit(desk, sent))

    async def _open(self, desk: Desk, turn: Turn, query: str) -> None:
        loading = change_form.loading(self.title)
        opened = await turn.client.views_open(trigger_id=turn.trigger_id, view=loading)
        work = self._fill(desk, turn.client, opened["view"], query, turn.user)
        desk.tasks.start(work, f"fill {self.title}")
        await turn.ack()

    async def _fill(
        self, desk: Desk, client: AsyncWebClient, view: dict[str, Any], query: str, user: str
    ) -> None:
        await _update(client, view, self._drawn(self._first(desk, query, user)))

    async def _first(self, desk: Desk, query: str, user: str) -> Block:
        await changes.require_member(desk, user, f"use {self.command}")
        customers = await desk.payments.billing.customers(query)
        if len(customers) > 1:
            return change_form.pick(self.title, self.open_action, customers)
        return await self.draw(desk, {"customer": customers[0].id}, Typed(), user)

    async def _drawn(self, work: Awaitable[Block]) -> Block:
        """Return what `work` draws, or the refusal in words."""
        try:
            return await work
        except DeskError as error:
            return change_form.said(self.title, f"⛔ {error}")


async def _update(client: AsyncWebClient, view: dict[str, Any], work: Awaitable[Block]) -> None:
    shown = await work
    try:
        await client.views_update(view_id=view["id"], hash=view["hash"], view=shown)
    except SlackApiError as error:
        # The form changed meanwhile, or was closed: what stands there now is newer than this.
        if error_name(error) not in {"hash_conflict", "not_found"}:
            raise

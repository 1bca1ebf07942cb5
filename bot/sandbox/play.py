"""What people do and see in the local Slack, one call each: for the tour and for the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from bot.sandbox.slack import LocalSlack, Outcome

Json = dict[str, Any]
ALL_CHECKS: Final = ("email", "organisation", "tenant")


class Play:
    """The people of one local Slack."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack

    async def line(self, who: str, channel: str, text: str) -> str:
        """Type `/refund` with `text`; return what they are told, or nothing when a form opened."""
        outcome = await self.slack.command(who, channel, "/refund", text)
        if not outcome.ts:
            return outcome.error
        return words(self._at(channel, outcome.ts, who))

    async def open_form(self, who: str, channel: str) -> Json:
        """Type `/refund` alone and return the form."""
        await self.slack.command(who, channel, "/refund")
        return await self.modal(who, "refund_form")

    async def ask(
        self,
        who: str,
        channel: str,
        query: str,
        charge: str,
        *,
        checks: Sequence[str] = ALL_CHECKS,
        chargeback: str = "none",
        **fields: str,
    ) -> Outcome:
        """Open the form, look for `query`, pick `charge`, fill the other fields, and send it."""
        view_id = (await self.open_form(who, channel))["id"]
        return await self.send_form(
            who, view_id, query, charge, checks=checks, chargeback=chargeback, **fields
        )

    async def send_form(
        self,
        who: str,
        view_id: str,
        query: str,
        charge: str,
        *,
        checks: Sequence[str] = ALL_CHECKS,
        chargeback: str = "none",
        **fields: str,
    ) -> Outcome:
        """Fill an open form and send it; `reason`, `source`, `wish`, … are choices, the rest is typed."""
        await self.slack.options(who, "charge", query, view_id=view_id)
        await self._choose(who, view_id, "charge", charge)
        if "reason" in fields:
            await self._choose(who, view_id, "reason", fields["reason"])
        shown = {block["block_id"] for block in (self.slack.modal(who) or {"blocks": []})["blocks"]}
        state: Json = {name: {name: _value(name, value)} for name, value in fields.items() if name in shown}
        state["identity"] = {"identity": {"selected_options": list(checks)}}
        state["chargeback"] = {"chargeback": {"selected_option": chargeback}}
        return await self.slack.submit(who, view_id, state)

    async def modal(self, who: str, callback_id: str) -> Json:
        """Wait for a modal and return it."""
        await self.slack.until(lambda: (self.slack.modal(who) or {}).get("callback_id") == callback_id)
        found = self.slack.modal(who)
        assert found is not None  # noqa: S101  # it was there a moment ago
        return found

    def told(self, who: str) -> str:
        """Return what the modal on top of somebody's screen says."""
        return words(self.slack.modal(who) or {})

    async def click(self, who: str, channel: str, action_id: str, of: str = "") -> Outcome:
        """Press a button of the newest card in a channel (whose words contain `of`)."""
        return await self.slack.click(who, action_id, channel=channel, ts=self.card(channel, who, of)["ts"])

    async def say_why(self, who: str, sentence: str, **chosen: str) -> Outcome:
        """Write the sentence that the modal on top asks for, and send it."""
        await self.slack.until(lambda: self.slack.modal(who))
        view = self.slack.modal(who) or {}
        state: Json = {"sentence": {"sentence": {"value": sentence}}}
        state |= {name: {name: {"selected_option": value}} for name, value in chosen.items()}
        return await self.slack.submit(who, view["id"], state)

    def cards(self, channel: str, viewer: str, of: str = "") -> list[Json]:
        """Return a channel's cards whose words contain `of`, oldest first, as `viewer` sees them."""
        return [
            message
            for message in self.slack.messages(channel, viewer)
            if message["bot"] and not message["ephemeral"] and of in words(message)
        ]

    def card(self, channel: str, viewer: str, of: str = "") -> Json:
        """Return the newest card in a channel. Raises LookupError when there is none."""
        found = self.cards(channel, viewer, of)
        if not found:
            raise LookupError(f"no card in {channel} says “{of}”")
        return found[-1]

    def trail(self, channel: str, viewer: str, of: str = "") -> list[str]:
        """Return what the newest card's thread says."""
        ts = self.card(channel, viewer, of)["ts"]
        return [words(message) for message in self.slack.thread(channel, ts, viewer)]

    def whispers(self, channel: str, who: str) -> list[str]:
        """Return what only this person was told in a channel."""
        return [words(message) for message in self.slack.messages(channel, who) if message["ephemeral"]]

    def direct(self, who: str) -> list[str]:
        """Return what Makegood told this person directly."""
        return [words(message) for message in self.slack.dm(who)]

    async def until(self, holds: Callable[[], object], within: float = 15.0) -> None:
        """Wait until something holds. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not _holds(holds):  # noqa: ASYNC110  # the world outside tells nobody
                await asyncio.sleep(0.01)

    async def _choose(self, who: str, view_id: str, name: str, value: str) -> None:
        """Choose from a list that reports it, and wait until the form was drawn again."""
        before = (self.slack.modal(who) or {}).get("hash")
        chosen = {"selected_option": value}
        outcome = await self.slack.click(who, name, view_id=view_id, block_id=name, chosen=chosen)
        if outcome.ok:
            await self.slack.until(lambda: (self.slack.modal(who) or {}).get("hash") != before)

    def _at(self, channel: str, ts: str, who: str) -> Json:
        return next(message for message in self.slack.messages(channel, who) if message["ts"] == ts)


def words(shown: Json) -> str:
    """Return all that a message or a modal says, a line a block."""
    return "\n".join(filter(None, (_words_of(block) for block in shown.get("blocks") or ()))) or shown.get(
        "text", ""
    )


def _words_of(block: Json) -> str:
    texts = [block.get("text"), *(block.get("fields") or ()), *_elements(block), block.get("label")]
    return "\n".join(_text(one) for one in texts if one)


def _elements(block: Json) -> list[Any]:
    return [one.get("text", one) for one in block.get("elements") or () if isinstance(one, dict)]


def _text(one: Any) -> str:  # noqa: ANN401  # a text object, or its text
    return str(one.get("text", "")) if isinstance(one, dict) else str(one)


def _value(name: str, value: str) -> Json:
    if name in {"reason", "source", "wish", "sla_met", "complex", "issue"}:
        return {"selected_option": value}
    return {"value": value}


def _holds(condition: Callable[[], object]) -> bool:
    """Ask the condition; what it looks for may not be there yet."""
    try:
        return bool(condition())
    except LookupError:
        return False

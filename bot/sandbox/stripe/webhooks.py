"""Webhook delivery: signed, redelivered when unanswered, and held, missed, repeated or forged on request."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import httpx
import msgspec

from bot.sandbox.stripe.errors import Record
from bot.sandbox.stripe.ledger import API_VERSION, new_id

_WAITS: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before each attempt; Stripe goes on for three days."""
_ANSWER_SECONDS: Final = 10.0
_STALE_SECONDS: Final = 600
_LOG_LENGTH: Final = 1000


class Mode(StrEnum):
    """What happens to new events."""

    DELIVER = "deliver"
    HOLD = "hold"
    MISS = "miss"


class Trick(StrEnum):
    """Deliveries that a receiver has to refuse or to pass over."""

    FORGED = "forged"
    """Signed with another secret."""
    STALE = "stale"
    """Signed properly, ten minutes ago."""
    OTHER_MODE = "other_mode"
    """Of the live mode, properly signed."""
    UNKNOWN_TYPE = "unknown_type"
    """Of a type that no version of the API has."""


class Webhooks:
    """Sends events to `url` (None: nowhere) from background tasks of the running loop."""

    def __init__(self, secret: str, url: str | None) -> None:
        self._secret = secret
        self.url = url
        self.mode = Mode.DELIVER
        self.held: list[Record] = []
        self.log: deque[Record] = deque(maxlen=_LOG_LENGTH)
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, event: Record) -> None:
        """Take a new event: send it, keep it back or lose it, as the mode says."""
        if self.url is None or self.mode is Mode.MISS:
            return
        event["pending_webhooks"] = 1
        if self.mode is Mode.HOLD:
            self.held.append(event)
            return
        task = asyncio.get_running_loop().create_task(self._deliver(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def release(self, event_ids: Sequence[str] | None = None, copies: int = 1) -> int:
        """Send held events one after the other, in the order of `event_ids` (None: as they came).

        Each is sent `copies` times; releasing all of them ends the hold. Returns how many were sent.
        Raises KeyError for an event that is not held.
        """
        waiting = {event["id"]: event for event in self.held}
        events = self.held if event_ids is None else [waiting[one] for one in event_ids]
        self.held = [event for event in self.held if event not in events]
        if event_ids is None:
            self.mode = Mode.DELIVER
        for event in events:
            for _ in range(copies):
                await self._deliver(event)
        return len(events)

    async def redeliver(self, event: Record) -> int | None:
        """Send an event once more and return the status of the answer, None without one."""
        return await self._attempt(event, self._secret, time.time())

    async def play(self, trick: Trick, event: Record) -> int | None:
        """Send, once, a copy of `event` that has something wrong; return the status of the answer."""
        copy = {**event, "id": new_id("evt_1")}
        if trick is Trick.FORGED:
            return await self._attempt(copy, "whsec_somebody_else", time.time())
        if trick is Trick.STALE:
            return await self._attempt(copy, self._secret, time.time() - _STALE_SECONDS)
        if trick is Trick.OTHER_MODE:
            copy["livemode"] = True
        if trick is Trick.UNKNOWN_TYPE:
            copy["type"] = "weather.forecast.updated"
        return await self._attempt(copy, self._secret, time.time())

    def start_over(self) -> None:
        """Forget what is held and deliver again from now on."""
        self.mode = Mode.DELIVER
        self.held = []
        self.log.clear()

    async def idle(self) -> None:
        """Wait until no delivery is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Stop what is under way and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _deliver(self, event: Record) -> None:
        for wait in _WAITS:
            await asyncio.sleep(wait)
            status = await self._attempt(event, self._secret, time.time())
            if status is not None and 200 <= status < 300:
                event["pending_webhooks"] = 0
                return

    async def _attempt(self, event: Record, secret: str, signed_at: float) -> int | None:
        if self.url is None:
            return None
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False)
        body = msgspec.json.encode({**event, "api_version": API_VERSION})
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, secret, int(signed_at)),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        status: int | None = None
        try:
            status = (await self._client.post(self.url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            status = None
        self.log.append({"event": event["id"], "type": event["type"], "status": status})
        return status


def signature(body: bytes, secret: str, at: int) -> str:
    """Return the `Stripe-Signature` header of a body signed at Unix time `at` (guide: "Verify manually")."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"

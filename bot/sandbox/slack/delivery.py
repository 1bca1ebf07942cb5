"""What Slack sends the app: signed HTTP requests, or Socket Mode envelopes while a socket is connected.

Source: Slack, "Verifying requests from Slack", "Slash commands", "The Events API".
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final, Literal
from urllib.parse import urlencode

import httpx
import msgspec
from msgspec import Struct

from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.live import Live
from bot.sandbox.slack.sockets import Sockets

Json = dict[str, Any]
Kind = Literal["slash_commands", "interactive", "events_api"]

_STALE: Final = 301
"""Seconds after which a signature is too old; Slack's limit is five minutes."""


class Waits(Struct, frozen=True):
    """Slack's patience, in seconds of the machine's time; tests make it shorter.

    `answer` is for an acknowledgement, `trigger` the life of a trigger id, `event_retries` the pauses
    before each repetition of an event that nobody took.
    """

    answer: float = 3.0
    trigger: float = 3.0
    event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)


class Answer(Struct, frozen=True):
    """How the app answered. `failure` is what the person is told: `operation_timeout`, `dispatch_failed`."""

    status: int = 200
    body: Json = {}
    failure: str = ""
    retry: bool = True


class Sent(Struct, frozen=True):
    """One delivery as it went out: the exact body and headers over HTTP, or the envelope of a socket."""

    kind: Kind
    payload: Json
    body: bytes = b""
    headers: dict[str, str] = {}
    envelope: Json | None = None


class Delivery:
    """Brings payloads to the app. `copies` is how often the next one goes out, at the same instant."""

    def __init__(self, installation: Installation, sockets: Sockets, live: Live, waits: Waits) -> None:
        self.request_url: str | None = None
        self.copies = 1
        self.sent: deque[Sent] = deque(maxlen=500)
        self._installation = installation
        self._sockets = sockets
        self._live = live
        self._waits = waits
        self._client = httpx.AsyncClient(timeout=None)  # noqa: S113 - the wait is ours: Waits.answer
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(
        self, kind: Kind, payload: Json, *, wants_body: bool, retry: int = 0, reason: str = ""
    ) -> Answer:
        """Deliver a payload and return the app's answer; of copies, the first one's."""
        sent = self._packed(kind, payload, wants_body, retry, reason)
        copies, self.copies = self.copies, 1
        self.sent.append(sent)
        answers = await asyncio.gather(*(self._dispatch(sent) for _ in range(copies)))
        self._live.stir()
        return answers[0]

    def send_event(self, event: Json, team_id: str, app_id: str, bot_user: str) -> None:
        """Deliver an event in the background, repeated until the app takes it or Slack gives up."""
        envelope = {
            "token": "verification-token-is-deprecated",
            "team_id": team_id,
            "api_app_id": app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(float(event["event_ts"])),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team_id,
                    "user_id": bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
        self._background(self._until_taken(envelope))

    async def replay(self, times: int = 1) -> list[Answer]:
        """Send the last delivery again, byte for byte; `times` copies at the same instant."""
        last = self.sent[-1]
        return list(await asyncio.gather(*(self._dispatch(last) for _ in range(times))))

    async def replay_stale(self) -> Answer:
        """Send the last delivery with a signature that is right but more than five minutes old."""
        last = self.sent[-1]
        return await self._post(last.body, self._signed(last.kind, last.body, int(time.time()) - _STALE))

    async def replay_forged(self) -> Answer:
        """Send the last delivery with a signature that somebody else made."""
        last = self.sent[-1]
        return await self._post(
            last.body, self._signed(last.kind, last.body) | {"X-Slack-Signature": "v0=" + "0" * 64}
        )

    async def aclose(self) -> None:
        """Stop what is under way and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def _until_taken(self, envelope: Json) -> None:
        answer = await self.send("events_api", envelope, wants_body=False)
        for number, pause in enumerate(self._waits.event_retries, start=1):
            if not answer.failure or not answer.retry:
                return
            await asyncio.sleep(pause)
            reason = "http_timeout" if answer.failure == "operation_timeout" else "http_error"
            answer = await self.send("events_api", envelope, wants_body=False, retry=number, reason=reason)

    def _packed(self, kind: Kind, payload: Json, wants_body: bool, retry: int, reason: str) -> Sent:  # noqa: FBT001 - a field of Slack's envelope
        if self._sockets.connected:
            envelope = {
                "envelope_id": secrets.token_hex(16),
                "type": kind,
                "accepts_response_payload": wants_body,
                "payload": payload,
            }
            if kind == "events_api":
                envelope |= {"retry_attempt": retry, "retry_reason": reason.removeprefix("http_")}
            return Sent(kind, payload, envelope=envelope)
        body = _encoded(kind, payload)
        headers = self._signed(kind, body)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        return Sent(kind, payload, body, headers)

    async def _dispatch(self, sent: Sent) -> Answer:
        if sent.envelope is None:
            return await self._post(sent.body, sent.headers)
        body = await self._sockets.send(sent.envelope, self._waits.answer)
        if body is None:
            return Answer(0, failure="operation_timeout")
        return Answer(200, body if sent.envelope["accepts_response_payload"] else {})

    async def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        if self.request_url is None:
            return Answer(0, failure="dispatch_failed")
        try:
            async with asyncio.timeout(self._waits.answer):
                response = await self._client.post(self.request_url, content=body, headers=headers)
        except TimeoutError:
            return Answer(0, failure="operation_timeout")
        except httpx.HTTPError:
            return Answer(0, failure="dispatch_failed")
        retry = response.headers.get("x-slack-no-retry") != "1"
        if response.status_code != httpx.codes.OK:
            return Answer(response.status_code, failure="dispatch_failed", retry=retry)
        return Answer(response.status_code, _read(response))

    def _signed(self, kind: Kind, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        at = timestamp if timestamp is not None else int(time.time())
        key = self._installation.signing_secret.encode()
        signature = hmac.new(key, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        form = "application/x-www-form-urlencoded"
        return {
            "Content-Type": "application/json" if kind == "events_api" else form,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": str(at),
            "X-Slack-Signature": f"v0={signature}",
        }

    def _background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _encoded(kind: Kind, payload: Json) -> bytes:
    match kind:
        case "slash_commands":
            return urlencode(payload).encode()
        case "interactive":
            return urlencode({"payload": msgspec.json.encode(payload).decode()}).encode()
        case "events_api":
            return msgspec.json.encode(payload)


def _read(response: httpx.Response) -> Json:
    """Return the acknowledgement's body; Slack takes bare text as a message's text."""
    if not response.content.strip():
        return {}
    if response.headers.get("content-type", "").startswith("application/json"):
        body: Json = msgspec.json.decode(response.content)
        return body
    return {"text": response.text}

"""What Slack lends an app for a moment: trigger ids, response URLs and upload addresses."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.sandbox.clock import SandboxClock

RESPONSE_URL_USES: Final = 5
RESPONSE_URL_LIFE: Final = timedelta(minutes=30)
_KEPT: Final = 10_000
"""Triggers and response URLs that are remembered at once; the oldest are forgotten first."""


@dataclass
class _Trigger:
    user: str
    issued: float
    exchanged: bool = False


class TriggerRefusedError(ValueError):
    """A trigger id that cannot be exchanged; its text is Slack's error name."""


class Triggers:
    """Trigger ids: `life` seconds of the machine's time, one use."""

    def __init__(self, life: float) -> None:
        self._life = life
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user: str) -> str:
        """Return a new trigger id for what `user` just did."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = _Trigger(user, time.monotonic())
        if len(self._issued) > _KEPT:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """Use the trigger up and return its user. Raises TriggerRefusedError with Slack's error name."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise TriggerRefusedError("invalid_trigger_id")
        if trigger.exchanged:
            raise TriggerRefusedError("exchanged_trigger_id")
        if time.monotonic() - trigger.issued > self._life:
            raise TriggerRefusedError("expired_trigger_id")
        trigger.exchanged = True
        return trigger.user


@dataclass
class ResponseUrl:
    """Where a `response_url` answers: `user` in `channel`, about message `ts` (empty for a command)."""

    channel: str
    user: str
    ts: str
    thread_ts: str
    issued_at: datetime
    uses: int = 0


class ResponseUrls:
    """Response URLs: five uses within thirty minutes of the sandbox's time ("Handling user interaction")."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, channel: str, user: str, ts: str = "", thread_ts: str = "") -> str:
        """Return the secret path of a new response URL."""
        path = f"{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        self._issued[path] = ResponseUrl(channel, user, ts, thread_ts, self._clock.now())
        if len(self._issued) > _KEPT:
            del self._issued[next(iter(self._issued))]
        return path

    def find(self, path: str) -> ResponseUrl | None:
        """Return a response URL that may still be used."""
        url = self._issued.get(path)
        if url is None or url.uses >= RESPONSE_URL_USES:
            return None
        return url if self._clock.now() - url.issued_at <= RESPONSE_URL_LIFE else None


@dataclass
class Upload:
    """A file: announced, then sent, then completed. `user` is who attached it; empty: the app.

    An external one is kept elsewhere, such as on a drive, and Slack only knows its address.
    """

    file_id: str
    name: str
    length: int
    content: bytes | None = None
    completed: bool = False
    user: str = ""
    is_external: bool = False

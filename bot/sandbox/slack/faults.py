"""Trouble on demand: which Web API calls fail next, and how; and Slack's rate limits when they are on."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Kind = Literal["rate_limit", "down", "execute_then_drop", "drop", "delay", "error"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)


@dataclass
class Fault:
    """What befalls the next `times` calls of `method` (`*`: any). `retry_after` and `seconds` are in seconds.

    `execute_then_drop` does the work and then breaks the connection; `drop` breaks it before.
    """

    method: str
    kind: Kind
    error: str = "internal_error"
    times: int = 1
    retry_after: int = 1
    seconds: float = 1.0


@dataclass
class Faults:
    """The faults that are still to come, in the order in which they were asked for."""

    pending: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Plan a fault. Raises ValueError for a kind that does not exist."""
        if fault.kind not in KINDS:
            raise ValueError(f"There is no fault “{fault.kind}”; there are {', '.join(KINDS)}.")
        self.pending.append(fault)

    def next(self, method: str) -> Fault | None:
        """Return the fault for this call of `method`, and count it as used."""
        for fault in self.pending:
            if fault.method in {method, "*"}:
                fault.times -= 1
                self.pending = [planned for planned in self.pending if planned.times > 0]
                return fault
        return None


_WINDOW: Final = 60.0


class RateLimits:
    """Slack's limits: so many calls of a method a minute, and about one posted message a second a channel.

    Source: Slack, "Rate limits". Seconds are the machine's, as they would be in Slack.
    """

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, method: str, per_minute: int, channel: str = "") -> int:
        """Count a call. Return 0, or the whole seconds after which it may be tried again."""
        if method == "chat.postMessage":
            return self._take(f"{method} {channel}", 3, 3.0)
        return self._take(method, per_minute, _WINDOW)

    def _take(self, key: str, most: int, window: float) -> int:
        now, seen = time.monotonic(), self._calls[key]
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) >= most:
            return int(seen[0] + window - now) + 1
        seen.append(now)
        return 0

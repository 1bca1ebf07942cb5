"""Faults that somebody arranges for coming requests: lost answers, locks, limits, failures and delays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.sandbox.stripe.errors import Record


class FaultKind(StrEnum):
    """What goes wrong."""

    EXECUTE_THEN_DROP = "execute_then_drop"
    """Do it, then cut the connection without an answer."""
    DROP = "drop"
    """Cut the connection before doing it."""
    TRUNCATE = "truncate"
    """Do it, then send half of the body and cut the connection."""
    CONFLICT = "conflict"
    """409: the idempotency key is in use."""
    RATE_LIMIT = "rate_limit"
    """429 with `Retry-After`."""
    STORED_500 = "stored_500"
    """500, stored for the key; done or not, as `executed` says."""
    PLAIN_500 = "plain_500"
    """500; not done, not stored."""
    DELAY = "delay"
    """Wait, then do it."""
    EXECUTE_THEN_DELAY = "execute_then_delay"
    """Do it, send its webhooks, wait, then answer."""
    REFUSE = "refuse"
    """An error with `code` and `status`; not done."""


@dataclass(slots=True)
class Fault:
    """One arranged fault; `path` may hold `*`. `seconds` is the delay, or the time of `Retry-After`."""

    kind: FaultKind
    method: str = "POST"
    path: str = "/v1/refunds"
    times: int = 1
    seconds: float = 0.2
    executed: bool = True
    status: int = 400
    code: str = "charge_already_refunded"
    error_type: str = "invalid_request_error"
    message: str = "The request was refused."

    @classmethod
    def from_json(cls, given: Record) -> Fault:
        """Read a fault. Raises ValueError for an unknown kind or field, or a number that is out of range."""
        unknown = set(given) - set(cls.__slots__)
        if unknown:
            raise ValueError(f"A fault has no field {', '.join(sorted(unknown))}.")
        if "kind" not in given or given["kind"] not in list(FaultKind):
            raise ValueError(f"A fault needs a kind out of {', '.join(FaultKind)}.")
        fault = cls(**{**given, "kind": FaultKind(given["kind"])})
        if fault.times < 1 or fault.seconds < 0:
            raise ValueError("A fault happens at least once and takes no negative time.")
        return fault

    def to_json(self) -> Record:
        """Return it as `from_json` reads it."""
        return asdict(self)


class Faults:
    """The arranged faults, first come, first served."""

    def __init__(self) -> None:
        self._arranged: list[Fault] = []

    def arrange(self, fault: Fault) -> None:
        """Let it happen to the next request that matches."""
        self._arranged.append(fault)

    def clear(self) -> None:
        """Let nothing more go wrong."""
        self._arranged.clear()

    def arranged(self) -> list[Fault]:
        """Return what is still to happen."""
        return list(self._arranged)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault of this request, if any, and count it as happened."""
        for fault in self._arranged:
            if fault.method == method and fnmatchcase(path, fault.path):
                fault.times -= 1
                if not fault.times:
                    self._arranged.remove(fault)
                return fault
        return None

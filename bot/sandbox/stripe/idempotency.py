"""Idempotency keys of POST requests, kept for 24 hours ("Idempotent requests" in the API reference)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from bot.sandbox.stripe.errors import ApiError

_KEPT_SECONDS: Final = 24 * 3600
_KEY_LENGTH: Final = 255


class Answer(Struct, frozen=True):
    """What goes back over the wire; `executed` says that the endpoint began, so a key is used up."""

    status: int
    body: bytes
    request_id: str
    executed: bool = False
    headers: dict[str, str] = {}


@dataclass(slots=True)
class _Use:
    path: str
    body: bytes
    begun: int
    busy: bool = True
    answer: Answer | None = None


class IdempotencyKeys:
    """The keys seen so far, with the answer that each one stands for. Times are Unix seconds."""

    def __init__(self) -> None:
        self._uses: dict[str, _Use] = {}

    def begin(self, key: str, path: str, body: bytes, now: int) -> Answer | None:
        """Return the stored answer to replay, or None after locking the key for a first execution.

        Raises ApiError: 400 for other parameters or another endpoint, 409 while the key is in use.
        """
        if len(key) > _KEY_LENGTH:
            raise ApiError(400, f"Idempotency keys can be up to {_KEY_LENGTH} characters long.")
        use = self._uses.get(key)
        if use is None or (not use.busy and now - use.begun >= _KEPT_SECONDS):
            self._uses[key] = _Use(path, body, now)
            return None
        if use.path != path:
            raise _reused(f"for the same endpoint they were first used for ('{path}' vs '{use.path}')", key)
        if use.body != body:
            raise _reused("with the same parameters they were first used with", key)
        if use.busy or use.answer is None:
            raise in_use(key)
        return use.answer

    def keep(self, key: str, answer: Answer) -> None:
        """Let a key stand for its answer from the execution on, whether or not anybody waits to hear it."""
        if answer.executed:
            self._uses[key].answer = answer

    def finish(self, key: str) -> None:
        """Unlock a key; it is forgotten when nothing was executed."""
        use = self._uses[key]
        use.busy = False
        if use.answer is None:
            del self._uses[key]

    def clear(self) -> None:
        """Forget every key."""
        self._uses.clear()


def in_use(key: str) -> ApiError:
    """Return the refusal of a key whose first request has not been answered yet."""
    return ApiError(
        409,
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}. Please try again later.",
        kind="idempotency_error",
        code="idempotency_key_in_use",
    )


def _reused(how: str, key: str) -> ApiError:
    return ApiError(
        400,
        f"Keys for idempotent requests can only be used {how}. Try using a key other than '{key}' if you "
        "meant to execute a different request.",
        kind="idempotency_error",
    )

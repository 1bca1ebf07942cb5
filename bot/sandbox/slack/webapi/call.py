"""One call of a Web API method: its arguments, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import Struct

from bot.sandbox.slack.core import Core
from bot.sandbox.slack.workspace import BOT_USER, Channel, User

Json = dict[str, Any]

TIERS: Final = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute of Slack's tiers ("Rate limits")."""
MANY: Final = 600
"""Calls a minute of the methods that Slack limits specially and generously."""


class ApiError(Exception):
    """A refusal. `error` is Slack's error name; `extra` goes into the answer beside it."""

    def __init__(self, error: str, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.extra: Json = extra


class Method(Struct, frozen=True):
    """A Web API method: the scope that it needs (empty: none), its calls a minute, and what it does."""

    run: Callable[[Call], Json]
    scope: str = ""
    per_minute: int = TIERS[3]


@dataclass
class Call:
    """A call with a good token. Arguments may be JSON, or strings as forms and queries carry them."""

    core: Core
    method: str
    args: Json = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a string argument, empty when it is missing."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """Return a string argument. Raises ApiError `invalid_arguments` when it is missing or empty."""
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """Return a true-or-false argument, however the client wrote it."""
        return self.text(name).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        """Return a whole number. Raises ApiError `invalid_arguments` for anything else."""
        value = self.text(name)
        if value and not value.isdigit():
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]")
        return int(value) if value else default

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:  # noqa: ANN401 - any JSON
        """Return a JSON argument, decoded when it came as a string. Raises ApiError `error`."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError as broken:
            raise ApiError(error) from broken

    def needs(self, scope: str) -> None:
        """Raise ApiError `missing_scope` unless the app was granted `scope`."""
        granted = self.core.installation.scopes
        if granted is not None and scope not in granted:
            raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(granted)))

    def may(self, scope: str) -> bool:
        """Whether the app was granted `scope`."""
        granted = self.core.installation.scopes
        return granted is None or scope in granted

    def channel(self, name: str = "channel") -> Channel:
        """Return the conversation of an argument. Raises ApiError `channel_not_found`."""
        found = self.core.workspace.channels.get(self.required(name))
        if found is None or (found.is_private and BOT_USER not in found.members):
            raise ApiError("channel_not_found")
        return found

    def own_channel(self, name: str = "channel") -> Channel:
        """Return a conversation that the app is in. Raises ApiError `not_in_channel`, `is_archived`."""
        found = self.channel(name)
        if BOT_USER not in found.members:
            raise ApiError("not_in_channel")
        return found

    def user(self, name: str = "user") -> User:
        """Return the person of an argument. Raises ApiError `user_not_found`."""
        found = self.core.workspace.users.get(self.required(name))
        if found is None:
            raise ApiError("user_not_found")
        return found

    def page(self, items: list[Any], default: int = 100, most: int = 1000) -> tuple[list[Any], Json]:
        """Cut a list by `limit` and `cursor`. Raises ApiError `invalid_cursor`, `invalid_limit`."""
        limit = self.number("limit", default)
        if not 1 <= limit <= most:
            raise ApiError("invalid_limit")
        cursor = self.text("cursor")
        if cursor and not cursor.removeprefix("next:").isdigit():
            raise ApiError("invalid_cursor")
        start = int(cursor.removeprefix("next:") or 0)
        more = start + limit < len(items)
        return items[start : start + limit], {"next_cursor": f"next:{start + limit}" if more else ""}


def invalid_arguments(*messages: str) -> ApiError:
    """Return the refusal of arguments, with Slack's complaints about them."""
    complaints = [f"[ERROR] {message}" for message in messages]
    return ApiError("invalid_arguments", response_metadata={"messages": complaints})

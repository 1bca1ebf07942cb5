"""What every act of a person begins with and ends in."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from bot.sandbox.slack import posting
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


class Outcome(Struct, frozen=True):
    """What a person sees of their act.

    `error` is empty or a name: `operation_timeout`, `dispatch_failed`, `invalid_response`, …;
    `errors` are sentences at a form's fields, by block id; `messages` say what was invalid in the app's
    answer; `ts` is the message that the act made.
    """

    ok: bool = True
    error: str = ""
    errors: dict[str, str] = {}
    messages: list[str] = []
    ts: str = ""


class NotPossibleError(ValueError):
    """An act that Slack does not let this person do; its text is the error's name."""


def failed(error: str, *messages: str) -> Outcome:
    """Return the outcome of an act that came to nothing."""
    return Outcome(ok=False, error=error, messages=list(messages))


class Acting:
    """The ground of all acts: who may do something, and where."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def _person(self, user: str) -> User:
        found = self.core.workspace.users.get(user)
        if found is None or found.is_bot:
            raise NotPossibleError("user_not_found")
        if found.deleted:
            raise NotPossibleError("account_inactive")
        return found

    def _place(self, user: str, channel: str) -> Channel:
        found = self.core.workspace.channel(channel)
        if found is None:
            raise NotPossibleError("channel_not_found")
        if user not in found.members:
            raise NotPossibleError("not_in_channel")
        return found

    def _message(self, user: str, channel: Channel, ts: str) -> Message:
        found = channel.messages.get(ts)
        if found is None or not posting.visible_to(found, user):
            raise NotPossibleError("message_not_found")
        return found

"""The workspace that the local Slack holds: its people, channels and user groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack.messages import Message

Json = dict[str, Any]

TEAM_ID: Final = "T07LARKSPR1"
TEAM_NAME: Final = "Larkspur"
TEAM_DOMAIN: Final = "larkspur"
OTHER_TEAM_ID: Final = "T05QUAYSIDE"
APP_ID: Final = "A08MAKEGOOD"
BOT_ID: Final = "B08MAKEGOOD"
BOT_USER: Final = "U08MAKEGOOD"
SLACKBOT: Final = "USLACKBOT"


@dataclass
class User:
    """A person or a bot. `tz` is an IANA name; an `is_stranger` comes through Slack Connect."""

    id: str
    name: str
    real_name: str
    title: str = ""
    tz: str = "Europe/London"
    color: str = "5b3df5"
    team_id: str = TEAM_ID
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False

    @property
    def email(self) -> str:
        """The address at work; a stranger's belongs to their own company."""
        return f"{self.name}@{'quayside' if self.is_stranger else TEAM_DOMAIN}.example"

    @property
    def display_name(self) -> str:
        """What the channel shows: the first name, a bot's whole name."""
        return self.real_name.split()[0]


@dataclass
class Channel:
    """A channel, or a direct message with the app: then `id` starts with D and `user` is the person."""

    id: str
    name: str
    topic: str = ""
    user: str = ""
    is_private: bool = False
    is_archived: bool = False
    members: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_im(self) -> bool:
        """Whether it is a direct message."""
        return bool(self.user)

    @property
    def kind(self) -> str:
        """Slack's word for it in scopes and event types: channels, groups or im."""
        if self.is_im:
            return "im"
        return "groups" if self.is_private else "channels"


@dataclass
class Group:
    """A user group, mentioned as `<!subteam^id>`."""

    id: str
    handle: str
    name: str
    members: list[str]


@dataclass
class Workspace:
    """All that people and the app share. Ids and timestamps are unique for its life."""

    clock: SandboxClock
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    paid_plan: bool = True
    _serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _last_ts: int = 0

    def ts(self) -> str:
        """Return the present as a message timestamp, `seconds.microseconds`, never the same one twice."""
        self._last_ts = max(int(self.clock.now().timestamp() * 1_000_000), self._last_ts + 1)
        seconds, micros = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def new_id(self, prefix: str) -> str:
        """Return an id that looks like Slack's: the prefix and ten characters."""
        return f"{prefix}0{_base36(46_656_000_000 + next(self._serial) * 7_919):0>9}"[:11]

    def channel(self, reference: str) -> Channel | None:
        """Find a channel by id or by name, with or without its `#`."""
        found = self.channels.get(reference)
        if found:
            return found
        name = reference.removeprefix("#")
        return next((c for c in self.channels.values() if c.name == name and not c.is_im), None)

    def dm(self, user: str) -> Channel:
        """Return the direct message between `user` and the app, opening it when there is none."""
        for channel in self.channels.values():
            if channel.user == user:
                return channel
        opened = Channel(self.new_id("D"), "directmessage", user=user, members=[user, BOT_USER])
        self.channels[opened.id] = opened
        return opened

    def tz_offset(self, user: User) -> int:
        """Return the user's present offset from UTC, in seconds."""
        offset = self.clock.now().astimezone(ZoneInfo(user.tz)).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def at(self, ts: str) -> datetime:
        """Return the moment of a timestamp, in UTC."""
        return datetime.fromtimestamp(float(ts), tz=self.clock.now().tzinfo)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest] + digits
    return digits

"""Who is who and where: routes' channels, their approvers, and whether a person may decide.

What Slack said is believed for a minute at most. When Slack cannot be asked, the answer is no.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConfigurationError, CouldNotCheckError, NotAllowedError
from policy.playbook import Playbook, Route

T = TypeVar("T")
FRESH: Final = timedelta(seconds=60)
_ID: Final = re.compile(r"[A-Z][A-Z0-9]{6,}")
NETWORK_ERRORS: Final = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, and whether they are a full member of this workspace."""

    id: str
    name: str
    is_member: bool
    why_not: str = ""


class Directory:
    """The workspace's people and channels, as configuration and Slack have them."""

    def __init__(
        self,
        client: AsyncWebClient,
        playbook: Callable[[], Playbook],
        *,
        channels: Mapping[str, str],
        approvers: Mapping[str, str],
        team_id: str,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._playbook = playbook
        self._channels = channels
        self._approvers = approvers
        self._team_id = team_id
        self._now = now
        self._known: dict[tuple[str, str], tuple[datetime, Any]] = {}

    def forget(self) -> None:
        """Ask Slack anew from here on."""
        self._known.clear()

    async def check_may_decide(self, user_id: str, *routes: str) -> None:
        """Raise NotAllowedError unless `user_id` is an approver of one of `routes`, or CouldNotCheckError."""
        who_may = " or ".join([await self.mention(route) for route in routes])
        person = await self.person(user_id)
        if not person.is_member:
            raise NotAllowedError(f"{person.why_not} This is for {who_may}.", who_may)
        for route in routes:
            if user_id in await self.approvers(route):
                return
        raise NotAllowedError(f"This one is for {who_may} to decide.", who_may)

    async def approvers(self, route: str) -> frozenset[str]:
        """Return the user ids of those who may decide on `route`. Raises CouldNotCheckError."""
        written = self._written_approvers(route)
        if not written.startswith("@"):
            return frozenset(written.split("+"))
        group = await self._group(written)
        return await self._fresh(
            "members",
            group,
            lambda: self._client.usergroups_users_list(usergroup=group),
            lambda said: frozenset(said["users"]),
        )

    async def mention(self, route: str) -> str:
        """Return the mention that reaches everyone who may decide on `route`."""
        written = self._written_approvers(route)
        if not written.startswith("@"):
            return " ".join(f"<@{user}>" for user in written.split("+"))
        try:
            return f"<!subteam^{await self._group(written)}>"
        except (CouldNotCheckError, ConfigurationError):
            return written

    async def channel(self, route: str) -> str:
        """Return the id of `route`'s channel. Raises ConfigurationError when the workspace has none such."""
        written = self._channels.get(route) or self._route(route).channel
        if _ID.fullmatch(written):
            return written
        name = written.removeprefix("#")
        found = (await self._all_channels()).get(name)
        if found is None:
            raise ConfigurationError(
                f"There is no channel #{name} that Makegood can see. Create it and invite Makegood with "
                f"/invite, or name another one for the route “{route}” in MAKEGOOD_CHANNELS."
            )
        return found

    async def person(self, user_id: str) -> Person:
        """Return what Slack says about somebody. Raises CouldNotCheckError."""
        return await self._fresh(
            "person", user_id, lambda: self._client.users_info(user=user_id), self._read_person
        )

    def routes(self) -> Mapping[str, Route]:
        """Return the playbook's routes."""
        return self._playbook().routes

    def _route(self, route: str) -> Route:
        return self._playbook().routes[route]

    def _written_approvers(self, route: str) -> str:
        return self._approvers.get(route) or self._route(route).approvers

    def _read_person(self, said: Any) -> Person:  # noqa: ANN401  # a response of the SDK
        user = said["user"]
        name = user.get("real_name") or user.get("name") or user["id"]
        return Person(user["id"], name, *self._membership(user))

    def _membership(self, user: Mapping[str, Any]) -> tuple[bool, str]:
        if user.get("deleted"):
            return False, "This account is deactivated."
        if user.get("is_bot") or user.get("id") == "USLACKBOT":
            return False, "Bots do not decide about money."
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return False, "Guests do not decide about money."
        if user.get("is_stranger") or user.get("team_id", self._team_id) != self._team_id:
            return False, "People from other workspaces do not decide about money."
        return True, ""

    async def _group(self, handle: str) -> str:
        groups: dict[str, str] = await self._fresh(
            "groups",
            "",
            self._client.usergroups_list,
            lambda said: {group["handle"]: group["id"] for group in said["usergroups"]},
        )
        found = groups.get(handle.removeprefix("@"))
        if found is None:
            raise ConfigurationError(
                f"There is no user group {handle} in this workspace. Create it, "
                "or name the people themselves in MAKEGOOD_APPROVERS."
            )
        return found

    async def _all_channels(self) -> dict[str, str]:
        return await self._fresh("channels", "", self._list_channels, lambda found: found)

    async def _list_channels(self) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            said = await self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=cursor
            )
            found |= {channel["name"]: channel["id"] for channel in said["channels"]}
            cursor = (said.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    async def _fresh(
        self, what: str, key: str, ask: Callable[[], Awaitable[Any]], read: Callable[[Any], T]
    ) -> T:
        """Return what Slack said within the last minute, else ask. Failing to ask is never a yes."""
        known = self._known.get((what, key))
        if known and self._now() - known[0] < FRESH:
            return known[1]  # type: ignore[no-any-return]  # it was read by the same reader
        try:
            said = await ask()
        except SlackApiError as error:
            raise CouldNotCheckError(_why(str(error.response.get("error")))) from error
        except NETWORK_ERRORS as error:
            raise CouldNotCheckError(_why("no answer")) from error
        value = read(said)
        self._known[what, key] = (self._now(), value)
        return value


def _why(said: str) -> str:
    if said == "plan_upgrade_required":
        return (
            "Slack has no user groups on this workspace's plan, so nobody can be checked. "
            "An administrator has to name the approvers in MAKEGOOD_APPROVERS."
        )
    return f"Slack could not be asked who may decide ({said}), so nothing was decided. Try again in a minute."

"""Who is who and where: routes' channels, their approvers, and whether a person may decide.

What Slack said is believed for a minute at most. When Slack cannot be asked, the answer is no.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import aiohttp
from msgspec import Struct
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConfigurationError, CouldNotCheckError, NotAllowedError
from policy.playbook import Playbook, Route

T = TypeVar("T")
FRESH: Final = timedelta(seconds=60)
_ID: Final = re.compile(r"[A-Z][A-Z0-9]{6,}")
NETWORK_ERRORS: Final = (aiohttp.ClientError, TimeoutError, OSError)


class NotSaidError(Exception):
    """Slack has not said lately what the answer takes; it has to be asked first."""


class Person(Struct, frozen=True):
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

    async def learn(self, user_id: str, *routes: str) -> None:
        """Ask Slack, where it has not said within the last minute, what `check_may_decide` needs."""
        await self.person(user_id)
        for route in routes:
            await self.approvers(route)

    def knows(self, user_id: str) -> bool:
        """Say whether Slack said within the last minute who this is."""
        return self._known_now("person", user_id) is not None

    def check_may_decide(self, user_id: str, *routes: str) -> None:
        """Raise NotAllowedError unless a full member is an approver of one of `routes`. Asks nobody.

        Raises NotSaidError when that cannot be told from what Slack said within the last minute.
        """
        person: Person | None = self._known_now("person", user_id)
        approvers = [self._approvers_now(route) for route in routes]
        if person is None or None in approvers:
            raise NotSaidError
        if not person.is_member:
            raise NotAllowedError(f"{person.why_not} This is for {self._who_may(routes)}.")
        if not any(user_id in each for each in approvers if each):
            raise NotAllowedError(f"This one is for {self._who_may(routes)} to decide.")

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
        """Return the mention that reaches all who may decide on `route`; its name where Slack is silent."""
        with suppress(CouldNotCheckError, ConfigurationError):
            await self.approvers(route)
        return self._mention_now(route)

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

    def _who_may(self, routes: Sequence[str]) -> str:
        return " or ".join(self._mention_now(route) for route in routes)

    def _mention_now(self, route: str) -> str:
        written = self._written_approvers(route)
        if not written.startswith("@"):
            return " ".join(f"<@{user}>" for user in written.split("+"))
        groups: dict[str, str] = self._known_now("groups", "") or {}
        group = groups.get(written.removeprefix("@"))
        return f"<!subteam^{group}>" if group else written

    def _approvers_now(self, route: str) -> frozenset[str] | None:
        written = self._written_approvers(route)
        if not written.startswith("@"):
            return frozenset(written.split("+"))
        groups: dict[str, str] | None = self._known_now("groups", "")
        if groups is None or written.removeprefix("@") not in groups:
            return None
        members: frozenset[str] | None = self._known_now("members", groups[written.removeprefix("@")])
        return members

    def _known_now(self, what: str, key: str) -> Any:  # noqa: ANN401  # what its reader read
        known = self._known.get((what, key))
        return known[1] if known and self._now() - known[0] < FRESH else None

    async def _fresh(
        self, what: str, key: str, ask: Callable[[], Awaitable[Any]], read: Callable[[Any], T]
    ) -> T:
        """Return what Slack said within the last minute, else ask. Failing to ask is never a yes.

        An answer is as old as its question: nobody knows when Slack looked.
        """
        known = self._known_now(what, key)
        if known is not None:
            return known  # type: ignore[no-any-return]  # it was read by the same reader
        asked_at = self._now()
        try:
            said = await ask()
        except SlackApiError as error:
            raise CouldNotCheckError(_why(error_name(error))) from error
        except NETWORK_ERRORS as error:
            raise CouldNotCheckError(_why("no answer")) from error
        value = read(said)
        self._known[what, key] = (asked_at, value)
        return value


def error_name(error: SlackApiError) -> str:
    """Return Slack's name for what went wrong; where a gateway answered in its place, the status."""
    said = error.response.data
    return str(said.get("error")) if isinstance(said, dict) else f"status {error.response.status_code}"


def _why(said: str) -> str:
    if said == "plan_upgrade_required":
        return (
            "Slack has no user groups on this workspace's plan, so nobody can be checked. "
            "An administrator has to name the approvers in MAKEGOOD_APPROVERS."
        )
    return f"Slack could not be asked who may do this ({said}), so nothing was done. Try again in a minute."

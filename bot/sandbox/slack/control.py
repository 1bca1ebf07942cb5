"""The sandbox's controls: what an administrator, a bad network or an attacker would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot.sandbox.slack import posting
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.delivery import Answer
from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.workspace import BOT_USER, Channel

Json = dict[str, Any]

_FLAGS: Final = ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_admin")


class Control:
    """Changes to the workspace from outside. Each raises KeyError for an id that does not exist."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def fault(self, fault: Fault) -> None:
        """Plan trouble for the Web API. Raises ValueError for a kind that does not exist."""
        self._core.faults.add(fault)

    def set_group(self, group: str, members: Sequence[str]) -> None:
        """Set who is in a user group."""
        found = self._core.workspace.groups[group]
        for member in members:
            self._core.workspace.users[member]
        found.members = list(members)
        self._people()
        subteam = {"id": group, "handle": found.handle, "users": found.members}
        self._core.emit({"type": "subteam_updated", "subteam": subteam})

    def set_user(self, user: str, flags: dict[str, bool]) -> None:
        """Set flags of a person: deleted, is_restricted, … Raises ValueError for one that Slack lacks."""
        found = self._core.workspace.users[user]
        unknown = flags.keys() - set(_FLAGS)
        if unknown:
            raise ValueError(f"Slack's users have no flag {', '.join(sorted(unknown))}.")
        for flag, value in flags.items():
            setattr(found, flag, value)
        self._people()
        self._core.emit({"type": "user_change", "user": {"id": user, "team_id": found.team_id, **flags}})

    def kick_bot(self, channel: str) -> None:
        """Take the app out of a channel."""
        place = self._channel(channel)
        if BOT_USER in place.members:
            place.members.remove(BOT_USER)
            self._people()
            self._core.emit({"type": "channel_left", "channel": place.id})

    def invite_bot(self, channel: str) -> None:
        """Bring the app into a channel."""
        place = self._channel(channel)
        if BOT_USER not in place.members:
            place.members.append(BOT_USER)
            self._people()
            event = {"type": "member_joined_channel", "user": BOT_USER, "channel": place.id}
            self._core.emit(event)

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self._channel(channel).is_archived = True
        self._people()

    def revoke_token(self, error: str = "token_revoked") -> None:
        """Let every further call fail with `token_revoked` or `account_inactive`."""
        if error not in {"token_revoked", "account_inactive"}:
            raise ValueError("A token is refused as token_revoked or account_inactive.")
        self._core.installation.refusal = error

    def restore_token(self) -> None:
        """Undo `revoke_token`."""
        self._core.installation.refusal = ""

    def set_plan(self, plan: str) -> None:
        """Move the workspace to the `free` plan, where user groups need an upgrade, or back to `paid`."""
        if plan not in {"free", "paid"}:
            raise ValueError("The plan is free or paid.")
        self._core.workspace.paid_plan = plan == "paid"

    def delete_message(self, channel: str, ts: str) -> None:
        """Delete a message, as an administrator may."""
        place = self._channel(channel)
        posting.delete(self._core, place, place.messages[ts])

    def repeat_next(self, copies: int) -> None:
        """Send the next delivery several times at the same instant."""
        self._core.delivery.copies = copies

    async def replay(self, times: int = 1) -> list[Answer]:
        """Send the last delivery again, byte for byte, `times` times at the same instant."""
        return await self._core.delivery.replay(times)

    async def replay_stale(self) -> Answer:
        """Send the last HTTP delivery with a good signature that is too old."""
        return await self._core.delivery.replay_stale()

    async def replay_forged(self) -> Answer:
        """Send the last HTTP delivery with a signature that somebody else made."""
        return await self._core.delivery.replay_forged()

    async def refresh_sockets(self) -> None:
        """Ask the app's sockets to reconnect, as Slack does now and then."""
        await self._core.sockets.refresh()

    def calls(self, method: str = "") -> list[Json]:
        """Return the latest Web API calls, oldest first; only those of `method` when it is given."""
        return [call for call in self._core.calls if method in {"", call["method"]}]

    def counts(self) -> dict[str, int]:
        """Return how often each Web API method was called."""
        return dict(self._core.counts)

    def _channel(self, reference: str) -> Channel:
        found = self._core.workspace.channel(reference)
        if found is None:
            raise KeyError(reference)
        return found

    def _people(self) -> None:
        self._core.live.publish({"type": "people"})

"""What a person sees: the sidebar, a channel's messages, their modals and Home tab."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack import posting
from bot.sandbox.slack.acting import Acting
from bot.sandbox.slack.workspace import BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME, Channel, User

Json = dict[str, Any]


class Reading(Acting):
    """What a person sees, in the shapes that the page draws (README, "The page's API")."""

    def messages(self, channel: str, as_user: str) -> list[Json]:
        """Return a channel's messages that are no replies, oldest first, as this person sees them."""
        place = self._place(as_user, channel)
        return [
            posting.on_page(place, message)
            for message in place.messages.values()
            if not message.thread_ts and posting.visible_to(message, as_user)
        ]

    def thread(self, channel: str, ts: str, as_user: str = "") -> list[Json]:
        """Return a message's replies, oldest first; ephemeral ones only for their reader."""
        place = self.core.workspace.channel(channel)
        if place is None:
            raise KeyError(channel)
        return [
            posting.on_page(place, message)
            for message in place.messages.values()
            if message.thread_ts == ts and posting.visible_to(message, as_user)
        ]

    def dm(self, user: str) -> list[Json]:
        """Return the direct messages between a person and the app, oldest first."""
        return self.messages(self.core.workspace.dm(user).id, user)

    def home(self, user: str) -> Json | None:
        """Return a person's Home tab, None when the app has not drawn it."""
        view = self.core.views.homes.get(user)
        return view.shown() if view else None

    def modal(self, user: str) -> Json | None:
        """Return the modal on top of a person's screen."""
        stack = self.core.views.stacks.get(user)
        return stack[-1].shown() if stack else None

    def forget_ephemerals(self, channel: str, user: str) -> None:
        """Take a person's ephemeral messages away, as a reload does."""
        place = self._place(user, channel)
        for message in [m for m in place.messages.values() if m.reader == user]:
            del place.messages[message.ts]

    def state(self, user: str) -> Json:
        """Return all that the page draws around the messages."""
        core = self.core
        self._person(user)
        places = [c for c in core.workspace.channels.values() if user in c.members and not c.is_archived]
        return {
            "team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN},
            "now": core.workspace.clock.now().isoformat(),
            "me": user,
            "users": [_person(person) for person in core.workspace.users.values()],
            "groups": [
                {"id": group.id, "handle": group.handle, "members": list(group.members)}
                for group in core.workspace.groups.values()
            ],
            "channels": [self._sidebar(place, user) for place in places],
            "commands": [
                {key: entry.get(key, "") for key in ("command", "description", "usage_hint")}
                for entry in core.installation.commands
            ],
            "shortcuts": [
                {key: entry.get(key, "") for key in ("callback_id", "name", "type")}
                for entry in core.installation.shortcuts
            ],
            "modals": [view.shown() for view in core.views.stacks.get(user, [])],
            "home": self.home(user),
            "socket": core.sockets.connected > 0,
            "request_url": core.delivery.request_url,
        }

    def _sidebar(self, channel: Channel, user: str) -> Json:
        unread, mentions = posting.unread(self.core, channel, user)
        seen = [message.ts for message in channel.messages.values() if posting.visible_to(message, user)]
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": "im" if channel.is_im else "channel",
            "is_member": True,
            "topic": channel.topic,
            "with": BOT_USER if channel.is_im else None,
            "members": list(channel.members),
            "unread": unread,
            "mentions": mentions,
            "last_ts": seen[-1] if seen else None,
        }


def _person(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "color": user.color,
        "is_bot": user.is_bot,
        "is_guest": user.is_restricted or user.is_ultra_restricted,
        "is_stranger": user.is_stranger,
        "deleted": user.deleted,
        "tz": user.tz,
    }

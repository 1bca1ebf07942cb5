"""What people do in channels: slash commands, shortcuts, messages, opening Home and direct messages."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.slack import payloads, posting
from bot.sandbox.slack.acting import Acting, NotPossibleError, Outcome, failed
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.webapi.call import ApiError
from bot.sandbox.slack.webapi.chat import checked_content
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]


class Conversing(Acting):
    """A person's acts in a channel. Each is told what Slack would show: an Outcome, never an exception."""

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Outcome:
        """Type a slash command. What fails is also said to the person by Slackbot, as in Slack."""
        try:
            person, place = self._person(user), self._place(user, channel)
        except NotPossibleError as refusal:
            return failed(str(refusal))
        declared = self.core.installation.offers_command(command)
        if declared is None:
            posting.ephemeral(self.core, place, user, f"{command} is not a valid command.")
            return failed("not_a_command")
        typed = self._escaped(text.strip()) if declared.get("should_escape") else text.strip()
        payload = payloads.slash_command(self.core, person, place, command, typed)
        answer = await self.core.delivery.send("slash_commands", payload, wants_body=True)
        outcome = failed(answer.failure) if answer.failure else self._answered(person.id, place, answer.body)
        if not outcome.ok:
            said = f"{command} failed with the error “{outcome.error}”."
            posting.ephemeral(self.core, place, user, said)
        return outcome

    async def shortcut(self, user: str, callback_id: str, channel: str = "", ts: str = "") -> Outcome:
        """Use a shortcut; with `channel` and `ts`, one on that message."""
        declared = [entry["callback_id"] for entry in self.core.installation.shortcuts]
        if self.core.installation.manifest is not None and callback_id not in declared:
            return failed("not_a_shortcut")
        try:
            person = self._person(user)
            payload = payloads.interaction("message_action" if ts else "shortcut", person)
            if ts:
                place = self._place(user, channel)
                message = self._message(user, place, ts)
                payload |= {
                    "channel": {"id": place.id, "name": place.name},
                    "message": posting.as_shown(place, message),
                    "message_ts": ts,
                    "response_url": payloads.response_url(self.core, place, person, message),
                }
        except NotPossibleError as refusal:
            return failed(str(refusal))
        payload |= {"callback_id": callback_id, "action_ts": self.core.workspace.ts()}
        payload["trigger_id"] = self.core.triggers.issue(user)
        answer = await self.core.delivery.send("interactive", payload, wants_body=False)
        return failed(answer.failure) if answer.failure else Outcome()

    async def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> Outcome:
        """Write a message, or a reply."""
        try:
            self._person(user)
            place = self._place(user, channel)
            parent = self._message(user, place, thread_ts) if thread_ts else None
        except NotPossibleError as refusal:
            return failed(str(refusal))
        if not text.strip():
            return failed("no_text")
        thread = parent.thread_ts or parent.ts if parent else ""
        message = Message(self.core.workspace.ts(), user, text, thread_ts=thread)
        posting.post(self.core, place, message)
        return Outcome(ts=message.ts)

    async def open_home(self, user: str) -> Outcome:
        """Open the app's Home tab."""
        return self._open_app(user, "home")

    async def open_dm(self, user: str) -> Outcome:
        """Open the direct message with the app."""
        return self._open_app(user, "messages")

    async def read(self, user: str, channel: str, ts: str) -> Outcome:
        """Read a channel up to a message."""
        try:
            place = self._place(user, channel)
        except NotPossibleError as refusal:
            return failed(str(refusal))
        self.core.reads[user, place.id] = max(ts, self.core.reads.get((user, place.id), ""))
        posting.tell_unread(self.core, place)
        return Outcome()

    def _open_app(self, user: str, tab: str) -> Outcome:
        try:
            self._person(user)
        except NotPossibleError as refusal:
            return failed(str(refusal))
        home = self.core.views.homes.get(user)
        event: Json = {"type": "app_home_opened", "user": user, "tab": tab}
        event["channel"] = self.core.workspace.dm(user).id
        if home and tab == "home":
            event["view"] = home.shown()
        self.core.emit(event)
        return Outcome()

    def _answered(self, user: str, channel: Channel, body: Json) -> Outcome:
        """Show what the app said in its acknowledgement: to this person, or to the channel."""
        if not body:
            return Outcome()
        try:
            content = checked_content(body)
        except ApiError as refusal:
            return failed(refusal.error, *refusal.extra.get("response_metadata", {}).get("messages", []))
        reader = "" if body.get("response_type") == "in_channel" else user
        message = posting.by_app(self.core, content, reader=reader)
        posting.post(self.core, channel, message)
        return Outcome(ts=message.ts)

    def _escaped(self, text: str) -> str:
        """Write `@name` and `#channel` as Slack does for a command that asks for it (`should_escape`)."""
        people = {user.name: f"<@{user.id}|{user.name}>" for user in self.core.workspace.users.values()}
        places = {
            place.name: f"<#{place.id}|{place.name}>" for place in self.core.workspace.channels.values()
        }
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = re.sub(r"@([\w.-]+)", lambda m: people.get(m[1], m[0]), text)
        return re.sub(r"#([\w-]+)", lambda m: places.get(m[1], m[0]), text)

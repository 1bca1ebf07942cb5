"""Posts and updates messages until Slack shows what the rows ask for; nothing is posted twice.

Each message carries the id of its row as metadata. When an answer was lost, the channel is read
before posting again, once Slack can no longer be at it. A message that somebody deleted is posted anew.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiohttp import ClientConnectorError
from msgspec.structs import replace
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel import Session

from bot.cards.blocks import Message
from bot.cards.draw import draw
from bot.cards.scene import Scene
from bot.directory import NETWORK_ERRORS, Directory, error_name
from bot.errors import ConfigurationError, CouldNotCheckError
from bot.posted import find, keep_first, mark
from bot.store import posts, telling
from bot.store.engine import Store
from bot.store.tables import Post
from bot.store.work import LEASE, change

log = structlog.get_logger()
Look = Callable[[str], Awaitable[Scene]]
NOT_IN_CHANNEL: Final = "Makegood is not in the channel."
_SILENT: Final = "Slack does not answer."
_NOT_THERE: Final = {"channel_not_found", "not_in_channel", "is_archived"}
_GONE: Final = {"message_not_found", "cant_update_message"}
"""What Slack says of a message that was deleted: gone, or a tombstone above its replies."""
ANSWERS_WITHIN: Final = timedelta(seconds=15)
"""After that, a call to Slack is given up."""
_AT_ONCE: Final = 8
"""So many subjects are shown at once: whoever clicks meanwhile waits for these at the most, not for all."""
_CARD_COMES: Final = timedelta(seconds=2)
"""After that, a thread looks again whether its card is posted."""
_MAY_STILL_LAND: Final = 2 * LEASE
"""So long Slack may take over what was given up; a restart cuts a wait short by a lease at most."""


class _PerhapsDoneError(Exception):
    """Slack did not answer: what it was asked for may be done, now or in a while."""


class Messenger:
    """The way out to Slack's channels. `look` reads a subject as it is now."""

    def __init__(
        self,
        client: AsyncWebClient,
        directory: Directory,
        store: Store,
        look: Look,
        now: Callable[[], datetime],
        answers_within: timedelta = ANSWERS_WITHIN,
    ) -> None:
        self._client = client
        self._directory = directory
        self._store = store
        self._look = look
        self._now = now
        self._answers_within = answers_within
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._direct: dict[str, str] = {}

    async def show(self, subject_id: str) -> None:
        """Bring every message of a subject up to date. What cannot be done now stays due."""
        async with self._locks[subject_id], self._gate:
            while due := await self._take_due(subject_id):
                scene = await self._look(subject_id)
                held_up = False
                for post in due:
                    if post.under and held_up:
                        await self._hand_back(post, timedelta(0))
                        continue
                    delivered = await self._deliver(post, draw(post, scene))
                    held_up = held_up or (bool(post.under) and not delivered)
                    if post.said == NOT_IN_CHANNEL:
                        await self._tell(scene.owner, post)
        if not self._locks[subject_id].locked():
            self._locks.pop(subject_id, None)

    async def whisper(self, channel: str, user: str, text: str) -> None:
        """Tell one person something that only they see; where that cannot be, in a direct message."""
        try:
            await self._client.chat_postEphemeral(channel=channel, user=user, text=text)
        except SlackApiError as error:
            if error_name(error) not in _NOT_THERE | {"user_not_in_channel"}:
                raise
            await self._client.chat_postMessage(channel=await self._direct_channel(user), text=text)

    async def _take_due(self, subject_id: str) -> Sequence[Post]:
        """Take up what is due of a subject, with what the trail has to say of it."""

        def take_due(session: Session) -> Sequence[Post]:
            telling.tell(session)
            return posts.take_due(session, subject_id, self._now())

        return await self._store.write(take_due, *telling.READ_AHEAD)

    async def _hand_back(self, post: Post, wait: timedelta) -> None:
        """Give back a message that was taken up and not tried, for some time."""
        await self._store.write(lambda s: posts.hand_back(s, post, self._now() + wait))

    async def _deliver(self, post: Post, message: Message) -> bool:
        """Bring one message to Slack, or put it off; say which."""
        channel = ts = ""
        try:
            channel, ts = await self._put(post, message)
        except SlackApiError as error:
            if error_name(error) == "thread_not_found":
                # Somebody deleted the card: it is posted anew first, and the thread goes on there.
                await self._store.write(lambda s: posts.redraw(s, post.subject_id, self._now()))
            await self._put_off(post, *_what_to_do(error, post.tried))
        except ConfigurationError as error:
            await self._put_off(post, str(error), timedelta(minutes=1))
        except _PerhapsDoneError:
            await self._put_off(post, _SILENT, _MAY_STILL_LAND)
        except (CouldNotCheckError, *NETWORK_ERRORS):
            await self._put_off(post, _SILENT, _backoff(post.tried))
        if channel:
            await self._store.write(lambda s: posts.drawn(s, post, channel=channel, ts=ts, now=self._now()))
        return bool(channel)

    async def _put(self, post: Post, message: Message) -> tuple[str, str]:
        """Update or post it and return where it stands; ("", "") when that has to wait."""
        if post.ts:
            if await self._update(post, post.channel, post.ts, message):
                return post.channel, post.ts
            await self._store.write(lambda s: change(s, post, ts=""))  # its thread waits for the new one
        if post.drawn:
            message = replace(message, blocks=[*message.blocks, _ANEW])
        thread = await self._thread(post)
        if post.under and not thread:
            await self._hand_back(post, _CARD_COMES)
            return "", ""
        channel = thread[0] if thread else post.channel or await self._channel(post.place)
        found = await find(self._client, post, channel, thread[1] if thread else "") if post.tried > 1 else []
        if found:
            ts = await keep_first(self._client, channel, found)
            await self._update(post, channel, ts, message)
            return channel, ts
        if post.due_at is None or self._now() + self._answers_within > post.due_at:
            return "", ""  # the lease ends before the answer may come, and another process may have it then
        return await self._post(post, channel, thread[1] if thread else None, message)

    async def _post(self, post: Post, channel: str, thread: str | None, message: Message) -> tuple[str, str]:
        """Post a message and return where it stands. Raises _PerhapsDoneError."""
        try:
            said = await self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread,
                unfurl_links=False,
                metadata=mark(post),
            )
        except ClientConnectorError:
            raise  # Slack was not even reached
        except NETWORK_ERRORS as error:
            raise _PerhapsDoneError from error
        return said["channel"], said["ts"]

    async def _update(self, post: Post, channel: str, ts: str, message: Message) -> bool:
        """Draw a message again. False when somebody deleted it. Raises _PerhapsDoneError.

        What Slack is slow to draw may come over what is drawn after it, so that has to wait.
        """
        try:
            await self._client.chat_update(
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=message.blocks,
                metadata=mark(post),
            )
        except SlackApiError as error:
            if error_name(error) in _GONE:
                return False
            raise
        except TimeoutError as error:
            raise _PerhapsDoneError from error
        return True

    async def _thread(self, post: Post) -> tuple[str, str] | None:
        if not post.under:
            return None
        found = await self._store.read(lambda s: posts.of_subject(s, post.subject_id))
        root = next((one for one in found if one.purpose == post.under and one.ts), None)
        return (root.channel, root.ts) if root else None

    async def _channel(self, place: str) -> str:
        if place in self._directory.routes():
            return await self._directory.channel(place)
        if place.startswith(("U", "W")):
            return await self._direct_channel(place)
        return place

    async def _direct_channel(self, user: str) -> str:
        if user not in self._direct:
            said = await self._client.conversations_open(users=user)
            self._direct[user] = said["channel"]["id"]
        return self._direct[user]

    async def _put_off(self, post: Post, sentence: str, wait: timedelta) -> None:
        now = self._now()
        log.warning("message put off", post=post.id, subject=post.subject_id, place=post.place, why=sentence)

        def put_off(session: Session) -> None:
            change(session, post, said=sentence, due_at=now + wait)

        await self._store.write(put_off)
        post.said = sentence

    async def _tell(self, owner: str, post: Post) -> None:
        """Tell whoever asked that their card waits outside its channel, once."""
        purpose = f"trouble:{post.purpose}"

        def ask(session: Session) -> None:
            if not owner or any(one.purpose == purpose for one in posts.of_subject(session, post.subject_id)):
                return
            posts.ask(
                session,
                kind="trouble",
                subject_kind=post.subject_kind,
                subject_id=post.subject_id,
                purpose=purpose,
                place=owner,
                at=self._now(),
                detail={"place": post.place},
            )

        await self._store.write(ask)


_ANEW: Final = {
    "type": "context",
    "elements": [{"type": "mrkdwn", "text": "The card before this one was deleted, so here it is again."}],
}


def _what_to_do(error: SlackApiError, tried: int) -> tuple[str, timedelta]:
    code = error_name(error)
    if error.response.status_code == 429 or code == "ratelimited":
        return "Slack asks to wait.", timedelta(seconds=int(error.response.headers.get("Retry-After", 2)))
    if error.response.status_code >= 500:
        return _SILENT, _backoff(tried)
    if code == "thread_not_found":
        return "Its card was deleted.", timedelta(seconds=2)
    if code in _NOT_THERE:
        return NOT_IN_CHANNEL, timedelta(seconds=30)
    if code in {"invalid_auth", "token_revoked", "account_inactive", "not_authed"}:
        return (
            "Slack no longer accepts Makegood's token. An administrator has to install the app again.",
            timedelta(minutes=1),
        )
    return f"Slack answered “{code}”.", timedelta(minutes=1)


def _backoff(tried: int) -> timedelta:
    return timedelta(seconds=min(2**tried, 300))

"""What stands in Slack of a row already: each message carries the id of its row as metadata."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.store.tables import Post

_EVENT: Final = "makegood_post"
_RECONCILE_WITHIN: Final = timedelta(minutes=10)


def mark(post: Post) -> dict[str, Any]:
    """Return the metadata by which the message of `post` is found again."""
    return {"event_type": _EVENT, "event_payload": {"id": str(post.id)}}


async def find(client: AsyncWebClient, post: Post, channel: str, thread: str) -> list[str]:
    """Return where earlier tries have left the message of `post`, the oldest first."""
    found: list[str] = []
    window: dict[str, Any] = {
        "channel": channel,
        "oldest": str((post.created_at - _RECONCILE_WITHIN).timestamp()),
        "include_all_metadata": True,
        "limit": 200,
    }
    while True:
        if thread:
            said = await client.conversations_replies(ts=thread, **window)
        else:
            said = await client.conversations_history(**window)
        found += [str(message["ts"]) for message in said["messages"] if _is_of(post, message)]
        window["cursor"] = (said.get("response_metadata") or {}).get("next_cursor") or ""
        if not window["cursor"]:
            return sorted(found)


async def keep_first(client: AsyncWebClient, channel: str, found: list[str]) -> str:
    """Return the first of several tries that all came through, and delete the others."""
    for ts in found[1:]:
        await client.chat_delete(channel=channel, ts=ts)
    return found[0]


def _is_of(post: Post, message: Mapping[str, Any]) -> bool:
    metadata = message.get("metadata") or {}
    payload: Mapping[str, Any] = metadata.get("event_payload") or {}
    return metadata.get("event_type") == _EVENT and payload.get("id") == str(post.id)

"""A message and what Slack reads in it: who is mentioned, and how the Web API shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

TEXT_LIMIT: Final = 40_000
"""Characters of `text` after which Slack cuts a posted message ("Truncating content" in its reference)."""

_TOKEN: Final = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")


@dataclass
class Message:
    """A message in a channel. An ephemeral one has a `reader`: only that person sees it, until reload."""

    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    bot_id: str = ""
    thread_ts: str = ""
    reader: str = ""
    subtype: str = ""
    edited_ts: str = ""
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    mentions: set[str] = field(default_factory=set)
    customised: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mentions = self.mentions or mentioned(self.text, self.blocks)


def tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each `<…>` of mrkdwn as (sigil, target, label); a link's sigil is empty.

    Source: Slack, "Formatting text for app surfaces".
    """
    for match in _TOKEN.finditer(text):
        yield match.group(1), match.group(2), match.group(3) or ""


def mentioned(text: str, blocks: Iterable[Json] = ()) -> set[str]:
    """Return whom a message calls: user ids, group ids, and `channel`, `here` or `everyone`.

    Plain text objects call nobody; the top-level text does only where no blocks take its place.
    """
    drawn = list(blocks)
    read = _rendered(drawn) if drawn else [text]
    called: set[str] = set()
    for part in read:
        for sigil, target, _ in tokens(part):
            if sigil == "@":
                called.add(target)
            elif sigil == "!" and target.startswith("subteam^"):
                called.add(target.removeprefix("subteam^"))
            elif sigil == "!" and target in {"channel", "here", "everyone"}:
                called.add(target)
    return called


def _rendered(node: object) -> Iterator[str]:
    """Yield the mrkdwn below `node`, with rich text's own mentions written the same way."""
    if isinstance(node, list):
        for item in node:
            yield from _rendered(item)
    if not isinstance(node, dict):
        return
    match node.get("type"):
        case "mrkdwn" | "markdown":
            yield str(node.get("text", ""))
        case "user":
            yield f"<@{node.get('user_id')}>"
        case "usergroup":
            yield f"<!subteam^{node.get('usergroup_id')}>"
        case "broadcast":
            yield f"<!{node.get('range')}>"
        case _:
            for value in node.values():
                yield from _rendered(value)


def shown(message: Message, replies: list[Message], team_id: str) -> Json:
    """Return the message as the Web API and payloads show it, without its metadata."""
    body: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    if message.subtype:
        body["subtype"] = message.subtype
    if message.bot_id:
        body |= {"bot_id": message.bot_id, "app_id": message.bot_id.replace("B", "A", 1), "team": team_id}
        body |= message.customised
    for key in ("blocks", "files", "attachments"):
        if getattr(message, key):
            body[key] = getattr(message, key)
    if message.edited_ts:
        body["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.reactions:
        body["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    return body | _threading(message, replies)


def _threading(message: Message, replies: list[Message]) -> Json:
    if message.thread_ts:
        return {"thread_ts": message.thread_ts}
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }

"""Block Kit's blocks: what Slack takes in a message, a modal and the Home tab, and what it refuses.

Source: Slack's reference, "Blocks"; the wording of a refusal is Slack's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bot.sandbox.slack import elements
from bot.sandbox.slack.elements import plain, text
from bot.sandbox.slack.schema import (
    Check,
    Complaint,
    anything,
    array,
    by_type,
    complaint,
    flag,
    integer,
    one_of,
    record,
    string,
    url,
)

Json = dict[str, Any]

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_CHARACTERS: Final = 13_200
"""All text of a message's blocks; beyond it Slack answers `msg_blocks_too_long`."""
MARKDOWN_CHARACTERS: Final = 12_000

_BASE: Final[Mapping[str, Check]] = {"block_id": string(255, 1)}
_KIND: Final[Mapping[str, Check]] = {"type": string(64)}

_ACCESSORY: Final = by_type(
    {
        "button": elements.BUTTON,
        "image": elements.IMAGE,
        "overflow": elements.OVERFLOW,
        **elements.SELECTS,
        **elements.MULTI_SELECTS,
        **elements.TICKS,
        "datepicker": elements.PICKERS["datepicker"],
        "timepicker": elements.PICKERS["timepicker"],
    }
)
_ACTION: Final = by_type(
    {
        "button": elements.BUTTON,
        "overflow": elements.OVERFLOW,
        **elements.SELECTS,
        **elements.TICKS,
        **elements.PICKERS,
    }
)
_FORM_INPUTS: Final = {
    **elements.INPUTS,
    **elements.SELECTS,
    **elements.MULTI_SELECTS,
    **elements.TICKS,
    **elements.PICKERS,
}
_MESSAGE_INPUTS: Final = {kind: check for kind, check in _FORM_INPUTS.items() if kind != "file_input"}
_REMARK: Final = by_type(
    {
        "image": elements.IMAGE,
        "plain_text": text(3000),
        "mrkdwn": text(3000),
    }
)


def _said_something(block: Json, at: str) -> Iterator[Complaint]:
    if not block.get("text") and not block.get("fields"):
        yield complaint("must have text or fields", at)


def _one_picture(block: Json, at: str) -> Iterator[Complaint]:
    if ("image_url" in block) == ("slack_file" in block):
        yield complaint("must have exactly one of image_url and slack_file", at)


_RUN: Final = record(
    _KIND,
    {
        "text": string(4000),
        "style": anything,
        "url": url(),
        "unsafe": flag,
        "user_id": string(255, 1),
        "usergroup_id": string(255, 1),
        "channel_id": string(255, 1),
        "range": one_of("here", "channel", "everyone"),
        "name": string(255, 1),
        "unicode": string(255),
        "timestamp": integer(0, 10**10 - 1),
        "format": string(255, 1),
        "fallback": string(255),
        "value": string(16),
    },
)
_RUNS: Final = by_type(
    dict.fromkeys(
        ("text", "link", "user", "usergroup", "channel", "broadcast", "emoji", "date", "color"), _RUN
    )
)
_RICH_SECTION: Final = record({**_KIND, "elements": array(_RUNS, 1000, 0)}, {})
_RICH_BOXED: Final = record({**_KIND, "elements": array(_RUNS, 1000, 0)}, {"border": integer(0, 1)})
_RICH: Final = by_type(
    {
        "rich_text_section": _RICH_SECTION,
        "rich_text_quote": _RICH_BOXED,
        "rich_text_preformatted": _RICH_BOXED,
        "rich_text_list": record(
            {
                **_KIND,
                "style": one_of("bullet", "ordered"),
                "elements": array(by_type({"rich_text_section": _RICH_SECTION}), 1000, 0),
            },
            {"indent": integer(0, 8), "offset": integer(0, 10**6), "border": integer(0, 1)},
        ),
    }
)
_RICH_TEXT: Final = record({**_KIND, "elements": array(_RICH, 1000, 0)}, _BASE)
_RAW_CELL: Final = record({**_KIND, "text": string(3000)}, {})

_EVERYWHERE: Final[Mapping[str, Check]] = {
    "section": record(
        _KIND,
        {
            **_BASE,
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": _ACCESSORY,
            "expand": flag,
        },
        _said_something,
    ),
    "divider": record(_KIND, _BASE),
    "header": record({**_KIND, "text": plain(150)}, _BASE),
    "image": record(
        {**_KIND, "alt_text": string(2000)},
        {
            **_BASE,
            "image_url": url(),
            "slack_file": record({}, {"id": string(255, 1), "url": url()}),
            "title": plain(2000),
        },
        _one_picture,
    ),
    "context": record({**_KIND, "elements": array(_REMARK, 10)}, _BASE),
    "actions": record({**_KIND, "elements": array(_ACTION, 25)}, _BASE),
    "rich_text": _RICH_TEXT,
    "video": record(
        {
            **_KIND,
            "alt_text": string(2000, 1),
            "title": plain(200),
            "thumbnail_url": url(),
            "video_url": url(),
        },
        {
            **_BASE,
            "author_name": string(50),
            "description": plain(200),
            "provider_icon_url": url(),
            "provider_name": string(255),
            "title_url": url(),
        },
    ),
}


def _input(allowed: Mapping[str, Check]) -> Check:
    return record(
        {**_KIND, "label": plain(2000), "element": by_type(allowed)},
        {**_BASE, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
    )


IN_MESSAGE: Final[Mapping[str, Check]] = {
    **_EVERYWHERE,
    "input": _input(_MESSAGE_INPUTS),
    "markdown": record({**_KIND, "text": string(MARKDOWN_CHARACTERS, 1)}, _BASE),
    "table": record(
        {**_KIND, "rows": array(array(by_type({"raw_text": _RAW_CELL, "rich_text": _RICH_TEXT}), 20), 100)},
        {**_BASE, "column_settings": array(anything, 20)},
    ),
}
IN_VIEW: Final[Mapping[str, Check]] = {**_EVERYWHERE, "input": _input(_FORM_INPUTS)}

VIEWS: Final[Mapping[str, Check]] = {
    "modal": record(
        {**_KIND, "title": plain(24), "blocks": array(by_type(IN_VIEW), VIEW_BLOCKS, 0)},
        {
            "submit": plain(24),
            "close": plain(24),
            "private_metadata": string(3000),
            "callback_id": string(255),
            "external_id": string(255),
            "clear_on_close": flag,
            "notify_on_close": flag,
        },
    ),
    "home": record(
        {**_KIND, "blocks": array(by_type(IN_VIEW), VIEW_BLOCKS, 0)},
        {"private_metadata": string(3000), "callback_id": string(255), "external_id": string(255)},
    ),
}


def message_complaints(blocks: list[Json]) -> list[Complaint]:
    """Return what Slack would refuse in a message's blocks; none means that it takes them."""
    found = list(array(by_type(IN_MESSAGE), MESSAGE_BLOCKS, 0)(blocks, "/blocks"))
    if found:
        return found
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        found.append(
            complaint(f"markdown must be less than {MARKDOWN_CHARACTERS + 1} characters in all", "/blocks")
        )
    if sum(block["type"] == "table" for block in blocks) > 1:
        found.append(complaint("only one table allowed", "/blocks"))
    return found + list(_repeated_ids(blocks, "/blocks"))


def view_complaints(view: Json) -> list[Complaint]:
    """Return what Slack would refuse in a modal or Home view; none means that it takes it."""
    found = list(by_type(VIEWS)(view, "/view"))
    if found:
        return found
    blocks: list[Json] = view["blocks"]
    if view["type"] == "modal" and "submit" not in view and any(b["type"] == "input" for b in blocks):
        found.append(complaint("submit is required when an input block is within the blocks array", "/view"))
    if sum(bool(element.get("focus_on_load")) for _, element in interactive(blocks)) > 1:
        found.append(complaint("only one element can have focus_on_load", "/view/blocks"))
    return found + list(_repeated_ids(blocks, "/view/blocks"))


def interactive(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield each element that a person can use, as (its block, the element)."""
    for block in blocks:
        held = [block.get("accessory"), block.get("element")]
        if block["type"] == "actions":
            held += block["elements"]
        for element in held:
            if element and element["type"] != "image":
                yield block, element


def with_ids(blocks: list[Json], new_id: str) -> list[Json]:
    """Return the blocks with the block and action ids that Slack makes up where the app gave none."""
    named = []
    for number, block in enumerate(blocks):
        block_id = block.get("block_id") or f"{new_id}{number}"
        copied = {**block, "block_id": block_id}
        for key in ("accessory", "element"):
            if key in block and block[key]["type"] != "image":
                copied[key] = {"action_id": f"{block_id}.0", **block[key]}
        if block["type"] == "actions":
            copied["elements"] = [
                {"action_id": f"{block_id}.{place}", **element}
                for place, element in enumerate(block["elements"])
            ]
        named.append(copied)
    return named


def characters(node: object) -> int:
    """Return how many characters of text a message's blocks show in all."""
    if isinstance(node, list):
        return sum(map(characters, node))
    if not isinstance(node, dict):
        return 0
    return sum(
        len(value) if key == "text" and isinstance(value, str) else characters(value)
        for key, value in node.items()
    )


def _repeated_ids(blocks: list[Json], at: str) -> Iterator[Complaint]:
    for block_id, times in Counter(b["block_id"] for b in blocks if "block_id" in b).items():
        if times > 1:
            yield complaint(f'block_id "{block_id}" already exists', at)
    for index, block in enumerate(blocks):
        ids = Counter(e["action_id"] for _, e in interactive([block]) if "action_id" in e)
        for action_id, times in ids.items():
            if times > 1:
                yield complaint(f'action_id "{action_id}" already exists for this block', f"{at}/{index}")

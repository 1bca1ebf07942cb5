"""Block Kit, one small function a block, each within Slack's limits (Block Kit reference)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from bot.cards.text import shortened

Block = dict[str, Any]


class Message(Struct, frozen=True):
    """What is posted: `text` for notifications and screen readers, `blocks` for the eye."""

    text: str
    blocks: list[Block]


def plain(text: str, limit: int = 150) -> Block:
    """Return a plain-text object."""
    return {"type": "plain_text", "text": shortened(text, limit), "emoji": True}


def mrkdwn(text: str, limit: int = 3000) -> Block:
    """Return a text object in Slack's markup."""
    return {"type": "mrkdwn", "text": shortened(text, limit)}


def header(text: str) -> Block:
    """Return a header."""
    return {"type": "header", "text": plain(text)}


def section(text: str, accessory: Block | None = None) -> Block:
    """Return a paragraph, with an element beside it where there is one."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | {"accessory": accessory} if accessory else block


def fields(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return up to ten labelled values, two in a row; a value that is empty is left out."""
    shown = [mrkdwn(f"*{label}*\n{value}", 2000) for label, value in pairs if value]
    return {"type": "section", "fields": shown[:10]}


def context(*texts: str) -> Block:
    """Return small print, up to ten pieces."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def divider() -> Block:
    """Return a line."""
    return {"type": "divider"}


def actions(buttons: Sequence[Block]) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(
    text: str, action_id: str, value: str, *, style: str = "", says: str = "", confirm: Block | None = None
) -> Block:
    """Return a button. `value` is an opaque id; `says` is what a screen reader reads."""
    element: Block = {
        "type": "button",
        "text": plain(text, 75),
        "action_id": action_id,
        "value": value,
        "accessibility_label": shortened(says or text, 75),
    }
    if style:
        element["style"] = style
    return element | {"confirm": confirm} if confirm else element


def link_button(text: str, action_id: str, url: str) -> Block:
    """Return a button that opens an address."""
    return {"type": "button", "text": plain(text, 75), "action_id": action_id, "url": url}


def confirm(title: str, text: str, yes: str, no: str, *, style: str = "danger") -> Block:
    """Return a confirmation dialogue."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
        "style": style,
    }


def option(text: str, value: str, description: str = "") -> Block:
    """Return a choice of a list."""
    choice: Block = {"text": plain(text, 75), "value": value}
    return choice | {"description": plain(description, 75)} if description else choice


def labelled(
    label: str, name: str, element: Block, *, hint: str = "", optional: bool = False, live: bool = False
) -> Block:
    """Return a field of a form. `name` is its block and action id; a `live` one reports each change."""
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 2000),
        "element": element | {"action_id": name},
    }
    if hint:
        block["hint"] = plain(hint, 2000)
    if optional:
        block["optional"] = True
    if live:
        block["dispatch_action"] = True
    return block


def text_field(placeholder: str = "", value: str = "", *, lines: bool = False, limit: int = 0) -> Block:
    """Return a field to type in, on one line or several."""
    element: Block = {"type": "plain_text_input"}
    if lines:
        element["multiline"] = True
    if placeholder:
        element["placeholder"] = plain(placeholder)
    if value:
        element["initial_value"] = value
    if limit:
        element["max_length"] = limit
    return element


def choice(kind: str, options: Sequence[Block], chosen: str = "", placeholder: str = "") -> Block:
    """Return a `static_select` or `radio_buttons`, with the option of value `chosen` selected."""
    element: Block = {"type": kind, "options": list(options)}
    selected = next((one for one in options if one["value"] == chosen), None)
    if selected:
        element["initial_option"] = selected
    if placeholder and kind == "static_select":
        element["placeholder"] = plain(placeholder)
    return element


def modal(
    title: str,
    callback_id: str,
    blocks: list[Block],
    *,
    submit: str = "",
    close: str = "Close",
    note: str = "",
) -> Block:
    """Return a modal view. `note` is its private metadata."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "blocks": blocks,
        "private_metadata": note,
    }
    return view | {"submit": plain(submit, 24)} if submit else view

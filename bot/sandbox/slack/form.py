"""What stands in a view's or message's fields: Slack's `state.values`, and what its client checks by itself.

Source: Slack's reference, "View submission payloads" and "Block elements".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from bot.sandbox.slack.blocks import interactive
from bot.sandbox.slack.elements import offered

Json = dict[str, Any]
Values = dict[str, dict[str, Json]]
"""block_id -> action_id -> an element's state, as in `state.values`."""

SHAPES: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("plain_text_input", "email_text_input", "url_text_input", "number_input"), ("value", "initial_value")
    ),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
    **dict.fromkeys(
        ("static_select", "external_select", "radio_buttons"), ("selected_option", "initial_option")
    ),
    **dict.fromkeys(
        ("multi_static_select", "multi_external_select", "checkboxes"),
        ("selected_options", "initial_options"),
    ),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
"""An element's type -> the key of its state, and the key of the app's initial value."""

_PLURAL: Final = frozenset(["files", *(key for key, _ in SHAPES.values() if key.endswith("s"))])
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_URL: Final = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
_REQUIRED: Final = "Please complete this required field."


class NotOnScreenError(ValueError):
    """A person cannot have done this: no such field, or a choice that is not offered."""


def untouched(element: Json) -> Json:
    """Return an element's state before anybody touched it."""
    key, initial = SHAPES[element["type"]]
    empty: list[object] | None = [] if key in _PLURAL else None
    return {"type": element["type"], key: element.get(initial) or empty}


def blank(blocks: Iterable[Json]) -> Values:
    """Return the state of freshly drawn blocks: each stateful element with its initial value."""
    values: Values = {}
    for block, element in interactive(blocks):
        if element["type"] in SHAPES:
            values.setdefault(block["block_id"], {})[element["action_id"]] = untouched(element)
    return values


def carried(before: Values, blocks: list[Json]) -> Values:
    """Return the state after a redraw: what was entered stays where block id, action id and type stayed.

    As in Slack, a new initial value does not replace what already stands in such a field.
    """
    values = blank(blocks)
    for block, element in interactive(blocks):
        if element["type"] not in SHAPES:
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        old = before.get(block_id, {}).get(action_id)
        if old and old["type"] == element["type"] and _still_offered(element, old):
            values[block_id][action_id] = old
    return values


def entered(
    blocks: list[Json], values: Values, given: Json, offers: Callable[[str, str], list[Json]]
) -> Values:
    """Return `values` with what a person entered on top.

    `given` is Slack's `values` shape, where an option may be named by its value alone; `offers(block_id,
    action_id)` are the options that the app last answered for an external select. Raises NotOnScreenError.
    """
    found = {(b["block_id"], e["action_id"]): e for b, e in interactive(blocks) if e["type"] in SHAPES}
    result = {block_id: dict(actions) for block_id, actions in values.items()}
    for block_id, actions in given.items():
        for action_id, state in actions.items():
            element = found.get((block_id, action_id))
            if element is None:
                raise NotOnScreenError(f"There is no field {block_id}/{action_id}.")
            result[block_id][action_id] = chosen(element, state, offers(block_id, action_id))
    return result


def chosen(element: Json, state: Json, answered: list[Json]) -> Json:
    """Return an element's full state for what a person chose or typed. Raises NotOnScreenError."""
    key, _ = SHAPES[element["type"]]
    value = state.get(key)
    if key == "selected_option" and value is not None:
        value = _option(element, value, answered)
    if key == "selected_options":
        value = [_option(element, one, answered) for one in value or []]
    if key in _PLURAL:
        value = value or []
    return {"type": element["type"], key: value if value != "" else None}


def _option(element: Json, choice: object, answered: list[Json]) -> Json:
    wanted = choice.get("value") if isinstance(choice, dict) else choice
    first = element.get("initial_option")
    candidates = [
        *offered(element),
        *answered,
        *([first] if first else []),
        *element.get("initial_options", []),
    ]
    for option in candidates:
        if option["value"] == wanted:
            return dict(option)
    raise NotOnScreenError(f"“{wanted}” is not offered in {element['action_id']}.")


def _still_offered(element: Json, state: Json) -> bool:
    if element["type"] not in {"static_select", "multi_static_select", "checkboxes", "radio_buttons"}:
        return True
    key, _ = SHAPES[element["type"]]
    held = state[key] if key == "selected_options" else [state[key]] if state[key] else []
    return all(option in offered(element) for option in held)


def client_errors(blocks: Iterable[Json], values: Values) -> dict[str, str]:
    """Return what Slack's client says at the fields before it sends a submission: block_id -> sentence."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        key, _ = SHAPES[element["type"]]
        value = values[block["block_id"]][element["action_id"]][key]
        if not value:
            if not block.get("optional"):
                errors[block["block_id"]] = _REQUIRED
            continue
        for wrong in _wrong(element, value):
            errors[block["block_id"]] = wrong
    return errors


def _wrong(element: Json, value: Any) -> Iterator[str]:  # noqa: ANN401 - a field holds text, a list or a number
    match element["type"]:
        case "plain_text_input":
            if len(value) > element.get("max_length", 3000):
                yield f"Must be at most {element.get('max_length', 3000)} characters."
            if len(value) < element.get("min_length", 0):
                yield f"Must be at least {element['min_length']} characters."
        case "email_text_input" if not _EMAIL.fullmatch(value):
            yield "Please enter a valid email address."
        case "url_text_input" if not _URL.fullmatch(value):
            yield "Please enter a valid URL."
        case "number_input":
            yield from _wrong_number(element, value)
        case kind if kind.startswith("multi_") and len(value) > element.get("max_selected_items", 1000):
            yield f"Choose at most {element['max_selected_items']}."


def _wrong_number(element: Json, value: str) -> Iterator[str]:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        yield "Please enter a valid number."
        return
    if "min_value" in element and float(value) < float(element["min_value"]):
        yield f"Must be at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        yield f"Must be at most {element['max_value']}."

"""Block Kit's elements and composition objects: which keys each has, and their limits.

Source: Slack's reference, "Block elements" and "Composition objects".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.sandbox.slack.schema import (
    Check,
    Complaint,
    anything,
    array,
    by_type,
    complaint,
    flag,
    integer,
    matching,
    one_of,
    record,
    string,
    url,
)

_KIND: Final = {"type": string(64)}
_DATE: Final = matching(r"\d{4}-\d\d-\d\d", "a date in the format YYYY-MM-DD")
_TIME: Final = matching(r"([01]\d|2[0-3]):[0-5]\d", "a time in the format HH:mm")
_NUMBER: Final = matching(r"-?\d+(\.\d+)?", "a number")


def plain(longest: int) -> Check:
    """Accept a plain_text object of 1 to `longest` characters."""
    return by_type({"plain_text": record({**_KIND, "text": string(longest, 1)}, {"emoji": flag})})


def text(longest: int) -> Check:
    """Accept a plain_text or mrkdwn object of 1 to `longest` characters."""
    written = {**_KIND, "text": string(longest, 1)}
    return by_type(
        {"plain_text": record(written, {"emoji": flag}), "mrkdwn": record(written, {"verbatim": flag})}
    )


CONFIRM: Final = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION: Final = record({"text": plain(75), "value": string(150, 1)}, {"description": plain(75)})
_RICH_OPTION: Final = record({"text": text(75), "value": string(150, 1)}, {"description": text(75)})
_LINK_OPTION: Final = record(
    {"text": plain(75), "value": string(150, 1)}, {"description": plain(75), "url": url()}
)
OPTION_GROUP: Final = record({"label": plain(75), "options": array(OPTION, 100)}, {})
_SLACK_FILE: Final = record({}, {"id": string(255, 1), "url": url()})
_FILTER: Final = record(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)
_DISPATCH: Final = record(
    {}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)}
)

_ACTIVE: Final[Mapping[str, Check]] = {"action_id": string(255, 1), "confirm": CONFIRM}
_FIELD: Final[Mapping[str, Check]] = {"action_id": string(255, 1), "focus_on_load": flag}
_MENU: Final[Mapping[str, Check]] = {**_ACTIVE, "focus_on_load": flag, "placeholder": plain(150)}
_MULTI: Final[Mapping[str, Check]] = {**_MENU, "max_selected_items": integer(1, 1000)}
_WRITTEN: Final[Mapping[str, Check]] = {
    **_FIELD,
    "placeholder": plain(150),
    "dispatch_action_config": _DISPATCH,
}


def offered(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every option of a select, its groups' included."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def _options_or_groups(value: dict[str, Any], at: str) -> Iterator[Complaint]:
    if ("options" in value) == ("option_groups" in value):
        yield complaint("must have exactly one of options and option_groups", at)


def _initial_is_offered(value: dict[str, Any], at: str) -> Iterator[Complaint]:
    one = value.get("initial_option")
    for initial in [one] if one else value.get("initial_options") or []:
        if initial not in offered(value):
            yield complaint("initial option must exactly match one of the options", at)


def _one_picture(value: dict[str, Any], at: str) -> Iterator[Complaint]:
    if ("image_url" in value) == ("slack_file" in value):
        yield complaint("must have exactly one of image_url and slack_file", at)


def _bounds(value: dict[str, Any], at: str) -> Iterator[Complaint]:
    if value.get("min_length", 0) > value.get("max_length", 3000):
        yield complaint("min_length must not be more than max_length", at)
    if len(value.get("initial_value") or "") > value.get("max_length", 3000):
        yield complaint("initial_value must not be longer than max_length", at)


def _choice(extra: Mapping[str, Check], initial: Mapping[str, Check]) -> Check:
    listed = {"options": array(OPTION, 100), "option_groups": array(OPTION_GROUP, 100)}
    return record(_KIND, {**extra, **listed, **initial}, _options_or_groups, _initial_is_offered)


def _ticks(initial: Mapping[str, Check]) -> Check:
    fields = {**_ACTIVE, "focus_on_load": flag, **initial}
    return record({**_KIND, "options": array(_RICH_OPTION, 10)}, fields, _initial_is_offered)


BUTTON: Final = record(
    {**_KIND, "text": plain(75)},
    {
        **_ACTIVE,
        "url": url(),
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75, 1),
    },
)
IMAGE: Final = record(
    {**_KIND, "alt_text": string(2000)}, {"image_url": url(), "slack_file": _SLACK_FILE}, _one_picture
)

SELECTS: Final[Mapping[str, Check]] = {
    "static_select": _choice(_MENU, {"initial_option": OPTION}),
    "external_select": record(
        _KIND, {**_MENU, "initial_option": OPTION, "min_query_length": integer(0, 255)}
    ),
    "users_select": record(_KIND, {**_MENU, "initial_user": string(255, 1)}),
    "conversations_select": record(
        _KIND,
        {
            **_MENU,
            "initial_conversation": string(255, 1),
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": _FILTER,
        },
    ),
    "channels_select": record(
        _KIND, {**_MENU, "initial_channel": string(255, 1), "response_url_enabled": flag}
    ),
}
MULTI_SELECTS: Final[Mapping[str, Check]] = {
    "multi_static_select": _choice(_MULTI, {"initial_options": array(OPTION, 100)}),
    "multi_external_select": record(
        _KIND, {**_MULTI, "initial_options": array(OPTION, 100), "min_query_length": integer(0, 255)}
    ),
    "multi_users_select": record(_KIND, {**_MULTI, "initial_users": array(string(255, 1), 100)}),
    "multi_conversations_select": record(
        _KIND,
        {
            **_MULTI,
            "initial_conversations": array(string(255, 1), 100),
            "default_to_current_conversation": flag,
            "filter": _FILTER,
        },
    ),
    "multi_channels_select": record(_KIND, {**_MULTI, "initial_channels": array(string(255, 1), 100)}),
}
PICKERS: Final[Mapping[str, Check]] = {
    "datepicker": record(_KIND, {**_MENU, "initial_date": _DATE}),
    "timepicker": record(_KIND, {**_MENU, "initial_time": _TIME, "timezone": string(64, 1)}),
    "datetimepicker": record(
        _KIND, {**_ACTIVE, "focus_on_load": flag, "initial_date_time": integer(10**9, 10**10 - 1)}
    ),
}
TICKS: Final[Mapping[str, Check]] = {
    "checkboxes": _ticks({"initial_options": array(_RICH_OPTION, 10)}),
    "radio_buttons": _ticks({"initial_option": _RICH_OPTION}),
}
OVERFLOW: Final = record({**_KIND, "options": array(_LINK_OPTION, 5)}, _ACTIVE)

INPUTS: Final[Mapping[str, Check]] = {
    "plain_text_input": record(
        _KIND,
        {
            **_WRITTEN,
            "initial_value": string(3000),
            "multiline": flag,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _bounds,
    ),
    "email_text_input": record(_KIND, {**_WRITTEN, "initial_value": string(3000)}),
    "url_text_input": record(_KIND, {**_WRITTEN, "initial_value": string(3000)}),
    "number_input": record(
        {**_KIND, "is_decimal_allowed": flag},
        {**_WRITTEN, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
    ),
    "rich_text_input": record(_KIND, {**_WRITTEN, "initial_value": anything}),
    "file_input": record(
        _KIND,
        {"action_id": string(255, 1), "filetypes": array(string(16, 1), 50), "max_files": integer(1, 10)},
    ),
}

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.blocks import view_complaints, with_ids
from bot.sandbox.slack.form import NotOnScreenError, blank, carried, client_errors, entered
from tests.sandbox.slack.stage import Json

A: Json = {"text": {"type": "plain_text", "text": "A"}, "value": "a"}
B: Json = {"text": {"type": "plain_text", "text": "B"}, "value": "b"}
BOTH = {"options": [A, B]}

SHAPES: list[tuple[Json, Json]] = [
    ({"type": "plain_text_input"}, {"value": None}),
    ({"type": "plain_text_input", "initial_value": "x"}, {"value": "x"}),
    ({"type": "email_text_input"}, {"value": None}),
    ({"type": "url_text_input", "initial_value": "https://a.example"}, {"value": "https://a.example"}),
    ({"type": "number_input", "is_decimal_allowed": False, "initial_value": "7"}, {"value": "7"}),
    ({"type": "static_select", **BOTH}, {"selected_option": None}),
    ({"type": "static_select", **BOTH, "initial_option": B}, {"selected_option": B}),
    ({"type": "external_select", "initial_option": A}, {"selected_option": A}),
    ({"type": "radio_buttons", **BOTH, "initial_option": A}, {"selected_option": A}),
    ({"type": "checkboxes", **BOTH}, {"selected_options": []}),
    ({"type": "checkboxes", **BOTH, "initial_options": [A]}, {"selected_options": [A]}),
    ({"type": "multi_static_select", **BOTH, "initial_options": [A, B]}, {"selected_options": [A, B]}),
    ({"type": "users_select", "initial_user": "U1"}, {"selected_user": "U1"}),
    ({"type": "multi_users_select"}, {"selected_users": []}),
    ({"type": "conversations_select"}, {"selected_conversation": None}),
    ({"type": "channels_select", "initial_channel": "C1"}, {"selected_channel": "C1"}),
    ({"type": "datepicker", "initial_date": "2026-05-01"}, {"selected_date": "2026-05-01"}),
    ({"type": "timepicker"}, {"selected_time": None}),
    ({"type": "datetimepicker", "initial_date_time": 1_777_000_000}, {"selected_date_time": 1_777_000_000}),
]


def form_of(element: Json, **more: object) -> list[Json]:
    """One input block `f` with this element, as Slack takes it."""
    label = {"type": "plain_text", "text": "Field"}
    block = {
        "type": "input",
        "block_id": "f",
        "label": label,
        "element": {"action_id": "e", **element},
        **more,
    }
    title = {"type": "plain_text", "text": "Title"}
    assert [] == view_complaints({"type": "modal", "title": title, "submit": title, "blocks": [block]})
    return with_ids([block], "x")


@pytest.mark.parametrize(("element", "expected"), SHAPES)
def test_an_untouched_field_has_slacks_shape(element: Json, expected: Json) -> None:
    assert {"f": {"e": {"type": element["type"], **expected}}} == blank(form_of(element))


MISTAKES: list[tuple[Json, Json, str]] = [
    ({"type": "plain_text_input"}, {"value": ""}, "Please complete this required field."),
    ({"type": "plain_text_input", "max_length": 3}, {"value": "four"}, "Must be at most 3 characters."),
    ({"type": "plain_text_input", "min_length": 3}, {"value": "no"}, "Must be at least 3 characters."),
    ({"type": "email_text_input"}, {"value": "ada@home"}, "Please enter a valid email address."),
    ({"type": "url_text_input"}, {"value": "a.example"}, "Please enter a valid URL."),
    ({"type": "number_input", "is_decimal_allowed": False}, {"value": "1.5"}, "Please enter a valid number."),
    (
        {"type": "number_input", "is_decimal_allowed": True, "max_value": "10"},
        {"value": "10.5"},
        "Must be at most 10.",
    ),
    ({"type": "checkboxes", **BOTH}, {"selected_options": []}, "Please complete this required field."),
    (
        {"type": "multi_static_select", **BOTH, "max_selected_items": 1},
        {"selected_options": ["a", "b"]},
        "Choose at most 1.",
    ),
]


def no_offers(_block_id: str, _action_id: str) -> list[Json]:
    return []


@pytest.mark.parametrize(("element", "typed", "expected"), MISTAKES)
def test_the_client_says_what_is_wrong_at_the_field(element: Json, typed: Json, expected: str) -> None:
    blocks = form_of(element)
    values = entered(blocks, blank(blocks), {"f": {"e": typed}}, no_offers)
    assert {"f": expected} == client_errors(blocks, values)


def test_an_optional_field_may_stay_empty() -> None:
    blocks = form_of({"type": "plain_text_input"}, optional=True)
    assert {} == client_errors(blocks, blank(blocks))


def test_nobody_chooses_what_is_not_there() -> None:
    blocks = form_of({"type": "static_select", **BOTH})
    impossible: list[dict[str, Any]] = [
        {"f": {"e": {"selected_option": "c"}}},
        {"f": {"other": {"value": "x"}}},
    ]
    for given in impossible:
        with pytest.raises(NotOnScreenError):
            entered(blocks, blank(blocks), given, no_offers)


def test_a_new_initial_value_does_not_replace_what_stands_in_a_field_with_the_same_ids() -> None:
    before = blank(form_of({"type": "plain_text_input", "initial_value": "old"}))
    redrawn = form_of({"type": "plain_text_input", "initial_value": "new"})
    assert "old" == carried(before, redrawn)["f"]["e"]["value"]


def test_a_choice_that_is_no_longer_offered_is_gone() -> None:
    before = blank(form_of({"type": "static_select", **BOTH, "initial_option": B}))
    redrawn = form_of({"type": "static_select", "options": [A]})
    assert {"type": "static_select", "selected_option": None} == carried(before, redrawn)["f"]["e"]

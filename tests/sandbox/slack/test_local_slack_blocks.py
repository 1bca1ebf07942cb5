from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import cast
from bot.sandbox.slack.blocks import message_complaints, view_complaints
from tests.sandbox.slack.stage import Json, Stage


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "v", label: str = "Label") -> Json:
    return {"text": plain(label), "value": value}


def button(**more: object) -> Json:
    return {"type": "button", "action_id": "go", "text": plain("Go"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(**more: object) -> Json:
    return {"type": "static_select", "action_id": "pick", **more}


def section(**more: object) -> Json:
    return {"type": "section", **more}


def field(element: Json, **more: object) -> Json:
    return {"type": "input", "label": plain("Field"), "element": element, **more}


CONFIRM: Json = {
    "title": plain("Sure?"),
    "text": plain("Really"),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
TEXT_INPUT: Json = {"type": "plain_text_input", "action_id": "t"}

AT_THE_LIMIT: list[tuple[str, list[Json]]] = [
    ("50 blocks", [{"type": "divider"}] * 50),
    ("section text of 3000", [section(text=mrkdwn("x" * 3000))]),
    ("10 fields of 2000", [section(fields=[mrkdwn("x" * 2000)] * 10)]),
    ("header of 150", [{"type": "header", "text": plain("x" * 150)}]),
    ("button text 75, value 2000", [actions(button(text=plain("x" * 75), value="v" * 2000))]),
    ("accessibility label of 75", [actions(button(accessibility_label="x" * 75))]),
    ("25 elements", [actions(*(button(action_id=f"go{n}") for n in range(25)))]),
    ("10 remarks", [{"type": "context", "elements": [mrkdwn("x")] * 10}]),
    ("100 options", [actions(select(options=[option(f"{n}") for n in range(100)]))]),
    ("option label 75, value 150", [actions(select(options=[option("v" * 150, "x" * 75)]))]),
    ("confirm", [actions(button(confirm={**CONFIRM, "title": plain("x" * 100), "text": plain("x" * 300)}))]),
    ("ids of 255", [{"type": "divider", "block_id": "b" * 255}, actions(button(action_id="a" * 255))]),
    ("same action_id in two blocks", [actions(button()), actions(button())]),
    ("grouped options", [actions(select(option_groups=[{"label": plain("G"), "options": [option()]}]))]),
    ("rich text", [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}]),
]

REFUSED: list[tuple[str, list[Json], str]] = [
    ("51 blocks", [{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    (
        "section text",
        [section(text=mrkdwn("x" * 3001))],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "empty text",
        [section(text=mrkdwn(""))],
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    ("nothing said", [section()], "must have text or fields [json-pointer:/blocks/0]"),
    (
        "11 fields",
        [section(fields=[mrkdwn("x")] * 11)],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        "long field",
        [section(fields=[mrkdwn("x" * 2001)])],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    (
        "long header",
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "mrkdwn in a header",
        [{"type": "header", "text": mrkdwn("x")}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    (
        "long button",
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        "long value",
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        "unknown style",
        [actions(button(style="default"))],
        "value must be one of [primary, danger] [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        "long accessibility label",
        [actions(button(accessibility_label="x" * 76))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/accessibility_label]",
    ),
    (
        "26 elements",
        [actions(*(button(action_id=f"go{n}") for n in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ("no elements", [actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        "11 remarks",
        [{"type": "context", "elements": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "a menu without options",
        [actions(select(options=[]))],
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "101 options",
        [actions(select(options=[option(f"{n}") for n in range(101)]))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "long option label",
        [actions(select(options=[option(label="x" * 76)]))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    (
        "long option value",
        [actions(select(options=[option("v" * 151)]))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    (
        "options and groups",
        [actions(select())],
        "must have exactly one of options and option_groups [json-pointer:/blocks/0/elements/0]",
    ),
    (
        "initial option that is not offered",
        [actions(select(options=[option("a")], initial_option=option("b")))],
        "initial option must exactly match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    (
        "long confirm title",
        [actions(button(confirm={**CONFIRM, "title": plain("x" * 101)}))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    (
        "long confirm text",
        [actions(button(confirm={**CONFIRM, "text": plain("x" * 301)}))],
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    (
        "confirm without deny",
        [actions(button(confirm={key: CONFIRM[key] for key in ("title", "text", "confirm")}))],
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    (
        "long block_id",
        [{"type": "divider", "block_id": "b" * 256}],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    (
        "long action_id",
        [actions(button(action_id="a" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (
        "block_id twice",
        [{"type": "divider", "block_id": "b"}] * 2,
        'block_id "b" already exists [json-pointer:/blocks]',
    ),
    (
        "action_id twice in a block",
        [actions(button(), button())],
        'action_id "go" already exists for this block [json-pointer:/blocks/0]',
    ),
    ("unknown block", [{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
    ("no type", [{"text": plain("x")}], "missing required field: type [json-pointer:/blocks/0]"),
    (
        "unknown key",
        [{"type": "divider", "colour": "red"}],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    (
        "a text field among actions",
        [actions(TEXT_INPUT)],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        "a picture without words",
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    (
        "a relative address",
        [actions(button(url="/cases/7"))],
        "must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
    ),
    (
        "a wrong date",
        [actions({"type": "datepicker", "action_id": "d", "initial_date": "1 May"})],
        "must be a date in the format YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    (
        "six overflow options",
        [actions({"type": "overflow", "action_id": "o", "options": [option(f"{n}") for n in range(6)]})],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "eleven ticks",
        [actions({"type": "checkboxes", "action_id": "c", "options": [option(f"{n}") for n in range(11)]})],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "two tables",
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2,
        "only one table allowed [json-pointer:/blocks]",
    ),
]


def modal(**more: object) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": [{"type": "divider"}], **more}


REFUSED_VIEWS: list[tuple[str, Json, str]] = [
    (
        "long title",
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    (
        "long submit",
        modal(submit=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/submit/text]",
    ),
    (
        "long close",
        modal(close=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/close/text]",
    ),
    (
        "long private_metadata",
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    (
        "101 blocks",
        modal(blocks=[{"type": "divider"}] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    (
        "inputs without submit",
        modal(blocks=[field(TEXT_INPUT)]),
        "submit is required when an input block is within the blocks array [json-pointer:/view]",
    ),
    (
        "no title",
        {"type": "modal", "blocks": []},
        "missing required field: title [json-pointer:/view]",
    ),
    (
        "a submit on Home",
        {"type": "home", "blocks": [], "submit": plain("Go")},
        "invalid additional property: submit [json-pointer:/view]",
    ),
    (
        "markdown block in a modal",
        modal(blocks=[{"type": "markdown", "text": "x"}]),
        "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
    ),
    (
        "two focused fields",
        modal(
            submit=plain("Go"),
            blocks=[
                field({**TEXT_INPUT, "focus_on_load": True}),
                field({**TEXT_INPUT, "focus_on_load": True}),
            ],
        ),
        "only one element can have focus_on_load [json-pointer:/view/blocks]",
    ),
    (
        "a button as an input",
        modal(submit=plain("Go"), blocks=[field(button())]),
        "unsupported type: button [json-pointer:/view/blocks/0/element/type]",
    ),
    (
        "min above max",
        modal(submit=plain("Go"), blocks=[field({**TEXT_INPUT, "min_length": 5, "max_length": 4})]),
        "min_length must not be more than max_length [json-pointer:/view/blocks/0/element]",
    ),
    (
        "long label",
        modal(submit=plain("Go"), blocks=[field(TEXT_INPUT, label=plain("x" * 2001))]),
        "must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]",
    ),
    (
        "long placeholder",
        modal(submit=plain("Go"), blocks=[field({**TEXT_INPUT, "placeholder": plain("x" * 151)})]),
        "must be less than 151 characters [json-pointer:/view/blocks/0/element/placeholder/text]",
    ),
]


@pytest.mark.parametrize(("blocks"), [b for _, b in AT_THE_LIMIT], ids=[name for name, _ in AT_THE_LIMIT])
def test_a_message_at_the_limit_is_taken(blocks: list[Json]) -> None:
    assert [] == message_complaints(blocks)


@pytest.mark.parametrize(
    ("blocks", "expected"), [(b, said) for _, b, said in REFUSED], ids=[name for name, _, _ in REFUSED]
)
def test_a_message_beyond_a_limit_is_refused_in_slacks_words(blocks: list[Json], expected: str) -> None:
    assert [expected] == message_complaints(blocks)


@pytest.mark.parametrize(
    ("view", "expected"),
    [(v, said) for _, v, said in REFUSED_VIEWS],
    ids=[name for name, _, _ in REFUSED_VIEWS],
)
def test_a_view_beyond_a_limit_is_refused_in_slacks_words(view: Json, expected: str) -> None:
    assert [expected] == view_complaints(view)


def test_a_modal_at_its_limits_is_taken() -> None:
    longest = modal(
        title=plain("x" * 24),
        submit=plain("x" * 24),
        close=plain("x" * 24),
        private_metadata="x" * 3000,
        blocks=[field(TEXT_INPUT) for _ in range(100)],
    )
    assert [] == view_complaints(longest)


async def test_the_sdk_is_told_what_is_wrong_with_its_blocks(stage: Stage) -> None:
    call = stage.client.chat_postMessage
    with pytest.raises(SlackApiError) as refused:
        await call(channel=cast.SUPPORT, text="card", blocks=[section(text=mrkdwn("x" * 3001))])
    expected = ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"]
    assert "invalid_blocks" == refused.value.response["error"]
    assert expected == refused.value.response["response_metadata"]["messages"]
    with pytest.raises(SlackApiError) as too_long:
        await call(channel=cast.SUPPORT, text="card", blocks=[section(text=mrkdwn("x" * 2900))] * 5)
    assert "msg_blocks_too_long" == too_long.value.response["error"]


async def test_the_sdk_is_told_what_is_wrong_with_its_view(stage: Stage) -> None:
    trigger = stage.slack.core.triggers.issue(cast.MAYA)
    with pytest.raises(SlackApiError) as refused:
        await stage.client.views_open(trigger_id=trigger, view=modal(title=plain("x" * 25)))
    expected = ["[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"]
    assert "invalid_arguments" == refused.value.response["error"]
    assert expected == refused.value.response["response_metadata"]["messages"]

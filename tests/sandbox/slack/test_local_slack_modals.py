from __future__ import annotations

import json

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Outcome, cast
from tests.sandbox.slack.stage import FORM, GOOD, Json, Stage


async def opened(stage: Stage, **answer: object) -> tuple[str, list[Json]]:
    """Put an app up that opens FORM on /refund and answers its submission with `answer`; open it as Maya."""
    app, heard = stage.bolt(), []

    @app.command("/refund")
    async def refund(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("refund")
    async def submitted(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack(**answer)  # type: ignore[arg-type] # each test passes what Bolt's `ack` knows

    @app.view_closed("refund")
    async def closed(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack()

    @app.action("reason")
    async def chose(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack()

    @app.options("charge")
    async def charges(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack(options=[{"text": {"type": "plain_text", "text": "ch_1"}, "value": "ch_1"}])

    stage.serve_app(app)
    assert Outcome() == await stage.slack.command(cast.MAYA, cast.SUPPORT, "/refund", "ch_1")
    modal = stage.slack.modal(cast.MAYA)
    assert modal is not None
    return modal["id"], heard


async def test_a_submission_carries_slacks_state_and_closes_the_modal(stage: Stage) -> None:
    view_id, heard = await opened(stage)
    assert Outcome() == await stage.slack.submit(cast.MAYA, view_id, GOOD)
    option = FORM["blocks"][1]["element"]["options"][0]
    expected = {
        "amount": {"amount": {"type": "number_input", "value": "49"}},
        "reason": {"reason": {"type": "static_select", "selected_option": option}},
        "charge": {"charge": {"type": "external_select", "selected_option": None}},
        "mail": {"mail": {"type": "email_text_input", "value": None}},
    }
    assert expected == heard[0]["view"]["state"]["values"]
    assert stage.slack.modal(cast.MAYA) is None


async def test_the_client_checks_fields_before_anything_is_sent(stage: Stage) -> None:
    view_id, heard = await opened(stage)
    bad = {"amount": {"amount": {"value": "0"}}, "mail": {"mail": {"value": "ada at home"}}}
    outcome = await stage.slack.submit(cast.MAYA, view_id, bad)
    expected = {
        "amount": "Must be at least 1.",
        "reason": "Please complete this required field.",
        "mail": "Please enter a valid email address.",
    }
    assert (expected, []) == (outcome.errors, heard)


async def test_the_apps_field_errors_reach_the_person_and_the_modal_stays(stage: Stage) -> None:
    view_id, _ = await opened(stage, response_action="errors", errors={"amount": "More than is left."})
    outcome = await stage.slack.submit(cast.MAYA, view_id, GOOD)
    assert {"amount": "More than is left."} == outcome.errors
    modal = stage.slack.modal(cast.MAYA)
    assert modal is not None
    assert "49" == modal["state"]["values"]["amount"]["amount"]["value"]


UNUSABLE: list[Json] = [
    {"response_action": "errors", "errors": {"elsewhere": "?"}},
    {"response_action": "errors", "errors": {}},
    {"response_action": "update", "view": {"type": "modal", "title": "no object", "blocks": []}},
    {"response_action": "dance"},
]


async def test_an_answer_that_slack_cannot_use_is_an_error_on_the_modal(stage: Stage) -> None:
    app, answers = stage.bolt(), list(UNUSABLE)

    @app.middleware
    async def unusable() -> BoltResponse:
        # Bolt's own `ack` cannot write some of these.
        return BoltResponse(
            status=200, body=json.dumps(answers.pop(0)), headers={"content-type": "application/json"}
        )

    stage.serve_app(app)
    view = stage.slack.core.views.open(cast.MAYA, FORM)
    outcomes = [await stage.slack.submit(cast.MAYA, view.id, GOOD) for _ in UNUSABLE]
    assert ["invalid_response"] * 4 == [outcome.error for outcome in outcomes]
    assert stage.slack.modal(cast.MAYA) is not None


async def test_an_answer_may_push_and_then_the_top_one_is_closed(stage: Stage) -> None:
    second = {**FORM, "title": {"type": "plain_text", "text": "Second"}}
    view_id, heard = await opened(stage, response_action="push", view=second)
    await stage.slack.submit(cast.MAYA, view_id, GOOD)
    top = stage.slack.modal(cast.MAYA)
    assert top is not None
    assert ("Second", view_id) == (top["title"]["text"], top["previous_view_id"])
    assert "not_found" == (await stage.slack.submit(cast.MAYA, view_id, GOOD)).error
    await stage.slack.close(cast.MAYA, top["id"])
    assert ("view_closed", False) == (heard[-1]["type"], heard[-1]["is_cleared"])
    below = stage.slack.modal(cast.MAYA)
    assert below is not None
    assert view_id == below["id"]


async def test_an_answer_may_redraw_the_modal_or_clear_all_of_them(stage: Stage) -> None:
    second = {**FORM, "title": {"type": "plain_text", "text": "Second"}}
    view_id, _ = await opened(stage, response_action="update", view=second)
    await stage.slack.submit(cast.MAYA, view_id, GOOD)
    redrawn = stage.slack.modal(cast.MAYA)
    assert redrawn is not None
    assert (view_id, "Second") == (redrawn["id"], redrawn["title"]["text"])
    view_id, _ = await opened(stage, response_action="clear")
    stage.slack.core.views.push(cast.MAYA, FORM)
    top = stage.slack.modal(cast.MAYA)
    assert top is not None
    assert Outcome() == await stage.slack.submit(cast.MAYA, top["id"], GOOD)
    assert stage.slack.modal(cast.MAYA) is None


async def test_a_dispatching_field_tells_the_app_and_another_does_not(stage: Stage) -> None:
    view_id, heard = await opened(stage)
    await stage.slack.click(cast.MAYA, "amount", view_id=view_id, chosen={"value": "5"})
    chosen = {"selected_option": "other"}
    await stage.slack.click(cast.MAYA, "reason", view_id=view_id, chosen=chosen)
    assert 1 == len(heard)
    assert "other" == heard[0]["actions"][0]["selected_option"]["value"]
    values = heard[0]["view"]["state"]["values"]
    assert ("5", "other") == (
        values["amount"]["amount"]["value"],
        values["reason"]["reason"]["selected_option"]["value"],
    )
    refused = await stage.slack.click(cast.MAYA, "reason", view_id=view_id, chosen={"selected_option": "x"})
    assert not refused.ok


async def test_an_external_select_offers_what_the_app_answers_and_nothing_else(stage: Stage) -> None:
    view_id, heard = await opened(stage)
    assert {"options": []} == await stage.slack.options(cast.MAYA, "charge", "c", view_id=view_id)
    assert [] == heard
    offered = await stage.slack.options(cast.MAYA, "charge", "ch_", view_id=view_id)
    assert ("block_suggestion", "ch_") == (heard[0]["type"], heard[0]["value"])
    charge = {"charge": {"charge": {"selected_option": offered["options"][0]["value"]}}}
    assert Outcome() == await stage.slack.submit(cast.MAYA, view_id, GOOD | charge)
    selected = heard[-1]["view"]["state"]["values"]["charge"]["charge"]["selected_option"]
    assert "ch_1" == selected["value"]


async def test_what_was_entered_outlives_a_redraw_with_the_same_ids(stage: Stage) -> None:
    view_id, _ = await opened(stage)
    await stage.slack.click(cast.MAYA, "amount", view_id=view_id, chosen={"value": "5"})
    modal = stage.slack.modal(cast.MAYA)
    assert modal is not None
    await stage.client.views_update(view_id=view_id, view=FORM, hash=modal["hash"])
    redrawn = stage.slack.modal(cast.MAYA)
    assert redrawn is not None
    assert "5" == redrawn["state"]["values"]["amount"]["amount"]["value"]
    with pytest.raises(SlackApiError) as conflict:
        await stage.client.views_update(view_id=view_id, view=FORM, hash=modal["hash"])
    assert "hash_conflict" == conflict.value.response["error"]

"""Files in a form: attached by people, shown to the app as in Slack, downloaded with its token alone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import attaching
from bot.sandbox.slack.blocks import view_complaints
from bot.sandbox.slack.cast import LENA, MAYA
from bot.sandbox.slack.form import NotOnScreenError
from tests.sandbox.slack.stage import BOT_TOKEN, MANIFEST, Json, Stage

INPUT: Json = {"type": "file_input", "action_id": "e", "filetypes": ["pdf"], "max_files": 1}


def blocks(**changed: Any) -> list[Json]:  # noqa: ANN401  # an element's key
    label = {"type": "plain_text", "text": "File"}
    return [{"type": "input", "block_id": "f", "label": label, "element": INPUT | changed}]


def put(stage: Stage, user: str, *files: str | Json, **changed: Any) -> Json:  # noqa: ANN401  # as above
    entered = {"f": {"e": {"files": list(files)}}}
    return attaching.put_in(stage.slack.core, user, blocks(**changed), entered)


@pytest.mark.parametrize(
    ("changed", "valid"),
    [({}, True), ({"max_files": 11}, False), ({"filetypes": []}, False), ({"placeholder": "x"}, False)],
)
def test_a_file_input_is_checked_as_by_slack(changed: Json, valid: bool) -> None:  # noqa: FBT001  # a table's column
    title = {"type": "plain_text", "text": "Title"}
    view = {"type": "modal", "title": title, "submit": title, "blocks": blocks(**changed)}
    assert valid == (not view_complaints(view))


async def test_a_form_holds_the_whole_file_object_of_whoever_attached_it(stage: Stage) -> None:
    file = stage.slack.attach(MAYA, "Terms.PDF", b"%PDF")
    held = put(stage, MAYA, file["id"])["f"]["e"]
    assert {"type": "file_input", "files": [file]} == held
    assert ("Terms.PDF", "pdf", 4, MAYA) == tuple(file[key] for key in ("name", "filetype", "size", "user"))


async def test_nobody_sends_a_strangers_file_too_many_or_another_type(stage: Stage) -> None:
    pdf, picture = (stage.slack.attach(MAYA, name, b"x") for name in ("a.pdf", "a.gif"))
    for refused in ([LENA, pdf], [MAYA, picture], [MAYA, pdf, pdf], [MAYA, "F0"]):
        with pytest.raises(NotOnScreenError):
            put(stage, *refused)


async def test_the_app_is_told_of_a_file_and_downloads_it_with_its_token_alone(stage: Stage) -> None:
    file = stage.slack.attach(MAYA, "terms.pdf", b"%PDF-1.4")
    stage.slack.core.installation.manifest = None
    found = (await stage.client.files_info(file=file["id"]))["file"]
    assert file == found
    async with httpx.AsyncClient(trust_env=False) as client:
        given = await client.get(found["url_private"], headers={"Authorization": f"Bearer {BOT_TOKEN}"})
        refused = await client.get(found["url_private"])
        seen = await client.get(found["permalink"])
    assert (b"%PDF-1.4", 307, b"%PDF-1.4") == (given.content, refused.status_code, seen.content)


async def test_without_the_scope_there_is_neither_the_file_nor_its_bytes(stage: Stage) -> None:
    file = stage.slack.attach(MAYA, "terms.pdf", b"%PDF-1.4")
    stage.slack.core.installation.manifest = MANIFEST
    with pytest.raises(SlackApiError) as refused:
        await stage.client.files_info(file=file["id"])
    assert "missing_scope" == refused.value.response["error"]
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(file["url_private"], headers={"Authorization": f"Bearer {BOT_TOKEN}"})
    assert 307 == answer.status_code

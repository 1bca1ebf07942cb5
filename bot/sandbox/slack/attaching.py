"""Files that people attach in a form's `file_input`, and how a file is shown and downloaded.

Source: Slack's reference, "File input element" and "File object".
"""

from __future__ import annotations

import mimetypes
from typing import Any, Final
from urllib.parse import quote

from bot.sandbox.slack import form
from bot.sandbox.slack.blocks import interactive
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.tickets import Upload
from bot.sandbox.slack.workspace import BOT_USER, TEAM_ID

Json = dict[str, Any]

_MOST: Final = 10
"""Files in one field unless `max_files` says otherwise."""


def attach(core: Core, user: str, name: str, content: bytes) -> Json:
    """Take a file from somebody's computer and return it as Slack shows it. Raises ValueError when empty."""
    if not content:
        raise ValueError("The file is empty.")
    file_id = core.workspace.new_id("F")
    core.uploads[file_id] = Upload(file_id, name, len(content), content, completed=True, user=user)
    return shown(core, core.uploads[file_id])


def shown(core: Core, upload: Upload) -> Json:
    """Return the file object. Only the app's token opens `url_private`; people follow `permalink`."""
    name = quote(upload.name)
    return {
        "id": upload.file_id,
        "name": upload.name,
        "title": upload.name,
        "mimetype": mimetypes.guess_type(upload.name)[0] or "application/octet-stream",
        "filetype": upload.name.rpartition(".")[2].lower(),
        "size": upload.length,
        "user": upload.user or BOT_USER,
        "mode": "external" if upload.is_external else "hosted",
        "is_external": upload.is_external,
        "url_private": core.address(f"/files-pri/{TEAM_ID}-{upload.file_id}/{name}"),
        "permalink": core.address(f"/files/{upload.file_id}/{name}"),
    }


def put_in(core: Core, user: str, blocks: list[Json], given: Json) -> Json:
    """Return what somebody entered with their files as file objects, named there by id or by object.

    Raises NotOnScreenError for a file that is not theirs, one of another type, or too many.
    """
    fields = {(b["block_id"], e["action_id"]): e for b, e in interactive(blocks) if e["type"] == "file_input"}
    filled = {block_id: dict(actions) for block_id, actions in given.items()}
    for (block_id, action_id), element in fields.items():
        state = filled.get(block_id, {}).get(action_id)
        if state is not None:
            files = [_own(core, user, one, element) for one in state.get("files") or []]
            if len(files) > element.get("max_files", _MOST):
                raise form.NotOnScreenError(
                    f"{action_id} takes at most {element.get('max_files', _MOST)} files."
                )
            filled[block_id][action_id] = {"type": "file_input", "files": files}
    return filled


def _own(core: Core, user: str, named: Json | str, element: Json) -> Json:
    file_id = named["id"] if isinstance(named, dict) else named
    upload = core.uploads.get(file_id)
    if upload is None or upload.user != user:
        raise form.NotOnScreenError(f"There is no file {file_id} of this person.")
    file = shown(core, upload)
    if "filetypes" in element and file["filetype"] not in element["filetypes"]:
        raise form.NotOnScreenError(f"“{upload.name}” is not one of: {', '.join(element['filetypes'])}.")
    return file

"""`files.getUploadURLExternal`, the upload itself, `files.completeUploadExternal`, and `files.info`."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.slack import posting
from bot.sandbox.slack.attaching import shown
from bot.sandbox.slack.tickets import Upload
from bot.sandbox.slack.webapi.call import TIERS, ApiError, Call, Method, invalid_arguments
from bot.sandbox.slack.workspace import BOT_USER, Channel

Json = dict[str, Any]


def _get_url(call: Call) -> Json:
    length = call.number("length", 0)
    if length <= 0:
        raise invalid_arguments("must be more than 0 [json-pointer:/length]")
    file_id = call.core.workspace.new_id("F")
    call.core.uploads[file_id] = Upload(file_id, call.required("filename"), length)
    return {"file_id": file_id, "upload_url": call.core.address(f"/upload/v1/{file_id}")}


def _complete(call: Call) -> Json:
    listed = call.structure("files")
    if not isinstance(listed, list) or not listed:
        raise invalid_arguments("missing required field: files")
    files = [_described(call, entry) for entry in listed]
    names = [call.text("channel_id"), *call.text("channels").split(",")]
    for name in filter(None, dict.fromkeys(names)):
        _share(call, name, files)
    for entry in listed:
        call.core.uploads[entry["id"]].completed = True
    return {"files": files}


def _described(call: Call, entry: Json) -> Json:
    upload = call.core.uploads.get(entry.get("id", ""))
    if upload is None or upload.content is None or upload.completed:
        raise ApiError("file_not_found")
    return shown(call.core, upload) | {"title": entry.get("title") or upload.name}


def _info(call: Call) -> Json:
    upload = call.core.uploads.get(call.required("file"))
    if upload is None or not upload.completed:
        raise ApiError("file_not_found")
    return {"file": shown(call.core, upload), "comments": [], "response_metadata": {"next_cursor": ""}}


def _share(call: Call, name: str, files: list[Json]) -> None:
    channel: Channel | None = call.core.workspace.channels.get(name)
    if channel is None:
        raise ApiError("channel_not_found")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    thread_ts = call.text("thread_ts")
    if thread_ts and thread_ts not in channel.messages:
        raise ApiError("thread_not_found")
    content = {"text": call.text("initial_comment")}
    message = posting.by_app(call.core, content, thread_ts=thread_ts)
    message.subtype, message.files = "file_share", files
    posting.post(call.core, channel, message)


METHODS: Final = {
    "files.info": Method(_info, "files:read", TIERS[4]),
    "files.getUploadURLExternal": Method(_get_url, "files:write", TIERS[4]),
    "files.completeUploadExternal": Method(_complete, "files:write", TIERS[4]),
}

"""`POST /slack/events`: verify the raw body, put it into one form, hand it to Bolt.

Bolt takes any form body that contains the word “payload” for an interaction, and loses a slash
command whose text holds that word. So the body is read here, and handed on as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import msgspec
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import Response

_JSON: Mapping[str, str | Sequence[str]] = {"content-type": ["application/json"]}


class SlackEvents:
    """The endpoint, for one Bolt app."""

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def __call__(self, request: Request) -> Response:
        """Answer one delivery. A signature that is wrong or older than five minutes gets 401."""
        raw = await request.body()
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        try:
            genuine = timestamp.isdigit() and self._verifier.is_valid(raw, timestamp, signature)
            body = as_json(raw.decode(), request.headers.get("content-type", "")) if genuine else ""
        except (UnicodeDecodeError, msgspec.DecodeError):
            return Response("This is not a body that Slack sends.", 400)
        if not genuine:
            return Response("The signature is not Slack's, or too old.", 401)
        answer = await self._app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(_JSON)))
        return Response(answer.body or "", answer.status, headers=answer.first_headers())


def as_json(body: str, content_type: str) -> str:
    """Return a delivery's body as JSON: events are JSON, interactions carry it, commands are a form."""
    if content_type.startswith("application/json"):
        msgspec.json.decode(body)
        return body
    form = dict(parse_qsl(body, keep_blank_values=True))
    if "payload" in form and "command" not in form:
        msgspec.json.decode(form["payload"])
        return form["payload"]
    return msgspec.json.encode(form).decode()

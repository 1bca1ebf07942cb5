"""What a person reads when something was refused or went wrong; the one place where errors end."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import structlog
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.desk.desk import Desk
from bot.directory import error_name
from bot.errors import AlreadyDecidedError, DeskError, FieldError, NotAllowedError, NotFoundError
from bot.store.ids import new_id
from handlers.turn import not_done

log = structlog.get_logger()


async def answer(desk: Desk, error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Say a refusal in its own words; write anything else down as an incident, and say its reference."""
    if isinstance(error, FieldError) and body.get("type") == "view_submission":
        return _json({"response_action": "errors", "errors": error.sentences})
    if isinstance(error, AlreadyDecidedError):
        desk.show_soon(error.subject_id)
    sentence = str(error) if isinstance(error, DeskError) else _incident(error)
    if body.get("type") == "view_submission":
        return _in_the_form(sentence, over=isinstance(error, _OVER))
    return _said(desk, body, sentence)


_OVER: Final = (AlreadyDecidedError, NotAllowedError, NotFoundError)
"""After these, nothing more is to be done with a form."""


def _in_the_form(sentence: str, *, over: bool) -> BoltResponse:
    """Answer in the place of a form that is over; else on top of it, so that what was typed stays there."""
    return _json({"response_action": "update" if over else "push", "view": not_done(sentence, over=over)})


def _incident(error: Exception) -> str:
    if isinstance(error, SlackApiError) and error_name(error) in {
        "expired_trigger_id",
        "trigger_expired",
    }:
        return "Slack waited too long to open the form. Please click again."
    reference = new_id("IN")
    log.error("incident", reference=reference, exc_info=error)
    return (
        "Something went wrong here. Nothing was lost; please try again. "
        f"If it happens again, tell your administrator this reference: {reference}."
    )


def _said(desk: Desk, body: dict[str, Any], sentence: str) -> BoltResponse:
    """Answer where the person is: under the command, or in the channel for them alone."""
    if "command" in body:
        return _json({"response_type": "ephemeral", "text": sentence})
    user = (body.get("user") or {}).get("id", "")
    channel = (body.get("channel") or {}).get("id") or (body.get("container") or {}).get("channel_id") or user
    if user:
        desk.tasks.start(desk.messenger.whisper(channel, user, sentence), f"whisper {user}")
    return BoltResponse(status=200)


def _json(body: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=200, body=msgspec.json.encode(body).decode(), headers={"content-type": "application/json"}
    )

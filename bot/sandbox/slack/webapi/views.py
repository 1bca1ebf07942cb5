"""`views.*`: modals and the Home tab."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.slack.screens import tell_home, tell_modals
from bot.sandbox.slack.tickets import TriggerRefusedError
from bot.sandbox.slack.views import View, ViewRefusedError
from bot.sandbox.slack.webapi.call import TIERS, ApiError, Call, Method, invalid_arguments

Json = dict[str, Any]


def _refused(refusal: ViewRefusedError) -> ApiError:
    if not refusal.messages:
        return ApiError(str(refusal))
    return ApiError(str(refusal), response_metadata={"messages": refusal.messages})


def _body(call: Call) -> Json:
    view = call.structure("view")
    if view is None:
        raise invalid_arguments("missing required field: view")
    if not isinstance(view, dict):
        raise invalid_arguments("must be an object [json-pointer:/view]")
    return view


def _by_trigger(call: Call) -> str:
    try:
        return call.core.triggers.exchange(call.required("trigger_id"))
    except TriggerRefusedError as refusal:
        raise ApiError(str(refusal)) from refusal


def _shown(call: Call, view: View) -> Json:
    if view.body["type"] == "home":
        tell_home(call.core, view.user)
    else:
        tell_modals(call.core, view.user)
    return {"view": view.shown()}


def _open(call: Call) -> Json:
    body = _body(call)
    try:
        return _shown(call, call.core.views.open(_by_trigger(call), body))
    except ViewRefusedError as refusal:
        raise _refused(refusal) from refusal


def _push(call: Call) -> Json:
    body = _body(call)
    try:
        return _shown(call, call.core.views.push(_by_trigger(call), body))
    except ViewRefusedError as refusal:
        raise _refused(refusal) from refusal


def _update(call: Call) -> Json:
    body = _body(call)
    if not call.text("view_id") and not call.text("external_id"):
        raise invalid_arguments("missing required field: view_id or external_id")
    view = call.core.views.find(call.text("view_id"), call.text("external_id"))
    if view is None:
        raise ApiError("not_found")
    try:
        return _shown(call, call.core.views.update(view, body, call.text("hash")))
    except ViewRefusedError as refusal:
        raise _refused(refusal) from refusal


def _publish(call: Call) -> Json:
    if not call.core.installation.has_home:
        raise ApiError("not_enabled")
    user = call.core.workspace.users.get(call.required("user_id"))
    if user is None or user.is_bot:
        raise invalid_arguments("invalid `user_id`")
    try:
        return _shown(call, call.core.views.publish(user.id, _body(call), call.text("hash")))
    except ViewRefusedError as refusal:
        raise _refused(refusal) from refusal


METHODS: Final = {
    "views.open": Method(_open, per_minute=TIERS[4]),
    "views.push": Method(_push, per_minute=TIERS[4]),
    "views.update": Method(_update, per_minute=TIERS[4]),
    "views.publish": Method(_publish, per_minute=TIERS[4]),
}

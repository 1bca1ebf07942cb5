"""`/api/{method}`: a call is read as any client sends it, checked, and answered as Slack does."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.slack.core import Core
from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.webapi import chat, conversations, files, people, views
from bot.sandbox.slack.webapi.call import ApiError, Call, Method
from bot.sandbox.slack.workspace import APP_ID

Json = dict[str, Any]

METHODS: Final[dict[str, Method]] = {
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **people.METHODS,
    **views.METHODS,
}
_SOCKET: Final = "apps.connections.open"


class Dropped(Response):
    """No answer at all: the connection breaks, as when a network does."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Abort the connection under the request and wait until the server has noticed."""
        del send
        scope["sandbox.transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def answer(core: Core, request: Request) -> Response:
    """Answer one Web API call, with the trouble that was planned for it."""
    method = request.path_params["method"]
    try:
        args = await _arguments(request)
    except msgspec.DecodeError:
        return _json(core, method, {}, {"ok": False, "error": "invalid_json"})
    token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(args.get("token") or "")
    args.pop("token", None)
    if not core.watch(f"slack: {method} came"):
        return Dropped()
    fault = core.faults.next(method)
    if fault:
        return await _troubled(core, fault, method, args, token)
    response = _json(core, method, args, _run(core, method, args, token))
    return response if core.watch(f"slack: {method} was done") else Dropped()


async def _troubled(core: Core, fault: Fault, method: str, args: Json, token: str) -> Response:
    match fault.kind:
        case "rate_limit":
            return _json(core, method, args, _limited(fault.retry_after))
        case "error":
            return _json(core, method, args, {"ok": False, "error": fault.error})
        case "down":
            _noted(core, method, args, {"ok": False, "error": "(503)"})
            return PlainTextResponse("upstream connect error", HTTPStatus.SERVICE_UNAVAILABLE)
        case "drop":
            _noted(core, method, args, {"ok": False, "error": "(dropped)"})
            return Dropped()
        case "execute_then_drop":
            _noted(core, method, args, _run(core, method, args, token))
            return Dropped()
        case "delay":
            await asyncio.sleep(fault.seconds)
            return _json(core, method, args, _run(core, method, args, token))


def _run(core: Core, method: str, args: Json, token: str) -> Json:
    call = Call(core, method, args)
    try:
        return _open_socket(core, token) if method == _SOCKET else _called(call, token)
    except ApiError as refusal:
        return {"ok": False, "error": refusal.error, **refusal.extra}


def _called(call: Call, token: str) -> Json:
    known = METHODS.get(call.method)
    if known is None:
        raise ApiError("unknown_method", req_method=call.method)
    _authorised(call.core, token)
    if known.scope:
        call.needs(known.scope)
    limits = call.core.rate_limits
    wait = limits.wait(call.method, known.per_minute, call.text("channel")) if limits else 0
    return _limited(wait) if wait else {"ok": True, **known.run(call)}


def _authorised(core: Core, token: str) -> None:
    if not token:
        raise ApiError("not_authed")
    if token == core.installation.app_token:
        raise ApiError("not_allowed_token_type")
    if token != core.installation.bot_token:
        raise ApiError("invalid_auth")
    if core.installation.refusal:
        raise ApiError(core.installation.refusal)


def _open_socket(core: Core, token: str) -> Json:
    if not token:
        raise ApiError("not_authed")
    if token == core.installation.bot_token:
        raise ApiError("not_allowed_token_type")
    if token != core.installation.app_token:
        raise ApiError("invalid_auth")
    ticket = core.sockets.issue_ticket()
    address = core.address("/link/").replace("http", "ws", 1)
    return {"ok": True, "url": f"{address}?ticket={ticket}&app_id={APP_ID}"}


def _limited(seconds: int) -> Json:
    return {"ok": False, "error": "ratelimited", "retry_after": seconds}


async def _arguments(request: Request) -> Json:
    """Return the arguments of query, form or JSON body; raises msgspec.DecodeError."""
    args: Json = dict(request.query_params)
    if request.method != "POST":
        return args
    if request.headers.get("content-type", "").startswith("application/json"):
        body = msgspec.json.decode(await request.body() or b"{}")
        return args | body if isinstance(body, dict) else args
    return args | dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _noted(core: Core, method: str, args: Json, body: Json) -> None:
    """Keep a call for whoever asks what the app did."""
    core.counts[method] += 1
    call = {"method": method, "ok": body["ok"], "error": body.get("error"), "args": args}
    core.calls.append(call | {"at": core.workspace.clock.now().isoformat()})
    core.live.stir()


def _json(core: Core, method: str, args: Json, body: Json) -> Response:
    _noted(core, method, args, body)
    granted = core.installation.scopes
    headers = {"x-oauth-scopes": ",".join(sorted(granted or ()))}
    status = HTTPStatus.OK
    if body.get("error") == "ratelimited":
        status, headers["Retry-After"] = HTTPStatus.TOO_MANY_REQUESTS, str(body.pop("retry_after", 1))
    return Response(msgspec.json.encode(body), status, headers, "application/json; charset=utf-8")

"""The page's JSON over HTTP, under `/sandbox/`: the same acts and readings as in Python."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox.slack import form
from bot.sandbox.slack.acting import NotPossibleError, Outcome
from bot.sandbox.slack.faults import Fault

if TYPE_CHECKING:
    from bot.sandbox.slack.server import LocalSlack

Json = dict[str, Any]
Handler = Callable[["LocalSlack", Json], Awaitable[Json]]

_STATE_KEYS: Final = frozenset(key for key, _ in form.SHAPES.values())


def _told(outcome: Outcome) -> Json:
    return {key: value for key, value in asdict(outcome).items() if key == "ok" or value}


async def _say(slack: LocalSlack, body: Json) -> Json:
    return _told(await slack.say(body["as"], body["channel"], body["text"], body.get("thread_ts") or ""))


async def _command(slack: LocalSlack, body: Json) -> Json:
    text = body.get("text") or ""
    return _told(await slack.command(body["as"], body["channel"], body["command"], text))


def _where(body: Json) -> dict[str, str]:
    return {key: body.get(key) or "" for key in ("channel", "ts", "view_id", "block_id")}


async def _click(slack: LocalSlack, body: Json) -> Json:
    chosen = {key: body[key] for key in body.keys() & _STATE_KEYS}
    outcome = await slack.click(
        body["as"], body["action_id"], **_where(body), chosen=chosen, state=body.get("state")
    )
    return _told(outcome)


async def _options(slack: LocalSlack, body: Json) -> Json:
    return await slack.options(body["as"], body["action_id"], body.get("query") or "", **_where(body))


async def _submit(slack: LocalSlack, body: Json) -> Json:
    return _told(await slack.submit(body["as"], body["view_id"], body.get("state")))


async def _close(slack: LocalSlack, body: Json) -> Json:
    return _told(await slack.close(body["as"], body["view_id"]))


async def _shortcut(slack: LocalSlack, body: Json) -> Json:
    place, ts = body.get("channel") or "", body.get("ts") or ""
    return _told(await slack.shortcut(body["as"], body["callback_id"], place, ts))


async def _open_home(slack: LocalSlack, body: Json) -> Json:
    return _told(await slack.open_home(body["as"]))


async def _open_dm(slack: LocalSlack, body: Json) -> Json:
    channel = slack.core.workspace.dm(body["as"]).id
    return _told(await slack.open_dm(body["as"])) | {"channel": channel}


async def _read(slack: LocalSlack, body: Json) -> Json:
    return _told(await slack.read(body["as"], body["channel"], body["ts"]))


async def _run_panel(slack: LocalSlack, body: Json) -> Json:
    if slack.panel is None:
        raise KeyError("panel")
    said = await slack.panel.run(body["act"], body.get("values") or {})
    slack.tell_time()
    return {"said": said}


async def _fault(slack: LocalSlack, body: Json) -> Json:
    slack.control.fault(Fault(**body))
    return {"ok": True}


async def _group(slack: LocalSlack, body: Json) -> Json:
    slack.control.set_group(body["group"], body["members"])
    return {"ok": True}


async def _user(slack: LocalSlack, body: Json) -> Json:
    slack.control.set_user(body.pop("user"), body)
    return {"ok": True}


async def _bot(slack: LocalSlack, body: Json) -> Json:
    change = slack.control.invite_bot if body["member"] else slack.control.kick_bot
    change(body["channel"])
    return {"ok": True}


async def _archive(slack: LocalSlack, body: Json) -> Json:
    slack.control.archive(body["channel"])
    return {"ok": True}


async def _token(slack: LocalSlack, body: Json) -> Json:
    if body["revoked"]:
        slack.control.revoke_token(body.get("error") or "token_revoked")
    else:
        slack.control.restore_token()
    return {"ok": True}


async def _plan(slack: LocalSlack, body: Json) -> Json:
    slack.control.set_plan(body["plan"])
    return {"ok": True}


async def _delete(slack: LocalSlack, body: Json) -> Json:
    slack.control.delete_message(body["channel"], body["ts"])
    return {"ok": True}


async def _replay(slack: LocalSlack, body: Json) -> Json:
    match body.get("kind", "verbatim"):
        case "stale":
            return {"answers": [asdict(await slack.control.replay_stale())]}
        case "forged":
            return {"answers": [asdict(await slack.control.replay_forged())]}
        case _:
            return {"answers": [asdict(one) for one in await slack.control.replay(body.get("times", 1))]}


async def _repeat(slack: LocalSlack, body: Json) -> Json:
    slack.control.repeat_next(body["copies"])
    return {"ok": True}


async def _refresh(slack: LocalSlack, _body: Json) -> Json:
    await slack.control.refresh_sockets()
    return {"ok": True}


_POSTS: Final[dict[str, Handler]] = {
    "say": _say,
    "command": _command,
    "click": _click,
    "options": _options,
    "submit": _submit,
    "close": _close,
    "shortcut": _shortcut,
    "open_home": _open_home,
    "open_dm": _open_dm,
    "read": _read,
    "panel": _run_panel,
    "faults": _fault,
    "group": _group,
    "user": _user,
    "bot": _bot,
    "archive": _archive,
    "token": _token,
    "plan": _plan,
    "delete": _delete,
    "replay": _replay,
    "repeat": _repeat,
    "sockets/refresh": _refresh,
}


def routes(slack: LocalSlack) -> list[Route]:
    """Return the page's and the controls' routes."""

    async def state(request: Request) -> Response:
        return _json(slack.state(request.query_params["as"]))

    async def messages(request: Request) -> Response:
        user, channel = request.query_params["as"], request.query_params["channel"]
        if request.query_params.get("reload"):
            slack.forget_ephemerals(channel, user)
        found = slack.messages(channel, user)
        threads = {message["ts"]: slack.thread(channel, message["ts"], user) for message in found}
        return _json({"messages": found, "replies": {ts: below for ts, below in threads.items() if below}})

    async def live(request: Request) -> Response:
        return StreamingResponse(_events(slack, request.query_params["as"]), media_type="text/event-stream")

    async def panel(_request: Request) -> Response:
        now = slack.core.workspace.clock.now()
        if slack.panel is None:
            return _json({"acts": [], "mail": [], "now": now.isoformat()})
        shown = {"acts": slack.panel.acts(), "mail": slack.panel.mail()}
        return _json(shown | {"now": slack.panel.now().isoformat()})

    async def calls(request: Request) -> Response:
        found = slack.control.calls(request.query_params.get("method", ""))
        return _json({"calls": found, "counts": slack.control.counts()})

    async def attach(request: Request) -> Response:
        content = await request.body()
        return _json(slack.attach(request.query_params["as"], request.query_params["name"], content))

    reads = {"state": state, "messages": messages, "live": live, "panel": panel, "calls": calls}
    return [
        *(Route(f"/sandbox/{name}", _guarded(handler), methods=["GET"]) for name, handler in reads.items()),
        Route("/sandbox/attach", _guarded(attach), methods=["POST"]),
        *(Route(f"/sandbox/{name}", _posted(slack, run), methods=["POST"]) for name, run in _POSTS.items()),
    ]


def _posted(slack: LocalSlack, run: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return _json(await run(slack, msgspec.json.decode(await request.body() or b"{}")))

    return _guarded(handle)


def _guarded(handle: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer 400 with a sentence where a request names what is not there or lacks a field."""

    async def guarded(request: Request) -> Response:
        try:
            return await handle(request)
        except KeyError as missing:
            return _json({"ok": False, "error": f"not found or missing: {missing.args[0]}"}, 400)
        except (NotPossibleError, ValueError, TypeError) as wrong:
            return _json({"ok": False, "error": str(wrong)}, 400)

    return guarded


async def _events(slack: LocalSlack, user: str) -> AsyncIterator[bytes]:
    yield b": open\n\n"
    async for event in slack.core.live.follow(user):
        yield b"data: " + msgspec.json.encode(event) + b"\n\n"


def _json(body: Json, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")

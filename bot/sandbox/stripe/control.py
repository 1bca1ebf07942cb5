"""The handles beside the API, under `/sandbox`: faults, webhooks, permissions, books and the reset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.sandbox.stripe.errors import ApiError, Record
from bot.sandbox.stripe.faults import Fault
from bot.sandbox.stripe.webhooks import Mode, Trick

if TYPE_CHECKING:
    from bot.sandbox.stripe.local import LocalStripe

_Act = Callable[["LocalStripe", Record], Awaitable[object]]


def routes(local: LocalStripe) -> list[Route]:
    """Return the routes; each takes a JSON object and answers 400 with a sentence when it makes no sense."""
    table: list[tuple[str, str, _Act]] = [
        ("GET", "/sandbox/faults", _list_faults),
        ("POST", "/sandbox/faults", _arrange_fault),
        ("DELETE", "/sandbox/faults", _clear_faults),
        ("GET", "/sandbox/webhooks", _show_webhooks),
        ("POST", "/sandbox/webhooks", _set_mode),
        ("POST", "/sandbox/webhooks/release", _release),
        ("POST", "/sandbox/webhooks/redeliver", _redeliver),
        ("POST", "/sandbox/webhooks/send", _play),
        ("POST", "/sandbox/permissions", _set_permissions),
        ("GET", "/sandbox/books", _show_books),
        ("GET", "/sandbox/requests", _show_requests),
        ("POST", "/sandbox/reset", _reset),
    ]
    return [Route(path, _endpoint(local, act), methods=[method]) for method, path, act in table]


def _endpoint(local: LocalStripe, act: _Act) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(request: Request) -> JSONResponse:
        body = await request.body()
        try:
            given = msgspec.json.decode(body) if body else {}
            return JSONResponse(await act(local, given))
        except ApiError as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=refusal.status)
        except (KeyError, TypeError, ValueError) as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)

    return answer


async def _list_faults(local: LocalStripe, _: Record) -> object:
    return [fault.to_json() for fault in local.faults.arranged()]


async def _arrange_fault(local: LocalStripe, given: Record) -> object:
    fault = Fault.from_json(given)
    local.faults.arrange(fault)
    return fault.to_json()


async def _clear_faults(local: LocalStripe, _: Record) -> object:
    local.faults.clear()
    return []


async def _show_webhooks(local: LocalStripe, _: Record) -> object:
    webhooks = local.webhooks
    held = [event["id"] for event in webhooks.held]
    return {"mode": webhooks.mode, "url": webhooks.url, "held": held, "deliveries": list(webhooks.log)}


async def _set_mode(local: LocalStripe, given: Record) -> object:
    local.webhooks.mode = Mode(given["mode"])
    return await _show_webhooks(local, given)


async def _release(local: LocalStripe, given: Record) -> object:
    """Release all that is held, or `event_ids`; `order` may be `reversed`, `copies` more than one."""
    ids = given.get("event_ids")
    if given.get("order") == "reversed":
        ids = [event["id"] for event in reversed(local.webhooks.held)]
    return {"released": await local.webhooks.release(ids, given.get("copies", 1))}


async def _redeliver(local: LocalStripe, given: Record) -> object:
    return {"status": await local.redeliver(given["event_id"])}


async def _play(local: LocalStripe, given: Record) -> object:
    return {"status": await local.send_trick(Trick(given["kind"]), given.get("event_id"))}


async def _set_permissions(local: LocalStripe, given: Record) -> object:
    local.deny(*given["denied"])
    return {"denied": sorted(given["denied"])}


async def _show_books(local: LocalStripe, _: Record) -> object:
    return local.books()


async def _show_requests(local: LocalStripe, _: Record) -> object:
    return local.requests()


async def _reset(local: LocalStripe, _: Record) -> object:
    local.reset()
    return {}

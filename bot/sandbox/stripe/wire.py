"""Cutting a connection under an ASGI server, so that a client sees what a lost network looks like."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Send

from bot.sandbox.stripe.idempotency import Answer


async def cut(receive: Receive) -> None:
    """Close the connection at once, without a byte of an answer."""
    _transport(receive).abort()
    await _gone(receive)


async def send_half(answer: Answer, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
    """Announce the whole body, send half of it and close the connection."""
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": half, "more_body": True})
    _transport(receive).close()
    await _gone(receive)


def _transport(receive: Receive) -> asyncio.Transport:
    """Return the connection of a request. Raises TypeError under another server than uvicorn."""
    # ASGI has no word for closing a connection, but uvicorn's `receive` is bound to what holds the transport.
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("Connections can be cut under uvicorn only.")
    return transport


async def _gone(receive: Receive) -> None:
    """Wait until the server knows: then it neither answers nor complains about the missing answer."""
    while (await receive())["type"] != "http.disconnect":
        pass

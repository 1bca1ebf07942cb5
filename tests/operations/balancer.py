"""A load balancer in front of several desks: one request to each in turn, the dead left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.serving import serving


class Balancer:
    """Hands each request to the next desk. `taken` counts what each of them answered."""

    def __init__(self, client: httpx.AsyncClient, desks: list[str]) -> None:
        self._client = client
        self._desks = desks
        self.taken = dict.fromkeys(desks, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; 502 when a desk died over it, 503 when none is left."""
        request = Request(scope, receive)
        body = await request.body()
        for _ in range(len(self._desks)):
            desk = self._desks[0]
            self._desks.append(self._desks.pop(0))
            try:
                answer = await self._client.post(
                    desk + request.url.path, content=body, headers=dict(request.headers)
                )
            except httpx.ConnectError:
                continue
            except httpx.TransportError:
                await Response("The desk died over it.", 502)(scope, receive, send)
                return
            self.taken[desk] += 1
            kind = answer.headers.get("content-type")
            await Response(answer.content, answer.status_code, media_type=kind)(scope, receive, send)
            return
        await Response("No desk is there.", 503)(scope, receive, send)


@asynccontextmanager
async def balanced(desks: list[str]) -> AsyncIterator[tuple[str, Balancer]]:
    """Serve a balancer in front of `desks`, and yield where."""
    async with httpx.AsyncClient(timeout=30) as client:
        balancer = Balancer(client, list(desks))

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await balancer(scope, receive, send)

        async with serving(app) as url:
            yield url, balancer

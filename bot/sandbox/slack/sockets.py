"""Socket Mode: the app's WebSockets, each payload to one of them, and the acknowledgements that come back.

Source: Slack, "Using Socket Mode".
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack.live import Live
from bot.sandbox.slack.workspace import APP_ID

Json = dict[str, Any]

CONNECTIONS: Final = 10


@dataclass(eq=False)
class _Connection:
    websocket: WebSocket
    draining: bool = False


class Sockets:
    """The open connections, used in turn. An envelope is answered on any of them."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._tickets: set[str] = set()
        self._open: list[_Connection] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0

    @property
    def connected(self) -> int:
        """How many connections take payloads."""
        return sum(not connection.draining for connection in self._open)

    def issue_ticket(self) -> str:
        """Return what a WebSocket's address must carry; it opens one connection."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, websocket: WebSocket) -> None:
        """Hold one connection until either side ends it."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(4401)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        if len(self._open) >= CONNECTIONS:
            await websocket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await websocket.close()
            return
        connection = _Connection(websocket)
        self._open.append(connection)
        try:
            await websocket.send_json(self._hello())
            self._live.publish({"type": "people"})
            while True:
                self._acknowledged(await websocket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._open.remove(connection)
            self._live.publish({"type": "people"})

    async def send(self, envelope: Json, within: float) -> Json | None:
        """Send an envelope to one connection; return the acknowledgement, None when none came in time."""
        ready = [connection for connection in self._open if not connection.draining]
        if not ready:
            return None
        self._turn += 1
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acknowledged
        try:
            async with asyncio.timeout(within):
                await ready[self._turn % len(ready)].websocket.send_text(
                    msgspec.json.encode(envelope).decode()
                )
                return await acknowledged
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            # Starlette raises RuntimeError for a send on a connection that has just gone.
            return None
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    async def refresh(self) -> None:
        """Ask every connection to come again, as Slack does now and then; they get no further payloads."""
        for connection in list(self._open):
            connection.draining = True
            with suppress(WebSocketDisconnect, RuntimeError):
                await connection.websocket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def aclose(self) -> None:
        """End every connection."""
        self._tickets.clear()
        for connection in list(self._open):
            connection.draining = True
            # A connection that has just gone needs no goodbye.
            with suppress(WebSocketDisconnect, RuntimeError):
                await connection.websocket.close(1001)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {
                "host": "applink-larkspur",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
        }

    def _acknowledged(self, text: str) -> None:
        message: Json = msgspec.json.decode(text)
        waiting = self._waiting.get(message.get("envelope_id", ""))
        if waiting and not waiting.done():
            waiting.set_result(message.get("payload") or {})

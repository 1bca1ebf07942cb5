"""Serve an ASGI application from the running event loop, on an address that is known before it answers."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

_YOUNG = 20_000


def settle_memory() -> None:
    """Take what is loaded by now for what lives as long as the process, so that no collection walks it again.

    What requests leave behind goes by its reference count; the collector looks for cycles less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)


@asynccontextmanager
async def serving(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `app` on `host` and `port` (0: a free one), yield its base URL, and stop it on the way out.

    Raises OSError when the port is taken. Requests under way are finished first, for at most ten seconds.
    """
    listener = socket.create_server((host, port), backlog=2048)
    # asyncio turns Nagle's algorithm off only where the socket names its protocol, and this one does not.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await _started(server, task)
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.stop()
        await task
        listener.close()


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever started it, and stops as soon as it is asked."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked_to_stop = asyncio.Event()

    def stop(self) -> None:
        """Stop taking requests."""
        self.should_exit = True
        self._asked_to_stop.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def main_loop(self) -> None:
        """Tick as uvicorn does, ten times a second, but wake at once for the stop."""
        tick = 0
        while not await self.on_tick(tick):
            tick = (tick + 1) % 864_000
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._asked_to_stop.wait()


async def _started(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("The server stopped before it had started.")
        await asyncio.sleep(0.005)

"""What happens right now, told to every open page and to whoever waits for a condition."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(eq=False)
class _Reader:
    user: str
    queue: asyncio.Queue[Json | None] = field(default_factory=asyncio.Queue)


class Live:
    """Spreads events to the pages that may see them. Nothing is kept for pages that open later."""

    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._stirred = asyncio.Event()
        self._closed = False

    def publish(self, event: Json, users: Collection[str] | None = None) -> None:
        """Send `event` to the pages of `users`; None means everyone's."""
        for reader in self._readers:
            if users is None or reader.user in users:
                reader.queue.put_nowait(event)
        self.stir()

    @property
    def watched(self) -> int:
        """How many pages follow right now."""
        return len(self._readers)

    def follows(self, user: str) -> bool:
        """Whether a page of `user` is open."""
        return any(reader.user == user for reader in self._readers)

    def stir(self) -> None:
        """Let waiting conditions look again."""
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def follow(self, user: str) -> AsyncIterator[Json]:
        """Yield what `user` may see from now on, until close."""
        reader = _Reader(user)
        self._readers.add(reader)
        self.stir()
        try:
            while not self._closed:
                event = await reader.queue.get()
                if event is None:
                    return
                yield event
        finally:
            self._readers.discard(reader)
            self.stir()

    async def until(self, condition: Callable[[], object], within: float) -> None:
        """Wait until `condition()` is true. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while not condition():
                await self._stirred.wait()

    def close(self) -> None:
        """End every page's stream."""
        self._closed = True
        for reader in self._readers:
            reader.queue.put_nowait(None)

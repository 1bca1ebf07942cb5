"""Work that goes on after the answer: every task is kept until it ends, and a stop waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from bot.errors import DeskError

_PATIENCE: Final = 25.0
log = structlog.get_logger()


class Tasks:
    """The tasks that are under way."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._under_way)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start `work` and keep it; what it raises is logged, since the rows bring it back to a sweep."""
        task = asyncio.create_task(work, name=name)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    async def finished(self) -> None:
        """Wait until nothing is under way, 25 seconds at the most; then cancel what is left."""
        while self._under_way:
            _, left = await asyncio.wait(self._under_way, timeout=_PATIENCE)
            if left:
                for task in left:
                    task.cancel()
                await asyncio.gather(*left, return_exceptions=True)
                return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if task.cancelled() or not (error := task.exception()):
            return
        if isinstance(error, DeskError):
            log.warning("task put off", task=task.get_name(), why=str(error))
            return
        log.error("task failed", task=task.get_name(), exc_info=error)

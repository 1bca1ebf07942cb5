"""The clock: which sweep runs how often, on APScheduler. Due times are the rows'; this only looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.desk import sweeps
from bot.desk.desk import Desk
from bot.errors import DeskError

log = structlog.get_logger()
Sweep = Callable[[Desk], Awaitable[None]]

SWEEPS: Final[tuple[tuple[Sweep, float], ...]] = (
    (sweeps.approved_cases, 2),
    (sweeps.operations, 2),
    (sweeps.messages, 2),
    (sweeps.events, 5),
    (sweeps.mails, 5),
    (sweeps.deadlines, 2),
    (sweeps.disputes, 5),
    (sweeps.change_steps, 2),
    (sweeps.missed_events, 300),
)
"""Each sweep and its cadence in seconds."""

CHORES: Final[tuple[tuple[Sweep, float], ...]] = (
    (sweeps.changed_objects, 5),
    (sweeps.mirror_filling, 5),
    (sweeps.mirror_compared, 10),
    (sweeps.failing_payments, 10),
)
"""The same for what nobody waits for: a desk that was just started sees to people first."""


@asynccontextmanager
async def clock(desk: Desk) -> AsyncIterator[None]:
    """Run the sweeps at once and then on their cadence, the chores on theirs.

    The stop waits for what people started, and breaks a round off: its rows say how to go on.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    running = _Running(desk)
    await sweeps.left_behind(desk)
    for sweep, seconds in (*SWEEPS, *CHORES):
        scheduler.add_job(
            running.round,
            "interval",
            args=[sweep],
            seconds=seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            name=sweep.__name__,
        )
    for sweep, _ in SWEEPS:
        desk.tasks.start(running.run(sweep), sweep.__name__)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.pause()
        await running.break_off()
        scheduler.shutdown(wait=False)
        await desk.tasks.finished()


class _Running:
    """Runs sweeps; one that is still running is not started again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._busy: set[Sweep] = set()
        self._rounds: set[asyncio.Task[None]] = set()

    async def round(self, sweep: Sweep) -> None:
        """Run a sweep in a task that the stop breaks off."""
        task = asyncio.create_task(self.run(sweep), name=sweep.__name__)
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)
        await task

    async def break_off(self) -> None:
        """Break off the rounds under way, and wait until they have let go of their connections."""
        rounds = list(self._rounds)
        for task in rounds:
            task.cancel()
        await asyncio.gather(*rounds, return_exceptions=True)

    async def run(self, sweep: Sweep) -> None:
        if sweep in self._busy:
            return
        self._busy.add(sweep)
        try:
            await sweep(self._desk)
        except asyncio.CancelledError:
            log.info("sweep broken off by the stop", sweep=sweep.__name__)
        except DeskError as error:
            log.warning("sweep put off", sweep=sweep.__name__, why=str(error))
        except Exception as error:
            # Whatever it was, the next round tries again.
            log.warning("sweep failed", sweep=sweep.__name__, exc_info=error)
        finally:
            self._busy.discard(sweep)

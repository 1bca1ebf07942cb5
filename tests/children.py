"""Real `makegood` processes that live in the sandbox: started, listened to, killed, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

_ROOT = Path(__file__).parents[1]


class Child:
    """One `makegood serve`. `lines` is what it has logged so far, `url` where it answers."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.printed = ""
        self.url = ""
        self._serving = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def serving(self) -> str:
        """Wait until it answers, and return where. Raises AssertionError with what it said instead."""
        ended = asyncio.create_task(self.process.wait())
        begun = asyncio.create_task(self._serving.wait())
        await asyncio.wait({ended, begun}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        begun.cancel()
        if not self.url:
            await self.killed()
            raise AssertionError("\n".join(self.lines))
        ended.cancel()
        return self.url

    def tell(self, what: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(what)

    async def ended(self, within: float = 30.0) -> int:
        """Wait until it has ended and all of its log was read; return its exit code."""
        async with asyncio.timeout(within):
            code = await self.process.wait()
            await self._listening
        return code

    async def killed(self) -> None:
        """Kill it, if it still runs."""
        if self.process.returncode is None:
            self.process.kill()
        await self.ended()

    def said(self, what: str) -> list[dict[str, Any]]:
        """Return the log lines of one event."""
        found = [msgspec.json.decode(line) for line in self.lines if line.startswith("{")]
        return [line for line in found if line["what"] == what]

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        assert self.process.stdout is not None
        async for raw in self.process.stderr:
            self.lines.append(raw.decode().rstrip("\n"))
            if '"what":"serving"' in self.lines[-1].replace(" ", ""):
                self.url = msgspec.json.decode(self.lines[-1])["url"]
                self._serving.set()
        self.printed = (await self.process.stdout.read()).decode()


@asynccontextmanager
async def serve(environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """Start `makegood serve` on a free port, and kill it on the way out."""
    child = Child(await _started({**environment, "PORT": "0"}, "serve"))
    try:
        yield child
    finally:
        await child.killed()


async def makegood(environment: Mapping[str, str], *arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Run a command to its end; return its exit code, what it printed, and what it complained of."""
    process = await _started(environment, *arguments)
    async with asyncio.timeout(60):
        printed, complained = await process.communicate(typed.encode())
    return process.returncode or 0, printed.decode(), complained.decode()


async def _started(environment: Mapping[str, str], *arguments: str) -> Process:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=_ROOT,
        env=inherited | {"PYTHONWARNINGS": "default"} | dict(environment),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )

"""Desks that run as processes of their own, and what people see of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from bot.__main__ import main
from bot.sandbox.play import Play
from bot.sandbox.world import World
from tests.children import Child, serve


@pytest.fixture
def environment(here: World, database_url: str) -> dict[str, str]:
    """What a `makegood` on this test's SQLite file is told."""
    return here.environment(database_url)


@pytest.fixture
async def child(here: World, environment: dict[str, str]) -> AsyncIterator[Child]:
    """A `makegood serve` that lives in the sandbox."""
    async with serve(environment) as process:
        here.point_at(await process.serving())
        yield process


@pytest.fixture
def play(here: World) -> Play:
    return Play(here.slack)


class Command(Protocol):
    """Runs a `makegood` command and returns its exit code, what it printed and what it complained of."""

    async def __call__(self, environment: dict[str, str], *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, without a process of its own."""

    async def run(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = await asyncio.to_thread(main, list(arguments))
        printed, complained = capsys.readouterr()
        return code, printed, complained

    return run

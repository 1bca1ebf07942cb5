"""What most tests need: the sandbox, and a desk that lives in it on a database of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
import structlog
from hypothesis import HealthCheck, settings

from bot.app import Running
from bot.sandbox.world import World, inhabited, world
from bot.store import migrating
from bot.store.engine import Store
from tests.postgres import Postgres, postgres

settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")
# The default draws every local variable of every frame, for seconds, while the desk waits.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of this version, to copy."""
    path = tmp_path_factory.mktemp("template") / "makegood.db"
    store = Store(f"sqlite:///{path}")
    migrating.migrate(store.engine)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


@pytest.fixture
def database_url(migrated: Path, tmp_path: Path) -> str:
    shutil.copy(migrated, tmp_path / "makegood.db")
    return f"sqlite:///{tmp_path / 'makegood.db'}"


@pytest.fixture(scope="session")
def pg() -> Iterator[Postgres]:
    """A PostgreSQL server; `migrated()` makes a database in it."""
    with postgres() as server:
        yield server


@pytest.fixture
async def here() -> AsyncIterator[World]:
    """A local Slack, a local Stripe, a mail server and a clock."""
    async with world() as sandbox:
        yield sandbox


@pytest.fixture
async def app(here: World, database_url: str) -> AsyncIterator[Running]:
    """A desk that lives in the sandbox, over HTTP."""
    async with inhabited(here, database_url) as running:
        yield running


class Until(Protocol):
    """Waits until a condition holds, and fails when it does not within so many seconds."""

    async def __call__(self, condition: Callable[[], object], within: float = 15.0) -> None: ...


@pytest.fixture
def until() -> Until:
    return _until


async def _until(condition: Callable[[], object], within: float = 15.0) -> None:
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  # the condition is the outside's, and tells nobody
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {condition}") from None

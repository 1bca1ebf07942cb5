from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack import LocalSlack
from bot.serving import serving
from tests.sandbox.slack.stage import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, WAITS, Json, Stage


@pytest.fixture
def manifest() -> Json | None:
    return None


@pytest.fixture
async def stage(manifest: Json | None) -> AsyncIterator[Stage]:
    clock = SandboxClock()
    slack = LocalSlack(
        clock,
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        manifest=manifest,
        waits=WAITS,
    )
    stage = Stage(slack, clock)
    async with serving(stage) as url:
        stage.served_at(url)
        yield stage
        await slack.aclose()

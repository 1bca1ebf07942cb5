"""People who talk to a desk that lives in the sandbox."""

from __future__ import annotations

import pytest

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.world import World


@pytest.fixture
def play(here: World, app: Running) -> Play:  # noqa: ARG001  # the desk has to be there
    return Play(here.slack)

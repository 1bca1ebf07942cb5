from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack import LocalSlack, Waits
from bot.serving import serving
from tests.browser.eyes import Eyes
from tests.browser.toy_app import MANIFEST, install
from tests.sandbox.slack.stage import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Stage

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class ToyPanel:
    """A story with one act and one mail."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock

    def acts(self) -> list[dict[str, Any]]:
        hours = {"id": "hours", "label": "Hours", "options": ["1", "24"]}
        return [{"id": "clock", "label": "The clock jumps", "help": "Time passes.", "fields": [hours]}]

    async def run(self, act_id: str, values: dict[str, str]) -> str:
        return f"{act_id} went {values['hours']} hours ahead."

    def mail(self) -> list[dict[str, Any]]:
        letter = {"to": "ada@northfold.example", "from": "billing@larkspur.example", "subject": "Your refund"}
        return [{**letter, "text": "Hello Ada,\nit is on its way.", "at": self.now().isoformat()}]

    def now(self) -> datetime:
        return self._clock.now()


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found:
        return found
    sentence = "There is no chromium here, so the page was not looked at. Install one to run these tests."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = _chromium()
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    clock = SandboxClock()
    slack = LocalSlack(
        clock,
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        manifest=MANIFEST,
        panel=ToyPanel(clock),
        waits=Waits(answer=1.0, trigger=2.0),
    )
    stage = Stage(slack, clock)
    async with serving(stage) as url:
        stage.served_at(url)
        yield stage
        await slack.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def eyes(browser: Browser, stage: Stage) -> AsyncIterator[Eyes]:
    """Look at the page at a desk; afterwards nothing was complained of and nothing was fetched elsewhere."""
    async for looking in _looking(browser, stage, {"viewport": {"width": 1400, "height": 900}}):
        yield looking


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, stage: Stage) -> AsyncIterator[Eyes]:
    """Look at the page on a phone."""
    size = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    async for looking in _looking(browser, stage, size):
        yield looking


async def _looking(browser: Browser, stage: Stage, device: dict[str, Any]) -> AsyncIterator[Eyes]:
    app = stage.bolt()
    heard = install(app)
    stage.serve_app(app)
    context = await browser.new_context(**device, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(5000)
    complaints, hosts = _listened(page)
    yield Eyes(stage, page, heard)
    await context.close()
    assert [] == complaints
    assert {"127.0.0.1"} == hosts


def _listened(page: Page) -> tuple[list[str], set[str | None]]:
    complaints: list[str] = []
    hosts: set[str | None] = set()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    return complaints, hosts

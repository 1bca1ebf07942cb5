"""What a test does with the page: opens it as somebody, types commands, and looks."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from bot.sandbox.slack import LocalSlack
from bot.sandbox.slack.cast import MAYA, SUPPORT
from tests.browser.toy_app import Heard
from tests.sandbox.slack.stage import Stage


@dataclass
class Eyes:
    """A page in the browser, the Slack behind it, and what the app heard."""

    stage: Stage
    page: Page
    heard: Heard

    @property
    def slack(self) -> LocalSlack:
        return self.stage.slack

    @property
    def composer(self) -> Locator:
        return self.page.locator("#main .composer textarea")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    async def open(self, person: str = MAYA, channel: str = SUPPORT) -> None:
        """Open the page as somebody, who has read how to play."""
        await self.page.add_init_script("localStorage.setItem('larkspur.howto', '1')")
        await self.page.goto(f"{self.stage.url}/#as={person}&channel={channel}")
        await expect(self.messages().first.or_(self.page.locator(".empty-words"))).to_be_visible()

    async def form(self) -> Locator:
        """Type `/refund` and return the form."""
        await self.composer.fill("/refund")
        await self.composer.press("Enter")
        await expect(self.dialog).to_be_visible()
        return self.dialog

    def messages(self) -> Locator:
        return self.page.locator(".message-list .message")

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from bot.sandbox.slack.cast import MAYA, SUPPORT
from bot.sandbox.stripe import cast
from bot.sandbox.world import inhabited, world

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_refund_is_asked_for_approved_and_told_in_the_browser(
    browser: Browser, database_url: str
) -> None:
    async with world() as here, inhabited(here, database_url):
        context = await browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
        page = await context.new_page()
        page.set_default_timeout(8000)
        await page.goto(f"{here.slack_url}/#as={MAYA}&channel={SUPPORT}")
        await _ask(page)
        await page.get_by_role("button", name="Be Priya").click()
        await page.get_by_role("button", name="support-leads").first.click()
        card = page.locator(".message-list .message").last
        await expect(card).to_contain_text("@support-leads")
        await card.get_by_role("button", name="Approve").click()
        await expect(card).to_contain_text("Resolved — Refund issued")
        refunds = here.stripe.books()[cast.LARGE_1250]["refunds"]
        assert [(125_000, "succeeded")] == [(one["amount"], one["status"]) for one in refunds]
        await page.get_by_role("tab", name="Mail that went out").click()
        await page.get_by_role("button", name="Your refund of 1,250.00 USD").click()
        await expect(page.get_by_text(refunds[0]["id"]).last).to_be_visible()
        await context.close()


async def _ask(page: Page) -> None:
    """Ask for the large refund, with the form that the charge's id opens."""
    composer = page.locator("#main .composer textarea")
    await composer.fill(f"/refund {cast.LARGE_1250}")
    await composer.press("Enter")
    form = page.get_by_role("dialog")
    await expect(form.get_by_label("Customer and charge")).to_have_value(re.compile(r"1,250\.00 USD"))
    for label, choice in (("Reason", "Technical error"), ("How did the request come in?", "Email")):
        await form.get_by_label(label).click()
        await form.get_by_role("option", name=choice).click()
        await expect(form.get_by_label(label)).to_have_value(choice)
    await form.get_by_label("Ticket").fill("4712")
    for check in await form.get_by_role("checkbox").all():
        await check.check()
    await form.locator("button[type=submit]").click()
    await expect(form).to_contain_text("You will hear of it in a direct message.")
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)

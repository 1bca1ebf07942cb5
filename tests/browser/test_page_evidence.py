from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA
from bot.sandbox.world import inhabited, world
from tests.conversations.challenging import PDF, disputed, evidence_at_stripe

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("width", [1180, 390])
async def test_a_file_goes_from_the_form_to_stripe_in_the_browser(
    browser: Browser, database_url: str, width: int
) -> None:
    async with world() as here, inhabited(here, database_url):
        dispute = await disputed(here, Play(here.slack))
        context = await browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        page = await context.new_page()
        page.set_default_timeout(8000)
        await page.add_init_script("localStorage.setItem('larkspur.howto', '1')")
        await page.goto(f"{here.slack_url}/#as={LENA}&channel={FINANCE}")
        card = page.locator(".message-list .message").last
        await card.get_by_role("button", name="Challenge").click()
        form = page.get_by_role("dialog")
        field = form.get_by_label("Record of usage in the period charged")
        await field.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"})
        await expect(form).to_contain_text("“notes.txt” is not one of: pdf, png, jpg, jpeg.")
        await field.set_input_files({"name": "wrong.pdf", "mimeType": "application/pdf", "buffer": PDF})
        await form.get_by_role("button", name="Remove wrong.pdf").click()
        await field.set_input_files({"name": "usage.pdf", "mimeType": "application/pdf", "buffer": PDF})
        await expect(form.get_by_role("listitem")).to_have_text(["usage.pdf"])
        await form.get_by_role("button", name="Keep").click()
        await expect(form).to_have_count(0)
        await expect(card).to_contain_text("1 of the 3 papers")
        await expect(card).not_to_contain_text("on its way")
        file = here.stripe.ledger.get("file", evidence_at_stripe(here, dispute)["service_documentation"])
        assert ("usage.pdf", len(PDF)) == (file["filename"], file["size"])
        await context.close()

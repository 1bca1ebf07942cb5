from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.sandbox.slack.cast import MAYA, SUPPORT
from tests.browser.eyes import Eyes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_command_is_completed_and_sent_with_the_keyboard(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.composer.press("/")
    choices = eyes.page.get_by_role("listbox", name="Completions").get_by_role("option")
    await expect(choices).to_have_count(3)
    await expect(choices.first).to_contain_text("Ask for a refund")
    await eyes.page.keyboard.press("ArrowDown")
    await eyes.page.keyboard.press("ArrowUp")
    await eyes.page.keyboard.press("Tab")
    assert "/refund " == await eyes.composer.input_value()
    await expect(eyes.page.locator("#main .composer-hint")).to_have_text("/refund [charge]")
    await eyes.page.keyboard.press("Enter")
    await expect(eyes.dialog.get_by_label("Charge")).to_be_focused()
    await expect(eyes.composer).to_have_value("")


async def test_a_charge_is_found_and_chosen_with_the_keyboard(eyes: Eyes) -> None:
    await eyes.open()
    field = (await eyes.form()).get_by_label("Charge")
    await field.press("ArrowDown")
    await expect(eyes.dialog.get_by_text("Type at least 3 characters to search.")).to_be_visible()
    await field.press_sequentially("nobody")
    await expect(eyes.dialog.get_by_text("Nothing was found for “nobody”.")).to_be_visible()
    await field.fill("ada")
    await expect(eyes.dialog.get_by_role("group", name="Ada North").get_by_role("option")).to_have_count(2)
    await field.press("ArrowDown")
    await field.press("Enter")
    await expect(field).to_have_value("49.00 in April")
    await eyes.slack.until(
        lambda: (eyes.slack.modal(MAYA) or {})["state"]["values"]["charge"]["charge"]["selected_option"]
    )
    await field.fill("emil")
    await expect(eyes.dialog.get_by_role("option")).to_have_count(1)
    await field.press("Escape")
    await expect(field).to_have_value("49.00 in April")
    await expect(eyes.dialog).to_be_visible()


async def test_errors_stand_at_their_fields_and_leave_when_one_types(eyes: Eyes) -> None:
    await eyes.open()
    form = await eyes.form()
    await form.get_by_role("button", name="Ask for it").click()
    await expect(form.get_by_text("Please complete this required field.")).to_have_count(3)
    await expect(form.get_by_label("Charge")).to_be_focused()
    note = form.get_by_label("Note")
    await note.fill("no")
    await expect(form.get_by_text("Please complete this required field.")).to_have_count(2)
    await form.get_by_label("Charge").press_sequentially("emil")
    await form.get_by_role("option").click()
    await form.get_by_label("Reason").click()
    await form.get_by_role("option", name="Duplicate").click()
    await form.get_by_role("button", name="Ask for it").click()
    await expect(form.get_by_text("Say more than that.")).to_be_visible()
    await expect(note).to_be_focused()
    await note.fill("Charged twice in May.")
    await form.get_by_role("button", name="Ask for it").click()
    await expect(eyes.dialog).to_have_count(0)
    (values,) = eyes.heard.submitted
    assert "120.00 in may" == values["charge"]["charge"]["selected_option"]["value"]
    assert "Charged twice in May." == values["note"]["note"]["value"]


async def test_what_was_typed_stays_when_the_app_redraws_the_form(eyes: Eyes) -> None:
    await eyes.open()
    form = await eyes.form()
    note = form.get_by_label("Note")
    await note.fill("A visit that was cut short")
    await expect(form.locator(".counter", has_text="4")).to_be_visible()
    await form.get_by_label("Reason").click()
    await form.get_by_role("option", name="Visit").click()
    await expect(form.get_by_label("Minutes on site")).to_be_visible()
    await expect(note).to_have_value("A visit that was cut short")
    await expect(form.get_by_label("Reason")).to_have_value("Visit")
    await expect(form.get_by_label("Reason")).to_be_focused()


async def test_escape_closes_a_form_and_the_app_hears_of_it(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.form()
    await eyes.page.keyboard.press("Escape")
    await expect(eyes.dialog).to_have_count(0)
    await eyes.slack.until(lambda: eyes.heard.closed)
    assert ["form"] == eyes.heard.closed


async def test_a_form_opens_from_a_message(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.messages().first.hover()
    await eyes.messages().first.get_by_role("button", name="Message shortcuts").click()
    await eyes.page.get_by_role("menuitem", name="Start a refund").press("Enter")
    await expect(eyes.dialog.get_by_role("heading", name="Refund")).to_be_visible()


async def test_a_form_that_is_open_already_is_there_after_a_reload(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.form()
    await eyes.page.reload()
    await expect(eyes.dialog.get_by_role("heading", name="Refund")).to_be_visible()


async def test_an_app_that_is_silent_is_told_of_in_plain_words(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.composer.fill("/silence")
    await eyes.composer.press("Enter")
    await expect(eyes.page.locator("#main .composer-error")).to_contain_text("or it answered with an error")
    assert "/silence" == await eyes.composer.input_value()
    eyes.slack.request_url = None
    await eyes.page.reload()
    await expect(eyes.page.get_by_text("Makegood is not connected")).to_be_visible()


async def test_a_command_in_a_thread_is_explained(eyes: Eyes) -> None:
    ts = eyes.slack.messages(SUPPORT, MAYA)[0]["ts"]
    await eyes.open()
    await eyes.page.goto(f"{eyes.stage.url}/#channel={SUPPORT}&thread_ts={ts}")
    reply = eyes.page.get_by_label("Reply in the thread")
    await reply.fill("/refund")
    await reply.press("Enter")
    await expect(eyes.page.get_by_text("Commands do not work in threads.")).to_be_visible()

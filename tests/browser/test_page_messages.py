from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.sandbox.slack.cast import FINANCE, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from tests.browser.eyes import Eyes
from tests.browser.toy_app import APPROVE, DENY, card

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_click_on_a_card_changes_it(eyes: Eyes) -> None:
    await eyes.open(PRIYA, SUPPORT_LEADS)
    await eyes.stage.client.chat_postMessage(
        channel=SUPPORT_LEADS, text="a refund", blocks=card("Waiting for you", APPROVE, DENY)
    )
    shown = eyes.messages().last
    await shown.get_by_role("button", name="Approve").click()
    await expect(shown.get_by_text("Approved by @Priya Nair")).to_be_visible()
    await expect(shown.get_by_role("button", name="Approve")).to_have_count(0)


async def test_a_button_that_asks_first_does_nothing_on_no(eyes: Eyes) -> None:
    await eyes.open(PRIYA, SUPPORT_LEADS)
    await eyes.stage.client.chat_postMessage(
        channel=SUPPORT_LEADS, text="a refund", blocks=card("Waiting for you", APPROVE, DENY)
    )
    shown = eyes.messages().last
    await shown.get_by_role("button", name="Deny").click()
    await eyes.dialog.get_by_role("button", name="Not now").click()
    await expect(shown.get_by_text("Waiting for you")).to_be_visible()
    await shown.get_by_role("button", name="Deny").click()
    await eyes.dialog.get_by_role("button", name="Deny").click()
    await expect(shown.get_by_text("Denied")).to_be_visible()


async def test_a_thread_opens_takes_a_reply_and_closes(eyes: Eyes) -> None:
    await eyes.open()
    first = eyes.messages().first
    await first.hover()
    await first.get_by_role("button", name="Reply in thread").click()
    await eyes.page.get_by_label("Reply in the thread").fill("I look at it.")
    await eyes.page.keyboard.press("Enter")
    await expect(eyes.page.get_by_role("log", name="Replies").get_by_text("I look at it.")).to_be_visible()
    await expect(first.get_by_role("button", name="1 reply")).to_be_visible()
    ts = eyes.slack.messages(SUPPORT, MAYA)[0]["ts"]
    assert ["I look at it."] == [reply["text"] for reply in eyes.slack.thread(SUPPORT, ts, MAYA)]
    await eyes.page.keyboard.press("Escape")
    await expect(eyes.page.get_by_role("complementary", name="Thread")).to_have_count(0)


async def test_a_permalink_to_a_reply_opens_its_thread(eyes: Eyes) -> None:
    ts = eyes.slack.messages(SUPPORT, MAYA)[0]["ts"]
    reply = await eyes.slack.say(PRIYA, SUPPORT, "Look here.", ts)
    await eyes.open(MAYA, SUPPORT_LEADS)
    stamp = reply.ts.replace(".", "")
    await eyes.page.goto(f"{eyes.stage.url}/archives/{SUPPORT}/p{stamp}?thread_ts={ts}")
    await expect(eyes.page.get_by_role("log", name="Replies").get_by_text("Look here.")).to_be_visible()
    await expect(eyes.page.get_by_role("heading", name="#support", exact=True)).to_be_visible()


async def test_another_person_is_chosen_with_the_keyboard_and_sees_their_own_time(eyes: Eyes) -> None:
    await eyes.open()
    stamp = eyes.messages().first.locator(".stamp")
    before = await stamp.text_content()
    await eyes.page.get_by_role("button", name="You are Maya Chen").press("Enter")
    await eyes.page.keyboard.type("pri")
    await expect(eyes.page.get_by_role("option", name="Priya Nair")).to_be_focused()
    await eyes.page.keyboard.press("Enter")
    await expect(eyes.page.get_by_role("button", name="You are Priya Nair")).to_be_visible()
    await expect(eyes.composer).to_be_focused()
    await expect(eyes.page.get_by_role("heading", name="#support", exact=True)).to_be_visible()
    await expect(stamp).not_to_have_text(before or "")


async def test_what_is_new_for_somebody_is_marked_until_they_read_it(eyes: Eyes) -> None:
    await eyes.open(PRIYA, SUPPORT)
    leads = eyes.page.get_by_role("button", name="support-leads")
    await eyes.stage.client.chat_postMessage(channel=SUPPORT_LEADS, text=f"<@{PRIYA}>, please decide.")
    await expect(leads.get_by_label("1 for you")).to_be_visible()
    await expect(eyes.page.locator("#announcer")).to_contain_text("Makegood in support-leads")
    await eyes.page.keyboard.press("Alt+ArrowDown")
    await expect(eyes.page.get_by_role("separator", name="New")).to_be_visible()
    await expect(leads.get_by_label("1 for you")).to_have_count(0)
    await eyes.slack.until(
        lambda: not any(place["mentions"] for place in eyes.slack.state(PRIYA)["channels"])
    )


async def test_a_whisper_is_seen_by_one_person_until_they_reload(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.composer.fill("/whisper")
    await eyes.composer.press("Enter")
    await expect(eyes.messages().last.get_by_text("Only visible to you")).to_be_visible()
    await expect(eyes.messages().last.get_by_text("Nobody else reads this.")).to_be_visible()
    assert "Nobody else reads this." not in [m["text"] for m in eyes.slack.messages(SUPPORT, PRIYA)]
    await eyes.page.reload()
    await expect(eyes.messages()).to_have_count(3)
    await expect(eyes.page.get_by_text("Nobody else reads this.")).to_have_count(0)


async def test_markup_is_drawn_and_never_becomes_part_of_the_page(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.stage.client.chat_postMessage(
        channel=SUPPORT,
        text=f"*bold* _slanted_ ~gone~ `code *x*` <https://example.com|a link> <@{MAYA}> <#{SUPPORT}> "
        "<!date^0^{date_num} {time}|then> :warning: 2*3*4 &lt;img src=x&gt;\n&gt;quoted\n```pre```",
    )
    body = eyes.messages().last.locator(".mrkdwn")
    await expect(body.locator("strong")).to_have_text("bold")
    await expect(body.locator("em")).to_have_text("slanted")
    await expect(body.locator("s")).to_have_text("gone")
    await expect(body.locator("code")).to_have_text("code *x*")
    await expect(body.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com")
    await expect(body.locator(".mention.is-me")).to_have_text("@Maya Chen")
    await expect(body.get_by_role("button", name="#support")).to_be_visible()
    await expect(body.locator("time")).to_have_text("1969-12-31 16:00")
    await expect(body.locator("blockquote")).to_have_text("quoted")
    await expect(body.locator("pre")).to_have_text("pre")
    await expect(body).to_contain_text("⚠️ 2*3*4 <img src=x>")
    await eyes.composer.fill("<img src=x onerror=alert(1)> & <!channel>")
    await eyes.composer.press("Enter")
    await expect(eyes.messages().last).to_contain_text("<img src=x onerror=alert(1)> & <!channel>")
    await expect(eyes.page.locator(".message img")).to_have_count(0)


async def test_a_mention_is_completed_and_calls_the_person(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.composer.press_sequentially("Ask @pri")
    await eyes.composer.press("Enter")
    await eyes.composer.press_sequentially("please")
    await eyes.composer.press("Enter")
    await expect(eyes.messages().last).to_contain_text("Ask @Priya Nair please")
    assert f"Ask <@{PRIYA}> please" == eyes.slack.messages(SUPPORT, MAYA)[-1]["text"]


async def test_home_and_any_place_are_a_few_keys_away(eyes: Eyes) -> None:
    await eyes.open()
    await eyes.page.keyboard.press("Control+k")
    await eyes.page.keyboard.type("home")
    await eyes.page.keyboard.press("Enter")
    await expect(eyes.page.get_by_text("Welcome, @Maya Chen")).to_be_visible()
    await eyes.page.keyboard.press("Control+k")
    await eyes.page.keyboard.type("lena")
    await eyes.page.keyboard.press("Enter")
    await expect(eyes.page.get_by_text("Welcome, @Lena Fischer")).to_be_visible()
    await eyes.page.get_by_role("button", name="finance", exact=True).click()
    assert f"channel={FINANCE}" in eyes.page.url
    await eyes.page.go_back()
    await expect(eyes.page.get_by_text("Welcome, @Lena Fischer")).to_be_visible()


async def test_the_story_makes_things_happen_and_shows_the_mail(eyes: Eyes) -> None:
    await eyes.open()
    story = eyes.page.get_by_role("complementary", name="Story")
    await expect(story.get_by_text("It is ")).to_be_visible()
    await story.get_by_label("Hours").select_option("24")
    await story.locator("form").get_by_role("button", name="Make it happen").click()
    await expect(story.get_by_text("clock went 24 hours ahead.")).to_be_visible()
    await story.get_by_role("tab", name="Mail that went out").click()
    await story.get_by_role("button", name="Your refund").click()
    await expect(story.get_by_text("it is on its way.")).to_be_visible()


async def test_the_page_is_usable_on_a_phone(phone: Eyes) -> None:
    ts = phone.slack.messages(SUPPORT, MAYA)[0]["ts"]
    await phone.slack.say(PRIYA, SUPPORT, "A reply with averyveryverylongword" + "x" * 90, ts)
    await phone.stage.client.chat_postMessage(
        channel=SUPPORT, text="a refund", blocks=card("`" + "y" * 120 + "`", APPROVE, DENY)
    )
    await phone.open()
    await expect(phone.messages()).to_have_count(4)
    await _fits(phone)
    await phone.page.get_by_role("button", name="Channels and people").tap()
    await expect(phone.page.get_by_role("button", name="support-leads")).to_be_in_viewport()
    await _fits(phone)
    await phone.page.get_by_role("button", name="support", exact=True).tap()
    await phone.page.get_by_role("button", name="1 reply").tap()
    await expect(phone.page.get_by_text("A reply with")).to_be_in_viewport()
    await _fits(phone)
    await phone.page.get_by_role("button", name="Back").tap()
    await phone.page.get_by_role("button", name="Story").tap()
    await expect(phone.page.get_by_role("tab", name="Make it happen")).to_be_in_viewport()
    await _fits(phone)
    await phone.page.get_by_role("button", name="Close the story").tap()
    await phone.form()
    await _fits(phone)


async def _fits(phone: Eyes) -> None:
    """Nothing is wider than the screen, and every button that is shown is easy to hit."""
    assert 390 == await phone.page.evaluate("document.documentElement.scrollWidth")
    low = await phone.page.evaluate(
        """() => [...document.querySelectorAll('.button, .icon-button, .tab, .side-row, .thread-link')]
            .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 40)
            .map((node) => node.textContent || node.ariaLabel)"""
    )
    assert [] == low

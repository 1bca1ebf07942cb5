"""The story: an agent asks, the playbook rules, somebody approves, the money moves, everyone is told."""

from __future__ import annotations

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import JONAS, MAYA, PRIYA, REGGIE, REGGIE_CHANNEL, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250, refunds_of


async def test_a_verified_duplicate_is_granted_paid_mailed_and_closed(here: World, play: Play) -> None:
    told = await play.line(
        MAYA,
        SUPPORT,
        f'{cast.DUPLICATE_SECOND} 49.00 duplicate "charged twice, ticket 4711" verified via email',
    )
    assert "Granted: 49.00 USD goes back to the card now." in told
    assert "PenguinMails: Billing Operations Guide" in told
    await play.until(lambda: "Resolved — Refund issued" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert [(4900, "succeeded")] == refunds_of(here, cast.DUPLICATE_SECOND)
    refund_id = here.stripe.books()[cast.DUPLICATE_SECOND]["refunds"][0]["id"]
    (mail,) = here.mailbox.to("dana@harborbooks.example")
    assert "Your refund of 49.00 USD" == mail["Subject"]
    assert refund_id in mail.get_content()
    assert "5–10 business days" in mail.get_content()
    await play.until(lambda: any("the money arrives" in text for text in play.direct(MAYA)))
    assert any(refund_id in text for text in play.direct(MAYA))
    await play.until(lambda: "Ticket 4711" in play.trail(SUPPORT_LEADS, PRIYA)[-1])


async def test_1250_dollars_go_to_the_leads_and_one_of_them_approves(here: World, play: Play) -> None:
    outcome = await play.ask(
        MAYA,
        SUPPORT,
        cast.LARGE_1250_CUSTOMER,
        cast.LARGE_1250,
        reason="technical_error",
        source="email",
        ticket="T-9",
        note="The export failed for a week.",
    )
    assert {} == outcome.errors
    assert "support leads" in play.told(MAYA)
    assert "S07SUPLEADS" in play.told(MAYA)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))
    assert [] == refunds_of(here, cast.LARGE_1250)
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
    await play.until(lambda: "Resolved — Refund issued" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)
    assert f"<@{PRIYA}>" in str(play.card(SUPPORT_LEADS, JONAS))
    assert {"makegood_approver": PRIYA}.items() <= (
        here.stripe.books()[cast.LARGE_1250]["refunds"][0]["metadata"].items()
    )


async def test_2400_dollars_go_to_reggie(here: World, play: Play) -> None:
    await play.ask(
        MAYA,
        SUPPORT,
        cast.LARGE_2400_CUSTOMER,
        cast.LARGE_2400,
        reason="technical_error",
        source="phone",
        ticket="T-10",
    )
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "2,400.00 USD"))
    assert [] == refunds_of(here, cast.LARGE_2400)


async def test_a_denial_needs_a_sentence_and_the_requester_reads_it(here: World, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(JONAS, SUPPORT_LEADS, "case_deny")
    assert {"sentence"} == set((await play.say_why(JONAS, "")).errors)
    assert (await play.say_why(JONAS, "The export worked: see <the log>.")).ok
    await play.until(lambda: "Denied" in str(play.card(SUPPORT_LEADS, JONAS)))
    await play.until(
        lambda: any("Denied" in text and "&lt;the log&gt;" in text for text in play.direct(MAYA))
    )
    assert [] == refunds_of(here, cast.LARGE_1250)


async def test_a_question_goes_to_the_requester_and_the_answer_into_the_thread(play: Play) -> None:
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_ask")
    await play.say_why(PRIYA, "Which export was it?")
    await play.until(lambda: any("Which export was it?" in text for text in play.direct(MAYA)))
    dm = play.slack.dm(MAYA)[-1]
    channel = next(c["id"] for c in play.slack.state(MAYA)["channels"] if c["kind"] == "im")
    await play.slack.click(MAYA, "case_answer", channel=channel, ts=dm["ts"])
    await play.say_why(MAYA, "The nightly one.")
    await play.until(lambda: "The nightly one." in play.trail(SUPPORT_LEADS, PRIYA)[-1])
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))


async def test_the_message_shortcut_fills_the_form_from_the_message(play: Play) -> None:
    text = "From dana@harborbooks.example: I was charged twice, see ticket 4711. Please help."
    said = await play.slack.say(MAYA, SUPPORT, text)
    assert (await play.slack.shortcut(MAYA, "start_refund", SUPPORT, said.ts)).ok
    form = await play.modal(MAYA, "refund_form")
    assert "There are" in play.told(MAYA)
    fields = {block["block_id"]: block.get("element", {}) for block in form["blocks"]}
    assert "4711" == fields["ticket"]["initial_value"]
    assert text == fields["note"]["initial_value"]
    assert "duplicate" == fields["reason"]["initial_option"]["value"]


async def test_a_line_that_lacks_the_identity_checks_opens_the_form_with_the_rest(play: Play) -> None:
    line = f'{cast.DUPLICATE_SECOND} 49.00 duplicate "charged twice, ticket 4711"'
    assert "" == await play.line(MAYA, SUPPORT, line)
    form = await play.modal(MAYA, "refund_form")
    fields = {block["block_id"]: block.get("element", {}) for block in form["blocks"]}
    assert cast.DUPLICATE_SECOND == fields["charge"]["initial_option"]["value"]
    assert ["49.00", "4711"] == [fields["amount"]["initial_value"], fields["ticket"]["initial_value"]]
    assert "confirm whom you spoke to" in play.told(MAYA)

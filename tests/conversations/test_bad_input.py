"""What is typed wrong says so at its field, and loses nothing; what cannot be asked says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from bot.app import Running
from bot.sandbox.play import ALL_CHECKS, Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250, refunds_of


@pytest.mark.parametrize(
    ("customer", "charge", "amount", "sentence"),
    [
        (cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, "0", "The amount must be more than zero."),
        (cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, "-5", "The amount must be more than zero."),
        (cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, "ten", "“ten” is not an amount. Write it like 49.00."),
        (cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, "49.001", "USD has 2 decimals. Write it like 49.00."),
        (cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, "49 EUR", "The charge is in USD, so the refund is too."),
        (cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, "1250.01", "1,250.00 USD"),
        (cast.YEN_CUSTOMER, cast.YEN_CHARGE, "49.00", "JPY has no decimals. Write it like 49."),
        (cast.DINAR_CUSTOMER, cast.DINAR_CHARGE, "1.2345", "KWD has 3 decimals. Write it like 49.000."),
        (cast.REFUNDED_CUSTOMER, cast.PARTLY_REFUNDED, "150.00", "120.00 USD"),
    ],
)
async def test_a_wrong_amount_says_so_at_the_field(
    here: World, play: Play, customer: str, charge: str, amount: str, sentence: str
) -> None:
    before = refunds_of(here, charge)
    outcome = await play.ask(
        MAYA, SUPPORT, customer, charge, reason="technical_error", source="email", ticket="T", amount=amount
    )
    assert {"amount"} == set(outcome.errors)
    assert sentence in outcome.errors["amount"]
    assert before == refunds_of(here, charge)


async def test_missing_identity_checks_say_so_at_the_field_and_the_form_can_be_sent_again(play: Play) -> None:
    form = await play.open_form(MAYA, SUPPORT)
    fields = {"reason": "technical_error", "source": "email", "ticket": "T-1"}
    first = await play.send_form(
        MAYA, form["id"], cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, checks=("email",), **fields
    )
    assert {"identity"} == set(first.errors)
    second = await play.send_form(MAYA, form["id"], cast.LARGE_1250_CUSTOMER, cast.LARGE_1250, **fields)
    assert {} == second.errors
    assert "support leads" in play.told(MAYA)


async def test_every_number_of_a_failed_service_is_checked_at_its_field(play: Play) -> None:
    outcome = await play.ask(
        MAYA,
        SUPPORT,
        cast.LARGE_1250_CUSTOMER,
        cast.LARGE_1250,
        reason="failed_service",
        source="field_report",
        ticket="T",
        completed="140",
        onsite="soon",
        parts="35,50",
    )
    assert {"completed", "onsite", "parts"} == set(outcome.errors)


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("ch_doesnotexist", "Stripe has nothing under that id."),
        ("nobody@example.com", "There is no charge of this customer in Stripe."),
        ("Marsh", "“Marsh” is not something to look up."),
    ],
)
async def test_what_cannot_be_found_says_so_in_the_list(play: Play, query: str, offered: str) -> None:
    form = await play.open_form(MAYA, SUPPORT)
    found = await play.slack.options(MAYA, "charge", query, view_id=form["id"])
    assert found["options"][0]["text"]["text"].startswith(offered[:70])


async def test_charges_are_offered_by_amount_day_description_and_card(play: Play) -> None:
    form = await play.open_form(MAYA, SUPPORT)
    found = await play.slack.options(MAYA, "charge", "dana@harborbooks.example", view_id=form["id"])
    (group,) = found["option_groups"]
    assert "Dana Whitfield" == group["label"]["text"]
    first = group["options"][0]
    assert first["text"]["text"].startswith("49.00 USD · ")
    assert "••••" in first["text"]["text"]
    assert first["description"]["text"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ch_nothing duplicate 'ticket 1' verified via email", "Stripe has nothing under that id."),
        (f"{cast.FULLY_REFUNDED} duplicate 'ticket 1' verified via email", "refunded before"),
        (f"{cast.DISPUTED} technical_error 'ticket 1' verified via email", "dispute"),
        (f"{cast.FAILED_CHARGE} duplicate 'ticket 1' verified via email", "the charge never went through"),
        (f"{cast.HOLD} duplicate 'ticket 1' verified via email", "hold"),
        (f"{cast.LARGE_1250} 9999 technical_error 'ticket 1' verified via email", "1,250.00 USD"),
    ],
)
async def test_a_line_that_cannot_be_done_says_why(here: World, play: Play, line: str, sentence: str) -> None:
    before = here.stripe.books()
    assert sentence in await play.line(MAYA, SUPPORT, line)
    assert before == here.stripe.books()


async def test_a_declined_charge_is_explained_with_what_the_customer_can_be_told(play: Play) -> None:
    told = await play.line(MAYA, SUPPORT, f"{cast.FAILED_CHARGE} duplicate 'ticket 1' verified via email")
    assert "Stripe tries again by itself, 3 times over 14 days." in told
    assert "top up" in told or "enough money" in told


async def test_a_second_request_for_the_same_charge_is_linked_and_not_opened(here: World, play: Play) -> None:
    await ask_for_1250(play)
    told = await play.line(TOM, SUPPORT, f"{cast.LARGE_1250} technical_error 'ticket 2' verified via phone")
    assert "RF-" in told
    await play.until(
        lambda: (
            f"<@{TOM}> asked for a refund of the same charge again" in str(play.trail(SUPPORT_LEADS, PRIYA))
        )
    )
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))
    assert [] == refunds_of(here, cast.LARGE_1250)


async def test_an_unknown_reason_opens_the_form_with_the_rest(play: Play) -> None:
    assert "" == await play.line(MAYA, SUPPORT, f"{cast.LARGE_1250} because 'ticket 2' verified via phone")
    form = await play.modal(MAYA, "refund_form")
    fields = {block["block_id"]: block.get("element", {}) for block in form["blocks"]}
    assert "initial_option" not in fields["reason"]
    assert "because ticket 2" == fields["note"]["initial_value"]


async def test_a_line_with_the_word_payload_reaches_the_desk(play: Play) -> None:
    line = f"{cast.FULLY_REFUNDED} duplicate 'the payload=1 was wrong, ticket 3' verified via email"
    assert "refunded before" in await play.line(MAYA, SUPPORT, line)


async def test_what_people_type_takes_no_effect_in_slack(here: World, play: Play) -> None:
    line = (
        f"{cast.LARGE_1250} technical_error '<!channel> *loud* & <@{PRIYA}> <b>, ticket 9' verified via email"
    )
    await play.line(MAYA, SUPPORT, line)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))
    card = play.card(SUPPORT_LEADS, PRIYA)
    assert "channel" not in card["mentions"]
    assert "&lt;!channel&gt;" in str(card["blocks"])
    assert [] == refunds_of(here, cast.LARGE_1250)


async def test_a_key_without_the_permission_says_who_has_to_mend_it(here: World, play: Play) -> None:
    here.stripe.deny("charge_read")
    told = await play.line(MAYA, SUPPORT, f"{cast.LARGE_1250} technical_error 'ticket 9' verified via email")
    assert "Stripe key lacks a permission" in told
    assert "administrator" in told


async def test_when_stripe_is_down_nothing_is_recorded_and_the_agent_is_told(
    here: World, app: Running, play: Play
) -> None:
    here.stripe.arrange(Fault(method="GET", path="/v1/charges/*", kind=FaultKind.PLAIN_500, times=10))
    told = await play.line(MAYA, SUPPORT, f"{cast.LARGE_1250} technical_error 'ticket 9' verified via email")
    assert "Stripe does not answer at the moment. Nothing was changed" in told
    assert [] == play.cards(SUPPORT_LEADS, PRIYA)
    assert app.desk.tasks.count < 100


_FILLED: Final = {"identity": {"identity": {"selected_options": list(ALL_CHECKS)}}}


async def filled(play: Play) -> str:
    """Fill the form in but for a check, and return its view."""
    form = await play.open_form(MAYA, SUPPORT)
    fields = {"reason": "technical_error", "source": "email", "ticket": "T-9"}
    customer = cast.LARGE_1250_CUSTOMER
    sent = await play.send_form(MAYA, form["id"], customer, cast.LARGE_1250, checks=("email",), **fields)
    assert {"identity"} == set(sent.errors)
    return str(form["id"])


@pytest.mark.parametrize(
    "trouble",
    [
        [Fault(FaultKind.PLAIN_500, "GET", "/v1/charges/*", times=10)],
        [
            Fault(FaultKind.DELAY, "GET", "/v1/charges/*", seconds=2.3),
            Fault(FaultKind.PLAIN_500, "GET", "/v1/*", times=20),
        ],
    ],
    ids=["soon", "late"],
)
async def test_what_was_typed_stays_when_stripe_does_not_answer(
    here: World, play: Play, trouble: list[Fault]
) -> None:
    form = await filled(play)
    for fault in trouble:
        here.stripe.arrange(replace(fault))
    await play.slack.submit(MAYA, form, _FILLED)
    await play.until(lambda: "Stripe does not answer at the moment" in play.told(MAYA))
    here.stripe.faults.clear()
    await play.slack.close(MAYA, (await play.modal(MAYA, "refused"))["id"])
    assert form == (await play.modal(MAYA, "refund_form"))["id"]
    await play.slack.submit(MAYA, form, {})
    assert "support leads" in play.told(MAYA)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))


async def test_an_answer_that_takes_long_comes_on_top_of_the_form_and_is_closed_with_it(
    here: World, play: Play
) -> None:
    form = await filled(play)
    here.stripe.arrange(Fault(FaultKind.DELAY, "GET", "/v1/charges/*", seconds=2.3))
    await play.slack.submit(MAYA, form, _FILLED)
    assert "This takes a moment" in play.told(MAYA)
    await play.until(lambda: "support leads" in play.told(MAYA))
    await play.slack.close(MAYA, (await play.modal(MAYA, "refund_ruling"))["id"])
    assert play.slack.modal(MAYA) is None


async def test_a_bot_that_is_missing_from_the_channel_loses_nothing(here: World, play: Play) -> None:
    here.slack.control.kick_bot(SUPPORT_LEADS)
    await play.line(MAYA, SUPPORT, f"{cast.LARGE_1250} technical_error 'ticket 9' verified via email")
    await play.until(lambda: any("/invite @Makegood" in text for text in play.direct(MAYA)))
    here.slack.control.invite_bot(SUPPORT_LEADS)
    here.clock.advance(timedelta(minutes=1))
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))


async def test_a_revoked_token_loses_nothing(here: World, play: Play) -> None:
    await play.open_form(MAYA, SUPPORT)  # who she is was asked while the token was good
    here.slack.control.revoke_token()
    await play.line(MAYA, SUPPORT, f"{cast.LARGE_1250} technical_error 'ticket 9' verified via email")
    here.slack.control.restore_token()
    here.clock.advance(timedelta(minutes=5))
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))

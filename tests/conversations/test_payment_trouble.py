"""“My payment failed” and “I was charged twice”: explained, with what to tell and what never to."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.app import Running
from bot.desk import mirror
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import GUS, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World

Json = dict[str, Any]


async def open_form(play: Play, customer: str, button: str, holds: str) -> str:
    """Look a customer up, press a button, and return what the form says once it says `holds`."""
    await play.slack.command(MAYA, SUPPORT, "/customer", customer)
    shown = [one for one in play.slack.messages(SUPPORT, MAYA) if one["ephemeral"]][-1]
    assert (await play.slack.click(MAYA, button, channel=SUPPORT, ts=shown["ts"])).ok
    await play.until(lambda: holds in play.told(MAYA))
    return play.told(MAYA)


def to_copy(told: str) -> list[str]:
    return re.findall(r"```(.*?)```", told, re.DOTALL)


@pytest.mark.parametrize(
    ("code", "group", "meaning", "tell"),
    [
        ("insufficient_funds", "Wait, or try again later", "not enough money", "did not cover it"),
        ("processing_error", "Wait, or try again later", "on the way to the bank", "try again by ourselves"),
        ("expired_card", "has to correct the card", "past its expiry date", "Your card has expired."),
        ("incorrect_cvc", "has to correct the card", "typed wrong", "enter the card again"),
        (
            "authentication_required",
            "confirm the payment with their bank",
            "confirm the payment",
            "confirm it",
        ),
        ("do_not_honor", "has to call their bank", "does not say why", "call the number on your card"),
        ("generic_decline", "has to call their bank", "gives no reason", "call the number on your card"),
        ("not_a_code_we_know", "has to call their bank", "gives no reason", "call the number on your card"),
    ],
)
async def test_a_failed_payment_is_explained_by_its_group(
    here: World, play: Play, code: str, group: str, meaning: str, tell: str
) -> None:
    await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER, code)
    told = await open_form(play, cast.MONTHLY_CUSTOMER, "customer_failed", "Tell the customer")
    assert group in told
    assert meaning in told
    assert "Never write this" not in told
    (sentence,) = to_copy(told)
    assert tell in sentence
    another = code == "authentication_required"
    says = "tries again, <!date^" if another else "Stripe has tried 1 time, and tries again by itself <!date^"
    assert says in told
    assert another == ("only if there is another card by then" in told)


@pytest.mark.parametrize(
    ("code", "secret"),
    [("fraudulent", "raud"), ("lost_card", "reported lost"), ("stolen_card", "reported stolen")],
)
async def test_what_must_never_be_told_is_never_in_what_is_copied(
    here: World, play: Play, code: str, secret: str
) -> None:
    await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER, code)
    told = await open_form(play, cast.MONTHLY_CUSTOMER, "customer_failed", "Tell the customer")
    before, _, after = told.partition("*Tell the customer*")
    assert "🔒 *Between us only. Never write this to the customer:*" in before
    assert secret in before
    assert secret not in after
    assert secret not in "".join(to_copy(told))
    assert ["Your bank declined the payment. Please call the number on your card, or use another card."] == (
        to_copy(told)
    )


async def test_a_payment_without_an_invoice_is_not_tried_again(play: Play) -> None:
    told = await open_form(play, cast.FAILED_CUSTOMER, "customer_failed", "Tell the customer")
    assert "No invoice belongs to this payment, so Stripe does not try it again." in told


async def test_where_stripes_tries_stand_is_what_stripe_says(here: World, play: Play) -> None:
    for _ in range(4):
        await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER)
        here.clock.advance(timedelta(minutes=1))
    told = await open_form(play, cast.MONTHLY_CUSTOMER, "customer_failed", "Tell the customer")
    assert 3 == told.count("Stripe has tried 4 times, and does not try again by itself.")
    invoice = here.stripe.ledger.where("invoice", "customer", cast.MONTHLY_CUSTOMER)[-1]
    here.stripe.ledger.change(invoice, status="paid")
    await play.slack.close(MAYA, (play.slack.modal(MAYA) or {})["id"])
    told = await open_form(play, cast.MONTHLY_CUSTOMER, "customer_failed", "Tell the customer")
    assert "The invoice is paid by now, after Stripe had tried 4 times." in told


async def test_a_portal_link_is_made_when_it_is_asked_for(here: World, play: Play) -> None:
    await open_form(play, cast.FAILED_CUSTOMER, "customer_failed", "Tell the customer")
    assert not here.stripe.ledger.all("billing_portal.session")
    view = play.slack.modal(MAYA) or {}
    assert (await play.slack.click(MAYA, "customer_portal", view_id=view["id"])).ok
    await play.until(lambda: "https://billing.stripe.com/p/session/" in play.told(MAYA))
    (session,) = here.stripe.ledger.all("billing_portal.session")
    assert session["url"] == to_copy(play.told(MAYA))[-1]
    assert session["customer"] == cast.FAILED_CUSTOMER


async def test_a_customers_message_opens_the_explanation(here: World, play: Play) -> None:
    await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER)
    said = await play.slack.say(PRIYA, SUPPORT, "ella@sorensentea.example asks why her payment failed")
    assert (await play.slack.shortcut(MAYA, "payment_failed", SUPPORT, said.ts)).ok
    await play.until(lambda: "not enough money" in play.told(MAYA))


async def test_a_message_that_names_nobody_says_what_to_do(play: Play) -> None:
    said = await play.slack.say(PRIYA, SUPPORT, "somebody's payment failed")
    await play.slack.shortcut(MAYA, "payment_failed", SUPPORT, said.ts)
    await play.until(lambda: "This message names nobody." in play.told(MAYA))


async def test_a_guest_is_refused_in_the_form_too(here: World, play: Play) -> None:
    said = await play.slack.say(PRIYA, SUPPORT, "ella@sorensentea.example")
    await play.slack.shortcut(GUS, "payment_failed", SUPPORT, said.ts)
    await play.until(lambda: "Only full members of this workspace may" in play.told(GUS))
    assert [] == [one for one in here.stripe.requests() if "customers" in one["path"]]


async def test_when_stripe_is_away_the_form_says_so(here: World, play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/customer", cast.FAILED_CUSTOMER)
    here.stripe.arrange(Fault(method="GET", path="/v1/charges", kind=FaultKind.PLAIN_500, times=3))
    shown = [one for one in play.slack.messages(SUPPORT, MAYA) if one["ephemeral"]][-1]
    await play.slack.click(MAYA, "customer_failed", channel=SUPPORT, ts=shown["ts"])
    await play.until(lambda: "Stripe does not answer at the moment" in play.told(MAYA))


async def test_a_duplicate_is_one_click_from_a_filled_form(here: World, play: Play) -> None:
    told = await open_form(play, cast.DUPLICATE_CUSTOMER, "customer_twice", "Charged twice on one day")
    assert 1 == told.count("Charged twice on one day")
    view = play.slack.modal(MAYA) or {}
    (value,) = [
        one["value"]
        for block in view["blocks"]
        for one in block.get("elements", ())
        if one.get("action_id") == "duplicate_refund"
    ]
    assert cast.DUPLICATE_SECOND == value
    assert (await play.slack.click(MAYA, "duplicate_refund", view_id=view["id"])).ok
    form = await play.modal(MAYA, "refund_form")
    assert "initial_option" in str(form)
    state: Json = {
        "source": {"source": {"selected_option": "email"}},
        "ticket": {"ticket": {"value": "T-78"}},
        "identity": {"identity": {"selected_options": ["email", "organisation", "tenant"]}},
    }
    assert {} == (await play.slack.submit(MAYA, form["id"], state)).errors
    await play.until(lambda: 4900 == here.stripe.books()[cast.DUPLICATE_SECOND]["amount_refunded"])
    assert 0 == here.stripe.books()[cast.DUPLICATE_FIRST]["amount_refunded"]
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "Dana Whitfield"))


async def test_a_hold_is_explained_and_not_refunded(play: Play) -> None:
    told = await open_form(play, cast.HOLD_CUSTOMER, "customer_twice", "A hold, and no charge")
    assert "Nothing was taken. It disappears by itself in" in told
    assert "duplicate_refund" not in str(play.slack.modal(MAYA))
    assert 1 == len(to_copy(told))


async def test_two_accounts_on_one_card_are_found_in_the_mirror(app: Running, play: Play) -> None:
    unknown = await open_form(play, cast.SHARED_CARD_CUSTOMER_B, "customer_twice", "still being filled")
    assert "Two accounts" not in unknown
    await play.slack.close(MAYA, (play.slack.modal(MAYA) or {})["id"])
    await mirror.fill(app.desk)
    told = await open_form(play, cast.SHARED_CARD_CUSTOMER_B, "customer_twice", "Two accounts on one card")
    assert cast.SHARED_CARD_CUSTOMER_A in told
    assert "Ask which account to keep" in told
    assert cast.SHARED_CARD_SECOND in str(play.slack.modal(MAYA))


async def test_nothing_charged_twice_is_said_in_so_many_words(app: Running, play: Play) -> None:
    await mirror.fill(app.desk)
    told = await open_form(play, cast.EURO_CUSTOMER, "customer_twice", "Nothing was charged twice")
    assert "still being filled" not in told
    assert words(play.slack.modal(MAYA) or {}) == told

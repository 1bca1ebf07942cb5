"""`/customer`: every way to look somebody up, and what the card under it offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import Session

from bot.app import Running
from bot.desk import mirror
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import GUS, MAYA, PETRA, SUPPORT, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast, shapes
from bot.sandbox.world import World
from bot.store.erasure import erase
from bot.store.tables import Mirrored
from tests.conversations.asking import ask_for_1250, refused_clicks

Json = dict[str, Any]


async def look(play: Play, query: str, who: str = MAYA) -> Json:
    """Type `/customer` and return the message that only this person sees."""
    outcome = await play.slack.command(who, SUPPORT, "/customer", query)
    assert outcome.ok
    return newest(play, who)


def newest(play: Play, who: str = MAYA) -> Json:
    return [one for one in play.slack.messages(SUPPORT, who) if one["ephemeral"]][-1]


def buttons(shown: Json) -> list[str]:
    elements = [one for block in shown["blocks"] for one in block.get("elements", ())]
    return [one["action_id"] for one in elements if "action_id" in one]


def options(shown: Json) -> Sequence[str]:
    (picker,) = [one for block in shown["blocks"] for one in block.get("elements", ()) if "options" in one]
    return [one["value"] for one in picker["options"]]


@pytest.mark.parametrize(
    "query",
    [
        "ella@sorensentea.example",
        "<mailto:ella@sorensentea.example|ella@sorensentea.example>",
        "Ella@SorensenTea.example",
        f" {cast.MONTHLY_CUSTOMER} ",
    ],
)
async def test_an_address_or_an_id_answers_with_the_subscription_card(play: Play, query: str) -> None:
    shown = await look(play, query)
    told = words(shown)
    assert "Ella Sørensen" in told
    assert "*Team, per month* · 49.00 USD a month · ✅ active · renews on" in told
    assert 4 == told.count("*49.00 USD*")
    assert f"https://dashboard.stripe.com/test/customers/{cast.MONTHLY_CUSTOMER}" in told
    assert "No case, escalation, dispute or change." in told
    assert ["customer_refund", "customer_twice", "cancel_open", "comp_open"] == buttons(shown)


async def test_only_whoever_asked_sees_the_answer(play: Play) -> None:
    await look(play, cast.MONTHLY_CUSTOMER)
    assert [] == [one for one in play.slack.messages(SUPPORT, TOM) if "Ella" in words(one)]


@pytest.mark.parametrize("who", [GUS, PETRA])
async def test_guests_and_strangers_may_not_look_anybody_up(
    here: World, app: Running, play: Play, who: str
) -> None:
    refused = "Only full members of this workspace may look a customer up. Ask a colleague."
    assert refused in words(await look(play, cast.MONTHLY_CUSTOMER, who))
    assert [(who, "look a customer up", "NotAllowedError")] == await refused_clicks(app)
    assert [] == [one for one in here.stripe.requests() if "customers" in one["path"]]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Look somebody up by their whole email address"),
        ("nobody@nowhere.example", "Stripe has no customer with the address nobody@nowhere.example."),
        ("cus_nobody", "Stripe has nothing under that id."),
        ("ticket 99", "No case here has the ticket “99”."),
        ("Ella Sørensen", "No case here has the ticket “Ella Sørensen”."),
    ],
)
async def test_nobody_found_says_what_to_do(play: Play, query: str, sentence: str) -> None:
    assert sentence in words(await look(play, query))


async def test_last_four_digits_find_the_two_accounts_of_one_card(
    here: World, app: Running, play: Play
) -> None:
    digits = last4(here, cast.SHARED_CARD_CUSTOMER_B)
    unknown = words(await look(play, digits))
    assert "still being filled, so there may be more that is not known yet" in unknown
    await mirror.fill(app.desk)
    told = words(await look(play, digits))
    assert "Arjun Nair" in told
    assert "not known yet" not in told
    await mirror.fill(app.desk)
    found = {one["customer"] for one in here.stripe.ledger.all("charge") if digits == _digits(one)}
    assert {cast.SHARED_CARD_CUSTOMER_B} == found


async def test_several_matches_are_a_list_to_pick_from(here: World, app: Running, play: Play) -> None:
    await mirror.fill(app.desk)

    def same_digits(session: Session) -> None:
        for charge_id in (cast.MONTHLY_CHARGE, cast.EURO_CHARGE):
            row = session.get(Mirrored, charge_id)
            assert row is not None
            row.last4 = "0007"
            session.add(row)

    await app.desk.store.write(same_digits)
    shown = await look(play, "0007")
    assert "2 customers fit “0007”. Whom do you mean?" in words(shown)
    assert [cast.EURO_CUSTOMER, cast.MONTHLY_CUSTOMER] == options(shown)
    picked = await play.slack.click(
        MAYA,
        "customer_pick",
        channel=SUPPORT,
        ts=shown["ts"],
        chosen={"selected_option": cast.EURO_CUSTOMER},
    )
    assert picked.ok
    await play.until(lambda: "Chiara Bellini" in words(newest(play)))
    assert "Whom do you mean" not in words(newest(play))
    assert [] == [one for one in here.stripe.requests() if (one["status"] or 500) >= 400]


async def test_a_list_has_a_hundred_customers_at_the_most(here: World, play: Play) -> None:
    email = "shared@inbox.example"
    for one in here.stripe.ledger.all("customer")[:60]:
        one["email"] = email
    shown = await look(play, email)
    assert 60 == len(options(shown))
    for number in range(60):
        here.stripe.ledger.put(shapes.customer(f"cus_more{number}", 1_700_000_000, email, None, {}))
    assert 100 == len(options(await look(play, email)))


async def test_a_ticket_finds_whom_its_case_is_about_and_the_card_shows_the_case(play: Play) -> None:
    await ask_for_1250(play)
    for query in ("ticket T-9", "#T-9", "T-9"):
        told = words(await look(play, query))
        assert "Colin Marsh" in told
        assert "1,250.00 USD refund · waiting for a decision" in told


async def test_a_ticket_of_an_escalation_finds_the_customer_of_its_charge(play: Play) -> None:
    await play.line(MAYA, SUPPORT, f"{cast.YEN_CHARGE} card_not_recognised 'ticket 8123' verified via email")
    told = words(await look(play, "8123"))
    assert "Haruto Mori" in told
    assert "card not recognised · waiting for an answer" in told


@pytest.mark.parametrize(
    ("customer", "said", "offered"),
    [
        (cast.NO_EMAIL_CUSTOMER, "*Subscriptions*\nNone.", ["customer_refund", "customer_twice"]),
        (cast.FAILED_CUSTOMER, "*35.00 USD*", ["customer_failed"]),
        (cast.HOLD_CUSTOMER, "a hold, not a charge", ["customer_twice"]),
        (cast.REFUNDED_CUSTOMER, "120.00 USD left after refunds", ["customer_refund", "customer_twice"]),
        (cast.AFTER_CANCELLATION_CUSTOMER, "⛔ canceled · ended on", ["customer_refund", "customer_twice"]),
        (cast.DISPUTED_CUSTOMER, "There is a chargeback", ["customer_refund", "customer_twice"]),
        (
            cast.PAST_DUE_THREE_CUSTOMER,
            "⚠️ 3 open invoices, 3 past due",
            ["customer_refund", "customer_twice", "pastdue_open", "cancel_open", "comp_open"],
        ),
    ],
)
async def test_the_card_says_how_things_are_and_offers_what_makes_sense(
    play: Play, customer: str, said: str, offered: list[str]
) -> None:
    shown = await look(play, customer)
    assert said in words(shown)
    assert offered == buttons(shown)


async def test_flags_and_long_names_and_markup_are_shown_harmlessly(here: World, play: Play) -> None:
    customer = here.stripe.ledger.get("customer", cast.MONTHLY_CUSTOMER)
    customer["name"] = "<!channel> " + "Sørensen " * 60
    customer["metadata"] = {"organisation": "x" * 500, "makegood_flag": "asks <@U1> every month"}
    told = words(await look(play, cast.MONTHLY_CUSTOMER))
    assert "🚩 *Flagged in Stripe:* asks &lt;@U1&gt; every month" in told
    assert "…" in told


async def test_a_deleted_customer_is_said_to_be_deleted(here: World, play: Play) -> None:
    await here.stripe.delete_customer(cast.MONTHLY_CUSTOMER)
    shown = await look(play, cast.MONTHLY_CUSTOMER)
    assert "*This customer was deleted in Stripe.*" in words(shown)
    assert "cancel_open" not in buttons(shown)


async def test_when_stripe_is_slow_the_answer_follows(here: World, play: Play) -> None:
    here.stripe.arrange(Fault(method="GET", path="/v1/customers/*", kind=FaultKind.DELAY, seconds=2.3))
    told = words(await look(play, cast.MONTHLY_CUSTOMER))
    assert "This takes a moment" in told
    await play.until(lambda: "Ella Sørensen" in words(newest(play)))


async def test_when_stripe_is_away_the_answer_says_so(here: World, play: Play) -> None:
    here.stripe.deny("customer_read")
    assert "lacks a permission" in words(await look(play, cast.MONTHLY_CUSTOMER))


async def test_the_refund_form_offers_the_customers_own_charges(play: Play) -> None:
    shown = await look(play, cast.MONTHLY_CUSTOMER)
    await play.slack.click(MAYA, "customer_refund", channel=SUPPORT, ts=shown["ts"])
    form = await play.modal(MAYA, "refund_form")
    charges = [
        one["value"] for one in form["blocks"][0]["element"]["options"] if one["value"].startswith("ch_")
    ]
    assert 4 == len(charges)
    assert cast.MONTHLY_CHARGE == charges[0]
    await choose(play, form["id"], "charge", cast.MONTHLY_CHARGE)
    await choose(play, form["id"], "reason", "technical_error")
    state: Json = {
        "source": {"source": {"selected_option": "email"}},
        "ticket": {"ticket": {"value": "T-77"}},
        "identity": {"identity": {"selected_options": ["email", "organisation", "tenant"]}},
    }
    outcome = await play.slack.submit(MAYA, form["id"], state)
    assert {} == outcome.errors
    assert "support leads" in play.told(MAYA)


async def choose(play: Play, view_id: str, name: str, value: str) -> None:
    before = (play.slack.modal(MAYA) or {}).get("hash")
    await play.slack.click(MAYA, name, view_id=view_id, block_id=name, chosen={"selected_option": value})
    await play.until(lambda: (play.slack.modal(MAYA) or {}).get("hash") != before)


async def test_erasing_takes_a_customer_out_of_the_mirror_for_good(app: Running, here: World) -> None:
    await mirror.fill(app.desk)
    now = app.desk.now()
    done = await app.desk.store.write(lambda session: erase(session, cast.MONTHLY_CUSTOMER, now))
    assert 10 == done.mirrored
    digits = last4(here, cast.MONTHLY_CUSTOMER)

    def left(session: Session) -> list[str]:
        rows = [session.get(Mirrored, one) for one in (cast.MONTHLY_CUSTOMER, cast.MONTHLY_CHARGE)]
        return [word for row in rows if row for word in (row.email, row.name, row.last4, row.fingerprint)]

    assert ["", "", "", ""] * 2 == await app.desk.store.read(left)
    await mirror.compare(app.desk)
    assert ["", "", "", ""] * 2 == await app.desk.store.read(left)
    assert digits


def last4(here: World, customer: str) -> str:
    (method,) = here.stripe.ledger.where("payment_method", "customer", customer)
    return str(method["card"]["last4"])


def _digits(charge: Json) -> str:
    return str((charge["payment_method_details"].get("card") or {}).get("last4"))

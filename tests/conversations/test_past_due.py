"""`/pastdue`: two questions, the one resolution that the rule allows, and its steps until they are done."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.app import Running
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import (
    MAYA,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    SUPPORT,
    SUPPORT_LEADS,
    TOM,
)
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World, inhabited
from tests.exactly_once.acts import pass_time

FIVE, INVOICES = cast.PAST_DUE_FIVE_CUSTOMER, cast.PAST_DUE_FIVE_INVOICES
OLD, NEW = INVOICES[:3], INVOICES[3:]
ALL_OPEN = dict.fromkeys(INVOICES, "open")
COLLECTED = dict.fromkeys(OLD, "void") | dict.fromkeys(NEW, "paid")


def invoices(here: World, customer: str = FIVE) -> dict[str, str]:
    """Return how Stripe has the invoices that were unpaid at the start."""
    held: dict[str, str] = here.stripe.billing(customer)["invoices"]
    return {one: held[one] for one in held if one in INVOICES}


def counts(here: World, what: str) -> dict[str, int]:
    """Return how often each invoice was sent, voided or paid, where it was."""
    happened: dict[str, int] = here.stripe.billing(FIVE)[what]
    return {one: times for one, times in happened.items() if times and one in INVOICES}


async def answered(play: Play, *answers: str, who: str = MAYA, customer: str = FIVE) -> None:
    """Open the form and answer its questions: is a refund asked for, and do they pay?"""
    await open_form(play, who, SUPPORT, "/pastdue", customer)
    for name, answer in zip(("past_due_refund", "past_due_pays"), answers, strict=False):
        await choose(play, who, name, answer)


def reggies(play: Play) -> str:
    return str(words(play.card(REGGIE_CHANNEL, REGGIE, "Past-due invoices")))


def leads(play: Play) -> str:
    return str(words(play.card(SUPPORT_LEADS, PRIYA, "Past-due invoices")))


async def ask_to_collect(play: Play, how: str = "send") -> None:
    """Ask for the two newest to be collected and the rest to be voided, and wait for Reggie's card."""
    await answered(play, "yes", "yes")
    if how == "charge":
        await choose(play, MAYA, "past_due_collecting", "charge")
    await send(play, MAYA, ticket="4711")
    await play.until(lambda: "change_approve" in str(play.card(REGGIE_CHANNEL, REGGIE, "Past-due")))


async def approve(play: Play) -> None:
    assert (await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Past-due invoices")).ok


async def test_the_form_shows_the_invoices_and_asks_the_second_question_only_when_it_matters(
    play: Play,
) -> None:
    await answered(play)
    assert "5 past due" in play.told(MAYA)
    assert 5 == play.told(MAYA).count("45.00 USD · due")
    assert "Will they pay" not in play.told(MAYA)
    await choose(play, MAYA, "past_due_refund", "yes")
    assert "Will they pay 2 of the invoices?" in play.told(MAYA)


async def test_who_only_wants_to_continue_keeps_the_account_and_the_two_newest_stay_due(
    here: World, play: Play
) -> None:
    await answered(play, "no")
    assert "Nobody has to be asked" in play.told(MAYA)
    await send(play, MAYA, ticket="4711")
    assert "It is being carried out." in play.told(MAYA)
    await play.until(lambda: "Carried out" in leads(play))
    assert dict.fromkeys(OLD, "void") | dict.fromkeys(NEW, "open") == invoices(here)
    assert ["past_due"] == list(here.stripe.billing(FIVE)["subscriptions"].values())
    await play.until(lambda: any("Carried out:" in text and "4711" in text for text in play.direct(MAYA)))

    def voided() -> int:
        below = play.trail(SUPPORT_LEADS, PRIYA, "Past-due invoices")
        return sum(line.startswith("☑️ Void invoice") for line in below)

    await play.until(lambda: voided() == 3)


async def test_nothing_is_voided_before_reggie_agrees_and_the_customer_has_paid_both(
    here: World, play: Play
) -> None:
    await ask_to_collect(play)
    assert ALL_OPEN == invoices(here)
    await approve(play)
    await play.until(lambda: "Waiting for the customer to pay" in reggies(play))
    assert dict.fromkeys(NEW, 1) == counts(here, "sent")
    await here.stripe.pay_invoice(NEW[1])
    await play.until(lambda: "✅ The customer pays" in reggies(play))
    assert dict.fromkeys(OLD, "open") == {one: invoices(here)[one] for one in OLD}
    await here.stripe.pay_invoice(NEW[0])
    await play.until(lambda: "Carried out" in reggies(play))
    assert COLLECTED == invoices(here)
    assert dict.fromkeys(OLD, 1) == counts(here, "voided")


async def test_the_card_on_file_is_charged_where_the_agent_chose_that(here: World, play: Play) -> None:
    await ask_to_collect(play, "charge")
    await approve(play)
    await play.until(lambda: "Carried out" in reggies(play))
    assert COLLECTED == invoices(here)
    assert dict.fromkeys(NEW, 1) == counts(here, "payments")
    assert {} == counts(here, "sent")


async def test_afterwards_the_refund_form_opens_with_what_is_known(play: Play) -> None:
    await ask_to_collect(play, "charge")
    await approve(play)
    await play.until(lambda: "change_refund" in str(play.card(REGGIE_CHANNEL, REGGIE, "Past-due")))
    await play.click(REGGIE, REGGIE_CHANNEL, "change_refund", "Past-due invoices")
    form = str(await play.modal(REGGIE, "refund_form"))
    assert f"There are 3 charges for {FIVE}." in form
    assert "'initial_value': '4711'" in form
    assert "'value': 'refund_pays_two'" in form


async def test_who_refuses_to_pay_has_the_account_closed_before_anything_is_void(
    here: World, play: Play
) -> None:
    await answered(play, "yes", "no")
    told = play.told(MAYA)
    assert told.index("Cancel the subscription") < told.index("Flag the account") < told.index("Void invoice")
    await send(play, MAYA, ticket="4711")
    assert "The data of the old account does not carry over." in play.told(MAYA)
    await play.until(lambda: "Carried out" in leads(play))
    held = here.stripe.billing(FIVE)
    assert dict.fromkeys(INVOICES, "void") == invoices(here)
    assert ["canceled"] == list(held["subscriptions"].values())
    assert ("closed", 0) == (held["metadata"]["makegood_account"], held["balance"])


async def test_below_the_rule_nothing_is_voided_and_the_form_says_why(here: World, play: Play) -> None:
    await answered(play, "yes", "yes", customer=cast.PAST_DUE_TWO_CUSTOMER)
    assert "2 past-due invoices: the rule holds from 3." in play.told(MAYA)
    await send(play, MAYA, ticket="4711")
    assert "2 past-due invoices: the rule holds from 3." in play.told(MAYA)
    assert [] == play.cards(REGGIE_CHANNEL, REGGIE, "Past-due invoices")
    assert {"open"} == {
        status
        for one, status in here.stripe.billing(cast.PAST_DUE_TWO_CUSTOMER)["invoices"].items()
        if one in cast.PAST_DUE_TWO_INVOICES
    }


async def deviate(play: Play, *, collect: tuple[str, ...], void: tuple[str, ...], close: bool) -> None:
    await answered(play, "no")
    await choose(play, MAYA, "past_due_else", "yes")
    if collect:
        await choose(play, MAYA, "past_due_collect", *collect)
    if void:
        await choose(play, MAYA, "past_due_void", *void)
    if close:
        await choose(play, MAYA, "past_due_close", "close")


async def test_a_deviation_goes_to_reggie_with_its_reason_and_is_carried_out_as_asked(
    here: World, play: Play
) -> None:
    await deviate(play, collect=(), void=INVOICES[:4], close=False)
    await send(play, MAYA, ticket="4711", note="Their bakery burnt down in June.")
    await play.until(lambda: "Their bakery burnt down" in reggies(play))
    assert ALL_OPEN == invoices(here)
    await approve(play)
    await play.until(lambda: "Carried out" in reggies(play))
    assert dict.fromkeys(INVOICES[:4], "void") | {INVOICES[4]: "open"} == invoices(here)


async def test_a_deviation_needs_its_reason(play: Play) -> None:
    await deviate(play, collect=(), void=INVOICES[:1], close=False)
    outcome = await send(play, MAYA, ticket="4711", note="   ")
    assert {"note": "Say why the rule should not hold here."} == outcome.errors


async def test_all_void_and_open_is_refused_whoever_asks(play: Play) -> None:
    await deviate(play, collect=(), void=INVOICES, close=False)
    assert "All invoices void and the account still open is never possible." in play.told(MAYA)
    await send(play, MAYA, ticket="4711", note="Be nice.")
    assert [] == play.cards(REGGIE_CHANNEL, REGGIE, "Past-due invoices")


async def test_whoever_asked_does_not_approve_and_a_denial_reaches_them(here: World, play: Play) -> None:
    await answered(play, "yes", "yes", who=REGGIE)
    await send(play, REGGIE, ticket="4711")
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "Past-due"))
    await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Past-due")
    await play.until(lambda: play.whispers(REGGIE_CHANNEL, REGGIE))
    assert "You asked for this one yourself" in play.whispers(REGGIE_CHANNEL, REGGIE)[-1]
    assert ALL_OPEN == invoices(here)


async def test_a_denial_is_told_with_its_sentence_and_changes_nothing(here: World, play: Play) -> None:
    await ask_to_collect(play)
    await play.click(REGGIE, REGGIE_CHANNEL, "change_deny", "Past-due invoices")
    await play.say_why(REGGIE, "They promised to pay all five.")
    await play.until(lambda: any("They promised to pay" in text for text in play.direct(MAYA)))
    assert "*Denied*" in reggies(play)
    assert ALL_OPEN == invoices(here)


async def test_two_agents_at_once_open_one_and_the_other_is_told_which(here: World, play: Play) -> None:
    await answered(play, "no")
    await answered(play, "no", who=TOM)
    here.stripe.arrange(Fault(FaultKind.DELAY, path="/v1/invoices/*/void", seconds=0.5))
    await asyncio.gather(send(play, MAYA, ticket="1"), send(play, TOM, ticket="2"))
    told = [play.told(MAYA), play.told(TOM)]
    assert 1 == sum("is open for this already, asked by" in text for text in told)
    await play.until(lambda: "Carried out" in leads(play))
    assert dict.fromkeys(OLD, 1) == counts(here, "voided")
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, "Past-due invoices"))


async def test_a_form_sent_twice_is_one_change(here: World, play: Play) -> None:
    await answered(play, "no")
    here.slack.control.repeat_next(2)
    await send(play, MAYA, ticket="4711")
    await play.until(lambda: "Carried out" in leads(play))
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, "Past-due invoices"))


async def test_a_form_that_stripe_has_overtaken_is_shown_anew_instead_of_carried_out(
    here: World, play: Play
) -> None:
    await answered(play, "no")
    await here.stripe.pay_invoice(OLD[0])
    await send(play, MAYA, ticket="4711")
    assert "This is not what the form showed before." in play.told(MAYA)
    assert "4 past due" in play.told(MAYA)
    await send(play, MAYA, ticket="4711")
    await play.until(lambda: "Carried out" in leads(play))
    assert {OLD[0]: "paid"} | dict.fromkeys(OLD[1:], "void") | dict.fromkeys(NEW, "open") == invoices(here)


async def test_an_invoice_paid_while_the_change_waits_is_not_voided(here: World, play: Play) -> None:
    await ask_to_collect(play, "charge")
    await here.stripe.pay_invoice(OLD[0])
    await here.stripe.pay_invoice(NEW[0])
    await approve(play)
    await play.until(lambda: "Carried out" in reggies(play))
    assert COLLECTED | {OLD[0]: "paid"} == invoices(here)
    assert dict.fromkeys([OLD[0], *NEW], 1) == counts(here, "payments")
    assert "it was paid meanwhile" in reggies(play)


async def test_a_declined_card_stops_it_before_anything_is_void_and_it_can_be_tried_again(
    here: World, play: Play
) -> None:
    await ask_to_collect(play, "charge")
    here.stripe.arrange(
        Fault(
            FaultKind.REFUSE,
            path="/v1/invoices/*/pay",
            status=402,
            code="card_declined",
            error_type="card_error",
            message="Your card was declined.",
        )
    )
    await approve(play)
    await play.until(lambda: "Needs a person" in reggies(play))
    assert "Your card was declined." in reggies(play)
    assert ALL_OPEN == invoices(here)
    await play.until(lambda: any("Not done yet" in text for text in play.direct(MAYA)))
    await play.click(REGGIE, REGGIE_CHANNEL, "change_go_on", "Past-due invoices")
    await play.until(lambda: "Carried out" in reggies(play))
    assert COLLECTED == invoices(here)


async def test_who_never_pays_is_closed_without_the_rest(here: World, play: Play) -> None:
    await ask_to_collect(play)
    await approve(play)
    await play.until(lambda: "change_leave_off" in str(play.card(REGGIE_CHANNEL, REGGIE, "Past-due")))
    await here.stripe.decline_invoice(NEW[1])
    await play.until(lambda: "their payment failed" in str(play.trail(REGGIE_CHANNEL, REGGIE, "Past-due")))
    await play.click(REGGIE, REGGIE_CHANNEL, "change_leave_off", "Past-due invoices")
    await play.say_why(REGGIE, "They stopped answering.")
    await play.until(lambda: "Closed without the rest" in reggies(play))
    await here.stripe.pay_invoice(NEW[1])
    here.clock.advance(timedelta(hours=2))
    await answered(play, who=TOM)  # another turn, after which the event was surely handled
    assert dict.fromkeys(OLD, "open") == {one: invoices(here)[one] for one in OLD}


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        ("pay", FaultKind.EXECUTE_THEN_DROP),
        ("pay", FaultKind.STORED_500),
        ("void", FaultKind.EXECUTE_THEN_DROP),
        ("void", FaultKind.DROP),
    ],
)
async def test_a_lost_answer_is_shown_as_unknown_and_nothing_is_done_twice(
    here: World, app: Running, play: Play, kind: FaultKind, act: str
) -> None:
    await ask_to_collect(play, "charge")
    here.stripe.arrange(Fault(kind, path=f"/v1/invoices/*/{act}"))
    await approve(play)
    await play.until(lambda: "answer did not arrive" in str(play.trail(REGGIE_CHANNEL, REGGIE, "Past-due")))
    await pass_time(here, app)
    await play.until(lambda: "Carried out" in reggies(play))
    assert COLLECTED == invoices(here)
    assert dict.fromkeys(NEW, 1) == counts(here, "payments")
    assert dict.fromkeys(OLD, 1) == counts(here, "voided")


async def test_a_customer_who_pays_while_the_desk_is_down_is_noticed_afterwards(
    here: World, database_url: str
) -> None:
    play = Play(here.slack)
    async with inhabited(here, database_url):
        await ask_to_collect(play)
        await approve(play)
        await play.until(lambda: "Waiting for the customer to pay" in reggies(play))
    for one in NEW:
        await here.stripe.pay_invoice(one)
    here.clock.advance(timedelta(hours=2))
    async with inhabited(here, database_url):
        await play.until(lambda: "Carried out" in reggies(play))
    assert COLLECTED == invoices(here)


async def test_a_customer_whom_stripe_does_not_have_is_said_in_words(app: Running, play: Play) -> None:
    await play.slack.command(MAYA, SUPPORT, "/pastdue", "nobody@nowhere.example")
    await app.desk.tasks.finished()
    assert "Stripe has no customer with the address nobody@nowhere.example." in play.told(MAYA)


async def test_an_invoice_whose_sending_was_lost_is_not_sent_twice(
    here: World, app: Running, play: Play
) -> None:
    await ask_to_collect(play)
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP, path="/v1/invoices/*/send"))
    await approve(play)
    await play.until(lambda: "answer did not arrive" in str(play.trail(REGGIE_CHANNEL, REGGIE, "Past-due")))
    await pass_time(here, app)
    await play.until(lambda: "Waiting for the customer to pay" in reggies(play))
    assert dict.fromkeys(NEW, 1) == counts(here, "sent")


async def test_of_several_customers_with_one_address_the_agent_picks(here: World, play: Play) -> None:
    shared = here.stripe.ledger.get("customer", FIVE)["email"]
    here.stripe.ledger.change(here.stripe.ledger.get("customer", cast.PAST_DUE_TWO_CUSTOMER), email=shared)
    await play.slack.command(MAYA, SUPPORT, "/pastdue", shared)
    view = await play.modal(MAYA, "change_pick")
    (button,) = [
        block["accessory"]
        for block in view["blocks"]
        if block.get("accessory", {}).get("value") == cast.PAST_DUE_TWO_CUSTOMER
    ]
    block_id = next(one["block_id"] for one in view["blocks"] if one.get("accessory") == button)
    await play.slack.click(MAYA, "pastdue_open", view_id=view["id"], block_id=block_id)
    await play.modal(MAYA, "past_due_form")
    assert "Sofia Marchetti" in play.told(MAYA)


async def test_without_a_customer_the_command_says_what_to_type(play: Play) -> None:
    outcome = await play.slack.command(MAYA, SUPPORT, "/pastdue", "")
    assert outcome.ok
    await play.until(lambda: any("Say whose" in text for text in play.whispers(SUPPORT, MAYA)))

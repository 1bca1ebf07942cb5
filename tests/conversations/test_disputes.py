"""Chargebacks: finance hears of them with the deadline and the advice, and accepts or challenges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA, MAYA, PRIYA, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250, refunds_of


async def test_finance_is_alerted_with_amount_reason_deadline_and_advice(here: World, play: Play) -> None:
    dispute = await here.stripe.file_dispute(cast.LARGE_1250, "product_not_received")
    await play.until(lambda: play.card(FINANCE, LENA, "1,250.00 USD chargeback"))
    card = str(play.card(FINANCE, LENA))
    assert "Colin Marsh" in card
    assert "Product not received" in card
    assert f"<!date^{dispute['evidence_details']['due_by']}^" in card
    assert "days" in card
    assert "none was asked for" in card
    assert "Our own deadline" in card
    assert "PenguinMails: Billing Operations Guide, 4. Dispute Management" in card
    assert f"https://dashboard.stripe.com/test/disputes/{dispute['id']}" in card


@pytest.mark.parametrize(
    ("charge", "reason", "advice"),
    [
        (cast.LARGE_1250, "fraudulent", "ccept"),
        (cast.DUPLICATE_FIRST, "product_not_received", "Look closer"),
    ],
)
async def test_the_advice_follows_the_playbook(
    here: World, play: Play, charge: str, reason: str, advice: str
) -> None:
    await here.stripe.file_dispute(charge, reason)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    (words,) = [
        line for line in str(play.card(FINANCE, LENA)).split("*") if line.startswith("The playbook's advice")
    ]
    assert advice in words


async def test_an_open_refund_on_the_charge_is_said_and_its_card_warns(here: World, play: Play) -> None:
    await ask_for_1250(play)
    await here.stripe.file_dispute(cast.LARGE_1250)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    assert f"asked by <@{MAYA}>, is open. Stripe refuses it" in str(play.card(FINANCE, LENA))
    await play.until(lambda: any("opened a chargeback" in one for one in play.direct(MAYA)))
    await play.until(
        lambda: "The bank has a chargeback on this charge" in str(play.card(SUPPORT_LEADS, PRIYA))
    )
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Needs a person" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert [] == refunds_of(here, cast.LARGE_1250)


async def test_accepting_asks_first_says_that_it_is_final_and_closes_it_in_stripe(
    here: World, play: Play
) -> None:
    dispute = await here.stripe.file_dispute(cast.LARGE_1250)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    (accept,) = [
        one
        for block in play.card(FINANCE, LENA)["blocks"]
        for one in block.get("elements", [])
        if one.get("action_id") == "dispute_accept"
    ]
    assert "final" in accept["confirm"]["text"]["text"]
    await play.click(LENA, FINANCE, "dispute_accept")
    await play.until(
        lambda: "*Accepted*" in str(play.card(FINANCE, LENA)) and "final" in str(play.card(FINANCE, LENA))
    )
    assert "lost" == here.stripe.ledger.get("dispute", dispute["id"])["status"]


async def test_accepting_survives_a_lost_answer(here: World, play: Play) -> None:
    dispute = await here.stripe.file_dispute(cast.LARGE_1250)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    here.stripe.arrange(
        Fault(method="POST", path="/v1/disputes/*/close", kind=FaultKind.EXECUTE_THEN_DROP, times=3)
    )
    await play.click(LENA, FINANCE, "dispute_accept")
    await play.until(lambda: "lost" == here.stripe.ledger.get("dispute", dispute["id"])["status"])
    here.clock.advance(timedelta(minutes=2))
    await play.until(
        lambda: (
            "This is final" in str(play.card(FINANCE, LENA))
            or "this is final" in str(play.card(FINANCE, LENA))
        )
    )


async def test_challenging_records_who_took_it_and_links_to_stripe(here: World, play: Play) -> None:
    dispute = await here.stripe.file_dispute(cast.LARGE_1250)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    await play.click(LENA, FINANCE, "dispute_challenge")
    await play.until(
        lambda: (
            f"<@{LENA}>" in str(play.card(FINANCE, LENA))
            and "is challenging it" in str(play.card(FINANCE, LENA))
        )
    )
    assert f"disputes/{dispute['id']}" in str(play.card(FINANCE, LENA))
    await here.stripe.decide_dispute(dispute["id"], "won")
    await play.until(lambda: "*Won.*" in str(play.card(FINANCE, LENA)))


async def test_only_finance_accepts(here: World, play: Play) -> None:
    dispute = await here.stripe.file_dispute(cast.LARGE_1250)
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    here.slack.core.workspace.channels[FINANCE].members.append(TOM)
    await play.click(TOM, FINANCE, "dispute_accept")
    await play.until(lambda: play.whispers(FINANCE, TOM))
    assert "to decide" in play.whispers(FINANCE, TOM)[-1]
    assert "needs_response" == here.stripe.ledger.get("dispute", dispute["id"])["status"]


async def test_a_chargeback_below_twenty_dollars_is_to_be_accepted(here: World, play: Play) -> None:
    small = next(
        charge
        for charge, page in here.stripe.books().items()
        if page["currency"] == "usd"
        and page["amount"] < 2000
        and not page["disputed"]
        and not page["refunds"]
    )
    await here.stripe.file_dispute(small, "product_not_received")
    await play.until(lambda: play.card(FINANCE, LENA, "chargeback"))
    assert "The playbook's advice: Accept" in str(play.card(FINANCE, LENA))

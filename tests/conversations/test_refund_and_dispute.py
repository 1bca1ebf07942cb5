"""A refund and a dispute of the same charge: nobody is paid twice, and both cards say what is going on."""

from __future__ import annotations

import pytest

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA, MAYA, PRIYA, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.conversations.challenging import disputed


def refund_card(play: Play) -> str:
    return str(play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD refund")["blocks"])


def dispute_card(play: Play) -> str:
    return str(play.card(FINANCE, LENA, "chargeback")["blocks"])


async def test_an_inquiry_leaves_the_refund_possible_and_a_refund_in_full_ends_it(
    here: World, play: Play
) -> None:
    await ask_for_1250(play)
    await here.stripe.open_inquiry(cast.LARGE_1250)
    await play.until(lambda: "A refund in full ends this inquiry" in dispute_card(play))
    await play.until(lambda: "a refund in full ends the inquiry" in refund_card(play))
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in refund_card(play))
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)
    await play.until(lambda: "Ended at Stripe" in dispute_card(play))
    await play.until(lambda: "inquiry on this charge is over" in refund_card(play))


async def test_an_inquiry_that_becomes_a_chargeback_waits_for_finance_again(here: World, play: Play) -> None:
    dispute = await here.stripe.open_inquiry(cast.LARGE_1250)
    await play.until(lambda: "nothing has been withdrawn" in dispute_card(play))
    await play.click(LENA, FINANCE, "dispute_challenge", "chargeback")
    await play.until(lambda: "being gathered" in dispute_card(play))
    here.stripe.ledger.change(dispute, "charge.dispute.updated", status="warning_under_review")
    await play.until(lambda: "The evidence is with the bank" in dispute_card(play))
    await here.stripe.charge_back_inquiry(dispute["id"])
    await play.until(lambda: "1,250.00 USD withdrawn" in dispute_card(play))
    await play.until(lambda: "Waiting for" in dispute_card(play))
    assert "dispute_challenge" in dispute_card(play)
    await play.until(lambda: any("The inquiry became a chargeback" in one for one in play.direct(LENA)))
    await play.until(lambda: any("has become a chargeback" in one for one in play.trail(FINANCE, LENA)))


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [("won", "was won"), ("lost", "has paid the cardholder")],
)
async def test_the_refund_that_waits_says_how_the_dispute_ended(
    here: World, play: Play, outcome: str, sentence: str
) -> None:
    await ask_for_1250(play)
    dispute = await disputed(here, play)
    await play.until(lambda: any("answers the bank" in one for one in play.direct(MAYA)))
    await here.stripe.decide_dispute(dispute, outcome)
    await play.until(lambda: sentence in refund_card(play))


async def test_a_refund_that_was_made_before_the_dispute_is_offered_as_evidence(
    here: World, play: Play
) -> None:
    await ask_for_1250(play)
    await here.stripe.open_inquiry(cast.LARGE_1250)
    await play.until(lambda: "inquiry" in dispute_card(play))
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in refund_card(play))
    await play.until(lambda: "refunded, `re_" in dispute_card(play))


async def test_money_that_was_withdrawn_is_told_with_its_amount(here: World, play: Play) -> None:
    await disputed(here, play)
    assert "1,250.00 USD withdrawn" in dispute_card(play)
    assert "15.00 USD fee" in dispute_card(play)
    await play.until(lambda: any("took 1,250.00 USD out of" in one for one in play.trail(FINANCE, LENA)))


async def test_a_second_dispute_of_a_charge_is_taken_in_beside_the_first(here: World, play: Play) -> None:
    await ask_for_1250(play)
    first = await disputed(here, play)
    await here.stripe.decide_dispute(first, "won")
    await play.until(lambda: "*Won.*" in dispute_card(play))
    second = (await here.stripe.file_dispute(cast.LARGE_1250))["id"]
    await play.until(lambda: "Waiting for" in str(play.card(FINANCE, LENA, second)["blocks"]))
    assert 1 == sum("opened a chargeback" in one for one in play.direct(MAYA))

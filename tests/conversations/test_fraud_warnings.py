"""Early fraud warnings: an alert with what still helps, or news on the dispute that is there."""

from __future__ import annotations

from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import FINANCE, LENA
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.challenging import disputed


def alert(play: Play) -> str:
    return words(play.card(FINANCE, LENA, "warns that this charge"))


async def test_a_warning_alerts_finance_once_and_offers_the_prefilled_refund(here: World, play: Play) -> None:
    warning = await here.stripe.warn_of_fraud(cast.LARGE_1250)
    await play.until(lambda: "made with stolen card" in alert(play))
    assert "Refunding the 1,250.00 USD that are left now may prevent one." in alert(play)
    events = [
        one["id"] for one in here.stripe.ledger.events() if one["data"]["object"]["id"] == warning["id"]
    ]
    await here.stripe.redeliver(events[-1])
    assert 1 == len(play.cards(FINANCE, LENA, "warns that this charge"))
    assert (await play.click(LENA, FINANCE, "escalation_refund", "warns that this charge")).ok
    await play.slack.until(lambda: "1,250.00 USD" in str((play.slack.modal(LENA) or {}).get("blocks")))
    form = await play.modal(LENA, "refund_form")
    chosen = form["state"]["values"]["charge"]["charge"]["selected_option"]
    assert cast.LARGE_1250 == chosen["value"]
    assert "may be fraudulent" in form["state"]["values"]["note"]["note"]["value"]


async def test_a_refund_in_full_ends_the_alert(here: World, play: Play) -> None:
    await here.stripe.warn_of_fraud(cast.LARGE_1250)
    await play.until(lambda: "Waiting for" in alert(play))
    await here.stripe.refund_in_dashboard(cast.LARGE_1250)
    await play.until(lambda: "The charge was refunded meanwhile" in alert(play))


async def test_the_chargeback_that_comes_after_all_takes_the_alerts_place(here: World, play: Play) -> None:
    await here.stripe.warn_of_fraud(cast.LARGE_1250)
    await play.until(lambda: "Waiting for" in alert(play))
    dispute = await disputed(here, play)
    await play.until(lambda: f"opened the chargeback {dispute}" in alert(play))
    card = words(play.card(FINANCE, LENA, "chargeback from"))
    assert "The card's issuer warns of fraud" in card
    assert "Accept: fraud is suspected" in card


async def test_a_warning_on_a_disputed_charge_is_news_on_its_card(here: World, play: Play) -> None:
    await disputed(here, play)
    assert "Challenge: we can prove" in words(play.card(FINANCE, LENA, "chargeback from"))
    await here.stripe.warn_of_fraud(cast.LARGE_1250)
    await play.until(lambda: "made with stolen card" in words(play.card(FINANCE, LENA, "chargeback from")))
    assert "Accept: fraud is suspected" in words(play.card(FINANCE, LENA, "chargeback from"))
    await play.until(lambda: any("warns of fraud" in line for line in play.trail(FINANCE, LENA)))
    assert [] == play.cards(FINANCE, LENA, "warns that this charge")

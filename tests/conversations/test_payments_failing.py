"""When payments fail everywhere there is one incident: it says what is so now, and closes by itself."""

from __future__ import annotations

from datetime import timedelta

import httpx

from bot.app import Running
from bot.desk import health, mirror
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import ENG_CRITICAL, NOOR
from bot.sandbox.stripe import cast
from bot.sandbox.world import World


async def pass_minutes(here: World, app: Running, minutes: int = 1) -> None:
    """Let time pass, and let the desk look as its clock would."""
    here.clock.advance(timedelta(minutes=minutes))
    await settled(here, app)
    await health.watch_payments(app.desk)
    await app.desk.tasks.finished()


async def settled(here: World, app: Running) -> None:
    await here.stripe.webhooks.idle()
    await mirror.read_changed(app.desk)


def monthly(here: World) -> list[str]:
    """Return customers whose subscription of 49.00 USD a month renews by card."""
    plans = here.stripe.ledger.all("subscription")
    return [
        one["customer"]
        for one in plans
        if one["status"] == "active" and one["items"]["data"][0]["price"]["unit_amount"] == 4900
    ]


def incidents(play: Play) -> list[object]:
    return list(play.cards(ENG_CRITICAL, NOOR, "Mass payment failure"))


async def test_an_outage_is_one_incident_that_is_updated_and_closes_itself(
    here: World, app: Running, play: Play
) -> None:
    await mirror.fill(app.desk)
    await pass_minutes(here, app)
    first, *others = monthly(here)
    for customer in [first, *others[:5]]:
        await here.stripe.fail_payment(customer, "do_not_honor", "BR")
    await pass_minutes(here, app)
    await play.until(lambda: play.card(ENG_CRITICAL, NOOR, "Mass payment failure"))
    said = str(play.card(ENG_CRITICAL, NOOR))
    assert "6 of 6 payments failed in the last 30 minutes" in said
    assert "6 of 6 come from cards issued in BR (usually 0 %)." in said
    assert "6 of 6 were declined as “do_not_honor” (usually 0 %)." in said
    assert "6 of 6 were for the price price_1Teammonthusd" in said
    assert "min left" in said
    for customer in others[5:9]:
        await here.stripe.fail_payment(customer, "do_not_honor", "BR")
    await pass_minutes(here, app)
    await play.until(lambda: "10 of 10 payments failed" in str(play.card(ENG_CRITICAL, NOOR)))
    assert 1 == len(incidents(play))
    assert (await play.click(NOOR, ENG_CRITICAL, "escalation_acknowledge")).ok
    here.clock.advance(timedelta(minutes=40))
    for customer in others[:4]:
        await here.stripe.take_payment(customer)
    await pass_minutes(here, app)
    assert "Resolved" not in str(play.card(ENG_CRITICAL, NOOR))
    await pass_minutes(here, app, 15)
    await play.until(lambda: "*Resolved* by the clock" in str(play.card(ENG_CRITICAL, NOOR)))
    assert "The rate is back." in str(play.card(ENG_CRITICAL, NOOR))
    assert 1 == len(incidents(play))


async def test_one_customer_who_tries_again_and_again_is_no_incident(
    here: World, app: Running, play: Play
) -> None:
    await mirror.fill(app.desk)
    for _ in range(12):
        await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER)
    await pass_minutes(here, app)
    assert [] == incidents(play)


async def test_without_a_filled_mirror_nothing_is_judged(here: World, app: Running, play: Play) -> None:
    for customer in monthly(here)[:8]:
        await here.stripe.fail_payment(customer)
    await pass_minutes(here, app)
    assert [] == incidents(play)


async def test_the_metrics_count_the_last_comparison(here: World, app: Running) -> None:
    await mirror.fill(app.desk)
    await mirror.compare(app.desk)
    url = str(here.slack.request_url).removesuffix("/slack/events")
    async with httpx.AsyncClient(base_url=url) as client:
        metrics = (await client.get("/metrics")).text
    assert 'makegood_mirror_drift{what="missing"} 0.0' in metrics
    assert 'makegood_work_due{table="mirrored"} 0.0' in metrics
    assert "makegood_mirror_compared" in metrics

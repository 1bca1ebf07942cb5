"""Splitting dodges no approval: what a customer was refunded lately is judged together."""

from __future__ import annotations

import asyncio

from sqlmodel import Session

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store import cases

LINE = f"{cast.RENEWAL_RECENT} 300.00 accidental_renewal 'ticket 7' verified via email"


async def test_the_second_half_of_588_dollars_goes_to_a_lead(here: World, play: Play) -> None:
    assert "Granted: 300.00 USD" in await play.line(MAYA, SUPPORT, LINE)
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    told = await play.line(MAYA, SUPPORT, LINE.replace("300.00", "288.00"))
    assert "support leads, who may approve 288.00 USD" in told
    assert 30000 == here.stripe.books()[cast.RENEWAL_RECENT]["amount_refunded"]


async def test_what_was_refunded_in_the_dashboard_counts_too(here: World, app: Running, play: Play) -> None:
    await here.stripe.refund_in_dashboard(cast.RENEWAL_RECENT, 30000)

    def seen(session: Session) -> int:
        return len(cases.outside_of_customer(session, cast.RENEWAL_RECENT_CUSTOMER, here.clock.now()))

    async with asyncio.timeout(15):
        while not await app.desk.store.read(seen):  # noqa: ASYNC110  # the row tells nobody
            await asyncio.sleep(0.01)
    told = await play.line(MAYA, SUPPORT, LINE.replace("300.00", "288.00"))
    assert "support leads, who may approve 288.00 USD" in told

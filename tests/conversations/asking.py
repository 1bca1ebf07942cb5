"""Requests that many conversations start from."""

from __future__ import annotations

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World


async def ask_for_1250(play: Play, who: str = MAYA) -> None:
    """Ask for 1,250.00 USD, which a support lead decides, and wait for the card."""
    await play.ask(
        who,
        SUPPORT,
        cast.LARGE_1250_CUSTOMER,
        cast.LARGE_1250,
        reason="technical_error",
        source="email",
        ticket="T-9",
    )
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))


def refunds_of(here: World, charge: str) -> list[tuple[int, str]]:
    """Return amount and status of every refund that Stripe holds on a charge."""
    return [(one["amount"], one["status"]) for one in here.stripe.books()[charge]["refunds"]]

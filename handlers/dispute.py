"""Buttons of a dispute's card: accept for good, challenge."""

from __future__ import annotations

from bot.desk import disputes
from bot.desk.desk import Desk
from handlers.turn import Turn


async def accept(desk: Desk, turn: Turn) -> None:
    """Accept it; the button has asked whether that is meant."""
    await disputes.accept(desk, turn.value, turn.user)
    await turn.ack()


async def challenge(desk: Desk, turn: Turn) -> None:
    """Record who takes it."""
    await disputes.challenge(desk, turn.value, turn.user)
    await turn.ack()


async def opened_link(_desk: Desk, turn: Turn) -> None:
    """Acknowledge a button that only opens a page."""
    await turn.ack()

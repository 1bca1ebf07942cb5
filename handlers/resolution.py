"""The button on what has ended: the customer was told."""

from __future__ import annotations

from bot.desk import resolving
from bot.desk.desk import Desk
from handlers.turn import Turn


async def customer_told(desk: Desk, turn: Turn) -> None:
    """Write down that whoever clicked has told the customer."""
    await resolving.customer_told(desk, turn.value, turn.user)
    await turn.ack()

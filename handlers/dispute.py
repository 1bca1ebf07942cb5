"""Buttons of a dispute's card: accept for good, challenge."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.desk import disputes
from bot.desk.desk import Desk


async def accept(desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Accept it; the button has asked whether that is meant."""
    await disputes.accept(desk, action["value"], body["user"]["id"])
    await ack()


async def challenge(desk: Desk, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Record who takes it."""
    await disputes.challenge(desk, action["value"], body["user"]["id"])
    await ack()


async def opened_link(ack: AsyncAck) -> None:
    """Acknowledge a button that only opens a page."""
    await ack()

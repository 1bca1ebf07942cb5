"""Buttons of a dispute's card and its evidence form: accept for good, challenge, gather, submit once."""

from __future__ import annotations

from bot.cards import evidence_form
from bot.desk import answering, evidence
from bot.desk.desk import Desk
from handlers.turn import Turn


async def accept(desk: Desk, turn: Turn) -> None:
    """Accept it; the button has asked whether that is meant."""
    await answering.accept(desk, turn.value, turn.user)
    await turn.ack()


async def challenge(desk: Desk, turn: Turn) -> None:
    """Record who takes it, and open the form for the evidence."""
    await answering.challenge(desk, turn.value, turn.user)
    await open_form(desk, turn)


async def open_form(desk: Desk, turn: Turn) -> None:
    """Open the evidence form with what is there, to whoever may answer."""
    view = await evidence.form(desk, turn.value, turn.user)
    await turn.client.views_open(trigger_id=turn.trigger_id, view=view)
    await turn.ack()


async def add(desk: Desk, turn: Turn) -> None:
    """Keep what was filled in; whether they may is asked again."""
    await evidence.add(desk, evidence_form.read(turn.view), turn.user)
    await turn.ack()


async def submit(desk: Desk, turn: Turn) -> None:
    """Submit the evidence; the button has asked whether that is meant."""
    await answering.submit(desk, turn.value, turn.user)
    await turn.ack()


async def look_again(desk: Desk, turn: Turn) -> None:
    """Ask the record of usage anew."""
    await answering.look_again(desk, turn.value, turn.user)
    await turn.ack()


async def opened_link(_desk: Desk, turn: Turn) -> None:
    """Acknowledge a button that only opens a page."""
    await turn.ack()

"""Requests that many conversations start from, and what came of those that were refused."""

from __future__ import annotations

from typing import Any

from bot.app import Running
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store import audit


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


async def refused_clicks(app: Running) -> list[tuple[str, str, str]]:
    """Return of everything that was refused to somebody: to whom, what they wanted, and why not."""
    entries = await app.desk.store.read(lambda session: list(audit.select_entries(session, None, None)))
    refused = [entry for entry in entries if entry.event == "click_refused"]
    return [(entry.actor, entry.detail["wanted"], entry.detail["why"]) for entry in refused]


async def sent_by(here: World, who: str, payload: dict[str, Any] | None = None) -> str:
    """Send a payload (the last one that was delivered) as `who`; return what the form says then."""
    delivery = here.slack.core.delivery
    someone = here.slack.core.workspace.users[who]
    user = {"id": who, "username": someone.name, "name": someone.name, "team_id": someone.team_id}
    payload = (payload or delivery.sent[-1].payload) | {"user": user}
    answer = await delivery.send("interactive", payload, wants_body=True)
    return words(answer.body.get("view", {}))

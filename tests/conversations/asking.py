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


async def refused_clicks(app: Running, subject_id: str | None = None) -> list[tuple[str, str, str]]:
    """Return what was refused (about one subject): to whom, what they wanted, and why not."""
    entries = await app.desk.store.read(lambda s: list(audit.select_entries(s, subject_id, None)))
    refused = [entry for entry in entries if entry.event == "click_refused"]
    return [(entry.actor, entry.detail["wanted"], entry.detail["why"]) for entry in refused]


def last_sent(here: World) -> dict[str, Any]:
    """Return what the newest click or form sent the app."""
    return next(one.payload for one in reversed(here.slack.core.delivery.sent) if one.kind == "interactive")


async def sent_by(here: World, who: str, payload: dict[str, Any]) -> str:
    """Send a payload, signed, as if `who` had; return what the form says then."""
    someone = here.slack.core.workspace.users[who]
    user = {"id": who, "username": someone.name, "name": someone.name, "team_id": someone.team_id}
    answer = await here.slack.core.delivery.send("interactive", payload | {"user": user}, wants_body=True)
    return words(answer.body.get("view", {}))

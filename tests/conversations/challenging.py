"""Challenges that many conversations start from: a dispute, its evidence form, and files for it."""

from __future__ import annotations

from typing import Any

from bot.sandbox.play import Play
from bot.sandbox.slack import Outcome
from bot.sandbox.slack.cast import FINANCE, LENA
from bot.sandbox.stripe import cast
from bot.sandbox.world import World

PDF = b"%PDF-1.4 what was agreed"
LOG = "2026-10-01 09:12 signed in from 203.0.113.7"


async def disputed(
    here: World, play: Play, charge: str = cast.LARGE_1250, reason: str = "product_not_received"
) -> str:
    """Let the bank open a dispute, and wait for finance's card and for what the record of usage says."""
    dispute = await here.stripe.file_dispute(charge, reason)
    await play.until(lambda: "Did they use it between" in said(play))
    return str(dispute["id"])


async def challenged(here: World, play: Play, who: str = LENA) -> str:
    """Let a dispute be challenged by `who`, who has the evidence form open then."""
    dispute = await disputed(here, play)
    assert (await play.click(who, FINANCE, "dispute_challenge")).ok
    await play.modal(who, "evidence_form")
    await play.until(lambda: "being gathered" in said(play))
    return dispute


async def fill(
    play: Play, who: str, *, files: dict[str, tuple[str, bytes]] | None = None, **texts: str
) -> Outcome:
    """Fill in the evidence form that `who` has open, and keep it."""
    view = await play.modal(who, "evidence_form")
    state: dict[str, Any] = {name: {name: {"value": text}} for name, text in texts.items()}
    for name, (file_name, content) in (files or {}).items():
        state[name] = {name: {"files": [play.slack.attach(who, file_name, content)["id"]]}}
    return await play.slack.submit(who, view["id"], state)


async def gathered(here: World, play: Play) -> str:
    """Let a dispute be challenged with a log and a file, both staged at Stripe."""
    dispute = await challenged(here, play)
    await fill(play, LENA, access_activity_log=LOG, files={"service_documentation": ("usage.pdf", PDF)})
    await play.until(lambda: evidence_at_stripe(here, dispute).get("service_documentation"))
    await play.until(lambda: "2 of the 3 papers" in said(play) and "on its way" not in said(play))
    return dispute


def said(play: Play, who: str = LENA) -> str:
    """Return what finance's card says."""
    return str(play.card(FINANCE, who, "chargeback")["blocks"])


def at_stripe(here: World, dispute: str) -> dict[str, Any]:
    """Return the dispute as Stripe has it."""
    return here.stripe.ledger.get("dispute", dispute)


def evidence_at_stripe(here: World, dispute: str) -> dict[str, str]:
    """Return the evidence that Stripe has, by field."""
    return {field: held for field, held in at_stripe(here, dispute)["evidence"].items() if held}


def calls(here: World, method: str, path: str) -> int:
    """Count the requests that reached Stripe."""
    return sum((one["method"], one["path"]) == (method, path) for one in here.stripe.requests())

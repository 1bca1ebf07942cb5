"""Acts that the tests of “money moves exactly once” share: ask, let time pass, compare the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlmodel import Session, select

from bot.app import Running
from bot.clock import SWEEPS
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store.tables import Case, Operation

LEASE_AND_BACKOFF: Final = timedelta(minutes=11)
"""Longer than any lease and than the longest wait between two tries."""
DAY_AND_HOUR: Final = timedelta(hours=25)
"""Longer than Stripe keeps an idempotency key."""
OF: Final = "500.00 USD refund"
ONCE: Final = [(50000, "succeeded")]
"""Of 1,250.00: Stripe would not stop a second one."""


async def ask(play: Play, charge: str, amount: str = "", who: str = MAYA) -> str:
    """Ask for a refund (of all that is left, unless `amount` says less); return what the agent is told."""
    return await play.line(who, SUPPORT, f"{charge} {amount} technical_error 'ticket T-9' verified via email")


async def approve(play: Play, of: str, who: str = PRIYA) -> None:
    """Wait for the card that says `of` among the leads and can be approved, and press Approve."""
    await play.until(lambda: "case_approve" in str(play.card(SUPPORT_LEADS, who, of)))
    assert (await play.click(who, SUPPORT_LEADS, "case_approve", of)).ok


async def ask_and_approve(play: Play) -> None:
    """Ask for a part of the large charge, and approve it."""
    await ask(play, cast.LARGE_1250, "500.00")
    await approve(play, OF)


async def pass_time(here: World, app: Running, by: timedelta = LEASE_AND_BACKOFF) -> None:
    """Push the clock ahead and let every sweep run once, with what it starts, whatever its cadence."""
    here.clock.advance(by)
    for sweep, _ in SWEEPS:
        await sweep(app.desk)
    await app.desk.tasks.finished()


def refunds_of(here: World, charge: str) -> list[tuple[int, str]]:
    """Return amount and status of every refund that Stripe holds on a charge."""
    return [(one["amount"], one["status"]) for one in here.stripe.books()[charge]["refunds"]]


def said(play: Play, of: str) -> str:
    """Return what the leads' card says."""
    return str(play.card(SUPPORT_LEADS, PRIYA, of))


async def case_on(app: Running, charge: str) -> Case:
    """Return the newest case on a charge."""

    def read(session: Session) -> Case:
        return session.exec(select(Case).where(Case.charge_id == charge)).all()[-1]

    return await app.desk.store.read(read)


async def state_on(app: Running) -> str:
    """Return the state of the newest case on the large charge."""
    return (await case_on(app, cast.LARGE_1250)).state


async def operations_on(app: Running, charge: str) -> Sequence[Operation]:
    """Return the operations on a charge."""

    def read(session: Session) -> Sequence[Operation]:
        return session.exec(select(Operation).where(Operation.charge_id == charge)).all()

    return await app.desk.store.read(read)


def keys_sent(here: World) -> list[str]:
    """Return the idempotency key of every refund that Stripe was asked for, in order."""
    return [str(one["idempotency_key"]) for one in refund_requests(here)]


def refund_requests(here: World) -> list[dict[str, Any]]:
    """Return every request for a refund that reached Stripe."""
    asked = here.stripe.requests()
    return [one for one in asked if (one["method"], one["path"]) == ("POST", "/v1/refunds")]

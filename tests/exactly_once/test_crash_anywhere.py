"""The process is killed at every commit and at every call, and started again: the money moves once.

The points are found by playing the story undisturbed; `make soak` plays them all, `make test` some.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import pytest
from sqlmodel import select

from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT_LEADS
from bot.sandbox.world import World
from bot.store.engine import Store
from bot.store.tables import Case, Inbox, Mail, Operation, Post
from bot.store.work import let_go
from tests.exactly_once.acts import ask, refunds_of
from tests.postgres import Postgres

_HALTING: Final = Path(__file__).with_name("halting.py")
_MOMENTS: Final = {b"b": "commit: came", b"a": "commit: was done"}
_BOUNDED: Final = 4


class Desk:
    """The desk as a child process; it notes the points that it passes, and dies at `dies_at` (from 1)."""

    def __init__(self, here: World, database_url: str) -> None:
        self._here = here
        self._database_url = database_url
        self._child: subprocess.Popen[bytes] | None = None
        self._answer = -1
        self.points: list[str] = []
        self.counting = False
        self.dies_at = 0
        here.watch(self.passes)

    @property
    def dead(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def passes(self, point: str) -> bool:
        """Note a point. False when the process was killed there."""
        if not self.counting:
            return True
        self.points.append(point)
        if len(self.points) != self.dies_at:
            return True
        self.kill()
        return False

    def count(self, dies_at: int = 0) -> None:
        """Count the points from here on."""
        self.points, self.counting, self.dies_at = [], True, dies_at

    def kill(self) -> None:
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGKILL)
            self._child.wait()
        self.counting = False

    async def start(self) -> None:
        report, child_reports = os.pipe()
        child_asks, answer = os.pipe()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        surroundings = os.environ | self._here.environment(self._database_url)
        self._child = subprocess.Popen(  # noqa: ASYNC220, S603  # our own file; that it is up is waited for below
            [sys.executable, str(_HALTING), str(child_reports), str(child_asks)],
            env=surroundings | {"HOST": "127.0.0.1", "PORT": str(port)},
            pass_fds=(child_reports, child_asks),
            stdout=subprocess.DEVNULL,
        )
        os.close(child_reports)
        os.close(child_asks)
        asyncio.get_running_loop().add_reader(report, self._at_commit, report, answer)
        await self._until_up(f"http://127.0.0.1:{port}")

    def _at_commit(self, report: int, answer: int) -> None:
        moment = os.read(report, 1)
        if not moment:
            asyncio.get_running_loop().remove_reader(report)
            os.close(report)
            os.close(answer)
            return
        if self.passes(_MOMENTS[moment]):
            os.write(answer, b".")

    async def _until_up(self, url: str) -> None:
        async with asyncio.timeout(20), httpx.AsyncClient(trust_env=False) as client:
            while True:
                assert not self.dead
                try:
                    await client.get(f"{url}/healthz")
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
                    continue
                self._here.point_at(url)
                return


@asynccontextmanager
async def desk_of(here: World, database_url: str) -> AsyncIterator[Desk]:
    desk = Desk(here, database_url)
    await desk.start()
    try:
        yield desk
    finally:
        desk.kill()
        here.slack.request_url = here.stripe.webhook_url = None


def charges(here: World) -> list[str]:
    """Return charges of different customers with an address, none of which was refunded."""
    of_customer = {
        one["customer"]: one["id"]
        for one in here.stripe.ledger.all("charge")
        if one["status"] == "succeeded"
        and one["captured"]
        and not one["disputed"]
        and not one["amount_refunded"]
        and one["customer"]
        and one["currency"] == "usd"
        and 5000 < one["amount"] < 100_000
        and one["payment_method_details"]["type"] == "card"
    }
    return list(of_customer.values())


async def asked(play: Play, charge: str) -> str:
    """Ask for 10.00 USD and return the case's id, once its card and the requester's copy are there."""
    before = len(play.direct(MAYA))
    await ask(play, charge, "10.00")
    await play.until(lambda: len(play.direct(MAYA)) > before)
    case = re.search(r"RF-\w+", play.direct(MAYA)[-1])
    assert case
    return case[0]


async def click(play: Play, case: str) -> bool:
    """Press Approve; False when the desk did not answer, which Slack shows to whoever pressed it."""
    return (await play.click(PRIYA, SUPPORT_LEADS, "case_approve", case)).ok


def ended(play: Play, case: str) -> Callable[[], bool]:
    def holds() -> bool:
        card = play.card(SUPPORT_LEADS, PRIYA, case)
        below = [words(one) for one in play.slack.thread(SUPPORT_LEADS, card["ts"], PRIYA)]
        direct = [one for one in play.direct(MAYA) if case in one and "the money arrives" in one]
        return "Resolved — Refund issued" in words(card) and "Ticket T-9" in str(below) and bool(direct)

    return holds


async def unwritten_mails(here: World, database_url: str, case: str) -> int:
    """Return how many mails about a case are out of which the rows know nothing: none, or one."""
    store = Store(database_url)
    sent = await store.read(
        lambda session: session.exec(select(Mail.sent_at).where(Mail.case_id == case)).first()
    )
    store.close()
    return 0 if sent else len(mails_about(here, case))


async def minute_passes(database_url: str) -> None:
    """Bring near the end of the minute for which nobody takes up what the killed desk was at.

    On SQLite there is no such minute: no other desk can be at it.
    """
    store = Store(database_url)
    if not store.sqlite:
        await store.write(
            lambda session: let_go(session, [Case, Operation, Inbox, Mail, Post], datetime.now(UTC))
        )
    store.close()


def mails_about(here: World, case: str) -> list[str]:
    """Return the Message-ID of each mail about a case."""
    return [mail for one in here.mailbox.messages if case in (mail := str(one["Message-ID"]))]


def check(here: World, play: Play, case: str, charge: str, most_mails: int = 1) -> None:
    """Compare what Stripe, the channel, the requester and the customer got with what was approved."""
    assert [(1000, "succeeded")] == refunds_of(here, charge)
    (card,) = play.cards(SUPPORT_LEADS, PRIYA, case)
    below = Counter(words(one) for one in play.slack.thread(SUPPORT_LEADS, card["ts"], PRIYA))
    assert [] == [line for line, times in below.items() if times > 1]
    assert 1 == sum(line.startswith("✅") and "`re_" in line for line in below)
    assert 1 == sum("was told by email" in line for line in below)
    assert 1 == sum(case in one and "the money arrives" in one for one in play.direct(MAYA))
    mails = mails_about(here, case)
    assert 1 == len(set(mails)) <= len(mails) <= most_mails


def audited(database_url: str, here: World) -> str:
    """Return what `makegood audit verify` says."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "audit", "verify"],
        env=os.environ | here.environment(database_url),
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout


async def play_points(here: World, database_url: str, most: int) -> None:
    """Kill the desk at its points, `most` of them, and start it again."""
    play = Play(here.slack)
    charge, *others = charges(here)
    async with desk_of(here, database_url) as desk:
        case = await asked(play, charge)
        desk.count()
        assert await click(play, case)
        await play.until(ended(play, case))
        found = desk.points
        check(here, play, case, charge)
        assert {"commit", "slack", "stripe", "mail"} == {point.split(":")[0] for point in found}
        step = max(1, len(found) // most)
        for number, other in zip(range(1, len(found) + 1, step), others, strict=False):
            case = await asked(play, other)
            desk.count(dies_at=number)
            answered = await click(play, case)
            await play.until(lambda: desk.dead)
            unwritten = await unwritten_mails(here, database_url, case)
            await minute_passes(database_url)
            await desk.start()
            if not answered:
                await click(play, case)
            await play.until(ended(play, case))
            check(here, play, case, other, 1 + unwritten)
    assert "the chain is whole" in await asyncio.to_thread(audited, database_url, here)


async def test_killed_at_some_of_its_points_the_desk_pays_and_tells_once(
    here: World, database_url: str
) -> None:
    await play_points(here, database_url, _BOUNDED)


async def test_killed_at_some_of_its_points_on_postgresql_the_desk_pays_and_tells_once(
    here: World, pg: Postgres
) -> None:
    await play_points(here, pg.migrated(), _BOUNDED)


@pytest.mark.soak
async def test_killed_at_any_of_its_points_the_desk_pays_and_tells_once(
    here: World, database_url: str
) -> None:
    await play_points(here, database_url, 1_000)


@pytest.mark.soak
async def test_killed_at_any_of_its_points_on_postgresql_the_desk_pays_and_tells_once(
    here: World, pg: Postgres
) -> None:
    await play_points(here, pg.migrated(), 1_000)

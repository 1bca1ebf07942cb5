"""Any one call or commit of a refund's story is lost, before or after it was done: the money moves once.

The points are found by playing the story undisturbed; `make soak` loses each of them, `make test` some.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.stripe import Mode
from bot.sandbox.world import World, inhabited
from bot.store import audit
from bot.store.engine import Store
from policy.lifecycle import CaseState
from tests.exactly_once.acts import case_on, pass_time
from tests.exactly_once.test_crash_anywhere import asked, charges, check, click, ended
from tests.postgres import Postgres

_MAILED: Final = "mail: a message was done"
_SOME: Final = 5
_ALL: Final = 1_000
_LONGEST: Final = 6
"""How often time may pass until a story ends: each wait doubles, and one lost answer may cost several."""


class Points:
    """Notes the points that a desk passes, and loses one of them: number `lost`, from 1."""

    def __init__(self, here: World, store: Store) -> None:
        here.watch(self.passes)
        self._sqlite = store.sqlite
        self.seen: list[str] = []
        self.counting = False
        self._lost = 0

    def count(self, lost: int = 0) -> None:
        """Count the points from here on."""
        self.seen, self.counting, self._lost = [], True, lost

    def passes(self, point: str) -> bool:
        """Note a point. False where it is to be lost."""
        if not self.counting:
            return True
        self.seen.append(point)
        self.counting = len(self.seen) != self._lost
        return self.counting

    def commits(self, connection: Connection) -> None:
        """Note a commit. What is lost before it is not written; only a server can lose the answer to it."""
        if not self.passes("commit: came"):
            connection.connection.rollback()
            raise _failed(sqlite3.OperationalError("disk I/O error"), connected=self._sqlite)
        if self._sqlite:
            return
        connection.connection.commit()
        if not self.passes("commit: was done"):
            raise _failed(psycopg.OperationalError("the connection is lost"), connected=False)


def _failed(cause: Exception, *, connected: bool) -> OperationalError:
    return OperationalError("COMMIT", None, cause, connection_invalidated=not connected)


@contextmanager
def points_of(here: World, store: Store) -> Iterator[Points]:
    points = Points(here, store)
    event.listen(store.engine, "commit", points.commits)
    yield points
    event.remove(store.engine, "commit", points.commits)


async def play_story(here: World, app: Running, points: Points, charge: str, lost: int = 0) -> None:
    """Let a refund be approved, lose one point of its story, and see how it ends."""
    play = Play(here.slack)
    case = await asked(play, charge)
    await app.desk.tasks.finished()
    points.count(lost)
    await click(play, case)
    await app.desk.tasks.finished()
    if (await case_on(app, charge)).state == CaseState.AWAITING:  # the approver was told so
        await click(play, case)
        await app.desk.tasks.finished()
    points.counting = False
    for _ in range(_LONGEST):
        if ended(play, case)():
            break
        await pass_time(here, app)
    assert ended(play, case)(), points.seen[-1]
    mailed_again = _MAILED in points.seen and points.seen[-1] in {_MAILED, "commit: came"}
    check(here, play, case, charge, 1 + mailed_again)


async def lose_points(here: World, app: Running, most: int) -> None:
    charge, *others = charges(here)
    with points_of(here, app.desk.store) as points:
        await play_story(here, app, points, charge)
        found = list(points.seen)
        assert {"commit", "slack", "stripe", "mail"} == {point.split(":")[0] for point in found}
        step = max(1, len(found) // most)
        for number, other in zip(range(1, len(found) + 1, step), others, strict=False):
            await play_story(here, app, points, other, lost=number)
    assert [] == await app.desk.store.read(lambda session: list(audit.faults(session)))


@pytest.fixture(params=[Mode.DELIVER, Mode.MISS], ids=str)
async def events(here: World, request: pytest.FixtureRequest) -> None:
    """Whether Stripe's events bring in what an answer did not."""
    here.stripe.webhooks.mode = request.param


@pytest.mark.usefixtures("events")
async def test_some_points_are_lost_and_the_desk_pays_and_tells_once(here: World, app: Running) -> None:
    await lose_points(here, app, _SOME)


@pytest.mark.usefixtures("events")
async def test_some_points_are_lost_on_postgresql_and_the_desk_pays_and_tells_once(
    here: World, pg: Postgres
) -> None:
    async with inhabited(here, pg.migrated()) as app:
        await lose_points(here, app, _SOME)


@pytest.mark.soak
@pytest.mark.usefixtures("events")
async def test_any_point_is_lost_and_the_desk_pays_and_tells_once(here: World, app: Running) -> None:
    await lose_points(here, app, _ALL)


@pytest.mark.soak
@pytest.mark.usefixtures("events")
async def test_any_point_is_lost_on_postgresql_and_the_desk_pays_and_tells_once(
    here: World, pg: Postgres
) -> None:
    async with inhabited(here, pg.migrated()) as app:
        await lose_points(here, app, _ALL)

"""The database in trouble under the whole desk: a sentence for whoever clicks, nothing by halves, then on."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World, inhabited
from bot.store import audit
from bot.store.tables import Case
from bot.store.work import LEASE
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.hearing import hearing
from tests.postgres import Postgres


async def states(app: Running) -> list[str]:
    return list(await app.desk.store.read(lambda session: session.exec(select(Case.state)).all()))


async def is_refused(play: Play, sentence: str) -> None:
    """Click, read the sentence, and find nothing changed."""
    before = len(play.whispers(SUPPORT_LEADS, PRIYA))
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
    await play.until(lambda: len(play.whispers(SUPPORT_LEADS, PRIYA)) > before)
    assert sentence == play.whispers(SUPPORT_LEADS, PRIYA)[-1]
    assert "Waiting for" in str(play.card(SUPPORT_LEADS, PRIYA))


async def goes_on(here: World, play: Play, app: Running) -> None:
    """Click again, without a restart: paid once, told once, and every entry in its place."""
    # What the trouble caught between Slack and its row is taken up when its lease is over.
    here.clock.advance(LEASE + timedelta(seconds=1))
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)
    assert ["closed"] == await states(app)
    assert [] == await app.desk.store.read(lambda session: list(audit.faults(session)))
    entries = await app.desk.store.read(lambda session: list(audit.select_entries(session, None, None)))
    assert 1 == [entry.event for entry in entries].count("approved")


@pytest.fixture
def file(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


async def test_a_locked_file_is_said_before_slack_gives_up(
    here: World, app: Running, play: Play, file: Path
) -> None:
    await ask_for_1250(play)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sentence = "The database is busy with another program. Nothing was changed; try again in a minute."
    await is_refused(play, sentence)
    await play.line(MAYA, SUPPORT, f"{cast.FULLY_REFUNDED} duplicate 'ticket 1' verified via email")
    await play.until(lambda: sentence in play.whispers(SUPPORT, MAYA)[-1])
    other.execute("ROLLBACK")
    other.close()
    assert ["awaiting"] == await states(app)
    await goes_on(here, play, app)


async def test_a_read_only_file_is_said(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    with every_transaction(app, "PRAGMA query_only=ON", "PRAGMA query_only=OFF"):
        sentence = "The database is read-only. Nothing was changed; try again in a minute."
        await is_refused(play, sentence)
        assert ["awaiting"] == await states(app)
    await goes_on(here, play, app)


async def test_a_full_disk_is_said_in_the_form(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_ask")
    with full(app):
        await play.say_why(PRIYA, "Why? " * 300)
        assert "The disk with the database is full. Nothing was changed" in play.told(PRIYA)
        assert [""] == await app.desk.store.read(lambda s: list(s.exec(select(Case.question)).all()))
    await goes_on(here, play, app)


@contextmanager
def every_transaction(app: Running, statement: str, undone_by: str) -> Iterator[None]:
    """Let the store's transactions begin with a statement, which stands for what the file system does."""
    engine = app.desk.store.engine

    def first(_connection: object, cursor: Any, sql: str, *_more: object, also: str) -> None:  # noqa: ANN401  # the driver's own
        if sql.startswith("BEGIN"):
            cursor.connection.execute(also)

    trouble, mended = partial(first, also=statement), partial(first, also=undone_by)
    event.listen(engine, "before_cursor_execute", trouble)
    yield
    event.remove(engine, "before_cursor_execute", trouble)
    event.listen(engine, "before_cursor_execute", mended)


@contextmanager
def full(app: Running) -> Iterator[None]:
    """Let the file grow no more: SQLite then fails as it does on a full disk."""
    with app.desk.store.engine.connect() as connection:
        connection.exec_driver_sql("VACUUM")  # or there would be pages left that nothing uses
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    with every_transaction(app, f"PRAGMA max_page_count={pages}", "PRAGMA max_page_count=4294967294"):
        yield


@asynccontextmanager
async def at_postgres(here: World, pg: Postgres) -> AsyncIterator[Running]:
    async with inhabited(here, pg.migrated()) as running:
        yield running


async def test_a_connection_lost_in_mid_decision_decides_nothing(here: World, pg: Postgres) -> None:
    cut_off: list[int] = []

    def hear(sql: str, _values: list[Any]) -> None:
        if sql.startswith("UPDATE refund_case") and not cut_off:
            cut_off.append(pg.cut_off(str(app.desk.store.url)))

    with hearing(hear):
        async with at_postgres(here, pg) as app:
            play = Play(here.slack)
            await ask_for_1250(play)
            sentence = "The database could not be reached. Nothing was changed; try again in a minute."
            await is_refused(play, sentence)
            assert cut_off[0] > 0
            assert ["awaiting"] == await states(app)
            await goes_on(here, play, app)


async def test_a_postgresql_that_stops_and_starts_needs_no_restart_of_the_desk(
    here: World, pg: Postgres
) -> None:
    async with at_postgres(here, pg) as app:
        play = Play(here.slack)
        await ask_for_1250(play)
        pg.stop()
        try:
            sentence = "The database could not be reached. Nothing was changed; try again in a minute."
            await is_refused(play, sentence)
            line = f"{cast.LARGE_2400} technical_error 'ticket 1' verified via email"
            assert sentence == await play.line(MAYA, SUPPORT, line)
        finally:
            pg.start()
        await goes_on(here, play, app)

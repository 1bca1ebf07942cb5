"""The process is killed while it notices that payments fail: there is one incident, and one card."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.desk.mirror import fill_page
from bot.payments import payments
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import ENG_CRITICAL, NOOR
from bot.sandbox.world import World, world
from bot.store.engine import Store
from tests.exactly_once.test_crash_anywhere import desk_of

_FAILING = 8
_WITHIN = 40.0
"""Seconds: the chores have cadences of seconds, and begin anew in a process that was started again."""


async def fill(here: World, database_url: str) -> None:
    """Fill the mirror before the desk is there, as `makegood mirror` does."""
    store, settings = Store(database_url), here.settings(database_url)
    try:
        async with payments(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base) as stripe:
            while await fill_page(store, stripe, here.clock.now()):
                continue
    finally:
        store.close()


async def payments_fail(here: World) -> None:
    subscribers = [one["customer"] for one in here.stripe.ledger.all("subscription")][-_FAILING:]
    for customer in subscribers:
        await here.stripe.fail_payment(customer, "do_not_honor", "BR")


def told(play: Play) -> bool:
    return f"{_FAILING} of {_FAILING} payments failed" in words(play.card(ENG_CRITICAL, NOOR))


async def once(database_url: str, dies_at: int) -> list[str]:
    """Let payments fail, let the desk die at its point number `dies_at` or at the end; return its points."""
    async with world() as here:
        play = Play(here.slack)
        await fill(here, database_url)
        async with desk_of(here, database_url) as desk:
            desk.count(dies_at)
            await payments_fail(here)
            if dies_at:
                await play.until(lambda: desk.dead or told(play), _WITHIN)
                if not desk.dead:  # more of it came together this time, so that there were fewer points
                    desk.kill()
                await desk.start()
            await play.until(lambda: told(play), _WITHIN)
            passed = list(desk.points)
            assert 1 == len(play.cards(ENG_CRITICAL, NOOR, "Mass payment failure"))
            check_rows(database_url, here)
            return passed


def check_rows(database_url: str, here: World) -> None:
    """Every charge that failed is in the mirror as Stripe has it, and one incident is open."""
    store = Store(database_url)
    failed = [one["id"] for one in here.stripe.ledger.all("charge")[-_FAILING:]]
    try:
        with store.engine.connect() as connection:
            incidents = connection.exec_driver_sql("SELECT count(*) FROM escalation").scalar()
            marks = ", ".join(f"'{one}'" for one in failed)
            query = f"SELECT count(*) FROM mirrored WHERE status = 'failed' AND id IN ({marks})"  # noqa: S608  # ids of the local Stripe
            assert (1, _FAILING) == (incidents, connection.exec_driver_sql(query).scalar())
    finally:
        store.close()


async def play_points(migrated: Path, folder: Path, most: int) -> None:
    def fresh(number: int) -> str:
        shutil.copy(migrated, folder / f"{number}.db")
        return f"sqlite:///{folder / f'{number}.db'}"

    found = await once(fresh(0), 0)
    assert {"commit", "slack", "stripe"} <= {point.split(":")[0] for point in found}
    step = max(1, len(found) // most)
    for number in range(step, len(found) + 1, step):
        await once(fresh(number), number)


async def test_killed_at_one_of_its_points_the_desk_tells_of_failing_payments_once(database_url: str) -> None:
    await once(database_url, 20)


@pytest.mark.soak
async def test_killed_while_payments_fail_the_desk_tells_of_it_once(migrated: Path, tmp_path: Path) -> None:
    await play_points(migrated, tmp_path, 12)

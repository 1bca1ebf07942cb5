"""Backup and restore: the desk goes on from an older day, and pays nothing a second time."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World, inhabited
from bot.store import audit, migrating
from bot.store.engine import Store
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.operations.conftest import Command
from tests.postgres import Postgres


@pytest.fixture
def environment(here: World, database_url: str) -> dict[str, str]:
    return here.environment(database_url)


async def ask_for_a_part(play: Play) -> None:
    """Ask for a part, of which another such part would still be left."""
    await play.line(MAYA, SUPPORT, f"{cast.LARGE_1250} 600.00 technical_error 'ticket 9' verified via email")
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "600.00 USD"))


async def saved(command: Command, environment: dict[str, str], file: Path) -> None:
    code, printed, complained = await command(environment, "backup", str(file))
    assert (0, "") == (code, complained)
    assert f"The database is copied to {file}." in printed
    assert 0o600 == file.stat().st_mode & 0o777  # noqa: ASYNC240  # a file of this test


async def restored(command: Command, environment: dict[str, str], file: Path) -> None:
    code, printed, complained = await command(environment, "restore", str(file))
    assert (0, "") == (code, complained)
    assert "The database is as it was when the backup was made." in printed


@pytest.mark.parametrize("hours", [0, 25])
async def test_a_refund_in_flight_at_the_backup_is_not_paid_twice(
    here: World, play: Play, command: Command, environment: dict[str, str], tmp_path: Path, hours: int
) -> None:
    """Within a day the same idempotency key is the same refund; later its metadata says whose it is."""
    file = tmp_path / "backup.db"
    async with inhabited(here, environment["DATABASE_URL"]):
        await ask_for_a_part(play)
        here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=0.5))
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: refunds_of(here, cast.LARGE_1250))
        await saved(command, environment, file)
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await restored(command, environment, file)
    here.clock.advance(timedelta(hours=hours))
    async with inhabited(here, environment["DATABASE_URL"]) as app:
        await play.until(lambda: len(here.mailbox.messages) == 2)
        (first, second) = here.mailbox.messages
        assert first["Message-ID"] == second["Message-ID"]
        assert [] == await app.desk.store.read(lambda session: list(audit.faults(session)))
        await ask_again_is_possible(play)
    assert [(60000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


async def ask_again_is_possible(play: Play) -> None:
    told = await play.line(MAYA, SUPPORT, f"{cast.FULLY_REFUNDED} duplicate 'ticket 1' verified via email")
    assert "refunded before" in told


async def test_a_refund_approved_and_paid_after_the_backup_is_not_paid_twice(
    here: World, play: Play, command: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    async with inhabited(here, environment["DATABASE_URL"]):
        await ask_for_a_part(play)
        await saved(command, environment, file)
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await restored(command, environment, file)
    (refund,) = here.stripe.books()[cast.LARGE_1250]["refunds"]
    async with inhabited(here, environment["DATABASE_URL"]) as app:
        await play.until(lambda: "Waiting for" in str(play.card(SUPPORT_LEADS, PRIYA)))
        card = play.card(SUPPORT_LEADS, PRIYA)
        await play.slack.click(PRIYA, "case_approve", channel=SUPPORT_LEADS, ts=card["ts"])
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
        assert refund["id"] in str(play.card(SUPPORT_LEADS, PRIYA))
        assert [] == await app.desk.store.read(lambda session: list(audit.faults(session)))
    assert [refund] == here.stripe.books()[cast.LARGE_1250]["refunds"]


async def test_a_backup_overwrites_nothing_and_a_restore_takes_only_a_backup(
    command: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    there = tmp_path / "there.db"
    there.write_text("a letter")
    code, _, complained = await command(environment, "backup", str(there))
    assert (2, f"{there} is there already. Choose another name for the backup.\n") == (code, complained)
    code, _, complained = await command(environment, "restore", str(there))
    assert (2, True) == (code, complained.startswith(f"{there} is not a backup that can be restored"))
    store = Store(environment["DATABASE_URL"])
    migrating.check(store.engine)
    store.close()
    assert "a letter" == there.read_text()


async def test_a_restore_is_refused_while_a_desk_serves(
    here: World, command: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    async with inhabited(here, environment["DATABASE_URL"]):
        await saved(command, environment, tmp_path / "backup.db")
        code, _, complained = await command(environment, "restore", str(tmp_path / "backup.db"))
    assert (2, True) == (code, complained.startswith("Another Makegood is serving from makegood.db."))


async def test_postgresql_is_copied_by_its_own_tools(
    here: World, play: Play, pg: Postgres, command: Command, tmp_path: Path
) -> None:
    source, target = pg.migrated(), pg.empty()
    async with inhabited(here, source):
        await ask_for_1250(play)
    code, _, complained = await command(here.environment(source), "backup", str(tmp_path / "backup.db"))
    assert (2, True) == (code, "Back up PostgreSQL with pg_dump" in complained)
    file = tmp_path / "makegood.dump"
    for tool, *arguments in (
        ("pg_dump", "--format=custom", f"--file={file}", _libpq(source)),
        ("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={_libpq(target)}", str(file)),
    ):
        subprocess.run([pg.tool(tool), *arguments], check=True, timeout=30)  # noqa: S603, ASYNC221  # the server's own
    async with inhabited(here, target) as app:
        assert [] == await app.desk.store.read(lambda session: list(audit.faults(session)))
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)


def _libpq(url: str) -> str:
    return url.replace("+psycopg", "")

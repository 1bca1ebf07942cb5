"""Real file systems in trouble: full while `makegood` serves, and full or read-only when it starts."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import PRIYA, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.children import makegood, serve
from tests.conversations.asking import ask_for_1250, refunds_of


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB, mounted for this test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("Nothing may be mounted here, so there is no disk that could be filled.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607  # the system's own


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)  # noqa: S603, S607  # as above


@pytest.fixture
def environment(here: World, migrated: Path, disk: Path) -> dict[str, str]:
    shutil.copy(migrated, disk / "makegood.db")
    return here.environment(f"sqlite:///{disk / 'makegood.db'}")


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return what to delete for some."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return path


def make_read_only(disk: Path) -> None:
    _mount("-o", "remount,ro", str(disk))


async def at_rest(play: Play, file: Path) -> None:
    """Wait until nothing is left to be told, so that nothing waits for a lease to end."""

    def due() -> int:
        with closing(sqlite3.connect(file)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM post WHERE due_at IS NOT NULL").fetchone()
            return int(count)

    await play.until(lambda: not due())


async def ends_well(here: World, play: Play, environment: dict[str, str]) -> None:
    """Wait until the refund is made and told, once, and find the trail whole."""
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await play.until(lambda: here.mailbox.messages)
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)
    assert 1 == len(here.mailbox.messages)
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA))
    code, printed, _ = await makegood(environment, "audit", "verify")
    assert (0, True) == (code, "the chain is whole" in printed)


async def test_a_disk_that_fills_up_refuses_decisions_and_goes_on_when_there_is_room(
    here: World, play: Play, environment: dict[str, str], disk: Path
) -> None:
    async with serve(environment) as child:
        here.point_at(await child.serving())
        await ask_for_1250(play)
        await at_rest(play, disk / "makegood.db")
        filler = fill(disk)
        assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
        await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
        sentence = "The disk with the database is full. Nothing was changed; try again in a minute."
        assert [sentence] == play.whispers(SUPPORT_LEADS, PRIYA)
        assert "Waiting for" in str(play.card(SUPPORT_LEADS, PRIYA))
        assert [] == refunds_of(here, cast.LARGE_1250)
        filler.unlink()
        assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
        await ends_well(here, play, environment)


async def test_a_refund_under_way_when_the_disk_fills_up_is_made_once(
    here: World, play: Play, environment: dict[str, str], disk: Path
) -> None:
    async with serve(environment) as child:
        here.point_at(await child.serving())
        await ask_for_1250(play)
        await at_rest(play, disk / "makegood.db")
        here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=1.0))
        assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
        await play.until(lambda: refunds_of(here, cast.LARGE_1250))
        filler = fill(disk)
        child.tell(signal.SIGTERM)
        assert 0 == await child.ended()
    assert "Resolved" not in str(play.card(SUPPORT_LEADS, PRIYA))
    filler.unlink()
    async with serve(environment) as again:
        here.point_at(await again.serving())
        await ends_well(here, play, environment)


_LOCKED = (
    "The file {file}.serving cannot be locked, which keeps a second Makegood from the same database: "
    "Read-only file system. See DATABASE_URL.\n"
)
_CLOSED = (
    "The database cannot be opened: {why}. See DATABASE_URL, and whether its disk is full or read-only.\n"
)


@pytest.mark.parametrize(
    ("trouble", "command", "sentence"),
    [
        (fill, "serve", _CLOSED.format(why="disk I/O error")),
        (fill, "migrate", _CLOSED.format(why="disk I/O error")),
        (make_read_only, "serve", _CLOSED.format(why="unable to open database file")),
        (make_read_only, "migrate", _LOCKED),
    ],
)
async def test_a_start_on_a_disk_that_takes_nothing_is_refused_with_a_sentence(
    environment: dict[str, str],
    disk: Path,
    trouble: Callable[[Path], object],
    command: str,
    sentence: str,
) -> None:
    trouble(disk)
    sentence = sentence.format(file=disk / "makegood.db")
    assert (2, "", sentence) == await makegood(environment, command)


async def test_a_restore_for_which_there_is_no_room_changes_nothing(
    environment: dict[str, str], disk: Path, tmp_path: Path
) -> None:
    file, backup = disk / "makegood.db", tmp_path / "backup.db"
    shutil.copy(file, backup)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("CREATE TABLE large AS SELECT zeroblob(20000000)")
        connection.commit()
    before = tables(file)
    code, printed, complained = await makegood(environment, "restore", str(backup))
    sentence = f"The backup could not be put in the place of {file}: database or disk is full."
    assert (2, "", f"{sentence} Nothing was changed.\n") == (code, printed, complained)
    assert before == tables(file)


def tables(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]

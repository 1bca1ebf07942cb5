"""Starting: a sentence and exit code 2 where the desk could not do its work."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.sandbox.world import World
from bot.store.migrating import HEAD
from tests.children import makegood
from tests.operations.conftest import Command

_OLDER = (
    f"The database is at version 0000 and this Makegood needs {HEAD}. "
    "Make a backup, run “makegood migrate”, then start again.\n"
)
_NEWER = (
    f"The database is at version 9999, which is newer than this Makegood ({HEAD}). "
    "Start the newer Makegood, or restore the backup from before it.\n"
)


@pytest.mark.parametrize(("found", "sentence"), [("0000", _OLDER), ("9999", _NEWER)])
async def test_serving_is_refused_on_older_and_on_newer_tables(
    here: World, database_url: str, found: str, sentence: str
) -> None:
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [found])
    connection.close()
    assert (2, "", sentence) == await makegood(here.environment(database_url), "serve")


async def test_serving_is_refused_where_somebody_else_listens(here: World, database_url: str) -> None:
    taken = here.slack_url.rsplit(":", 1)[-1]
    code, _, complained = await makegood(here.environment(database_url) | {"PORT": taken}, "serve")
    assert 2 == code
    assert (
        f"HOST 127.0.0.1 and PORT {taken} cannot be listened on: Address already in use."
        == (complained.splitlines()[-1])
    )


@pytest.mark.parametrize("arguments", [("serve",), ("migrate",), ("restore", "backup.db")])
async def test_a_lock_that_cannot_be_had_is_said(
    here: World, database_url: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    lock = tmp_path / "makegood.db.serving"
    lock.mkdir()
    sentence = (
        f"The file {lock} cannot be locked, which keeps a second Makegood from the same database: "
        "Is a directory. See DATABASE_URL.\n"
    )
    assert (2, "", sentence) == await makegood(here.environment(database_url), *arguments)


async def test_a_new_database_is_made_where_there_was_no_folder(
    here: World, tmp_path: Path, command: Command
) -> None:
    environment = here.environment(f"sqlite:///{tmp_path / 'a' / 'new' / 'makegood.db'}")
    assert (0, f"The database is at version {HEAD}.\n", "") == await command(environment, "migrate")

"""Starting: a sentence and exit code 2 where the desk could not do its work."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.sandbox.world import World
from bot.store import migrating
from tests.children import makegood
from tests.operations.conftest import Command


async def test_serving_is_refused_on_older_tables(here: World, database_url: str) -> None:
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    code, printed, complained = await makegood(here.environment(database_url), "serve")
    assert (2, "", 1) == (code, printed, complained.count("\n"))
    assert "Make a backup, run “makegood migrate”" in complained


async def test_serving_is_refused_where_somebody_else_listens(here: World, database_url: str) -> None:
    taken = here.slack_url.rsplit(":", 1)[-1]
    code, _, complained = await makegood(here.environment(database_url) | {"PORT": taken}, "serve")
    assert 2 == code
    assert (
        f"HOST 127.0.0.1 and PORT {taken} cannot be listened on: Address already in use."
        == (complained.splitlines()[-1])
    )


async def test_a_new_database_is_made_where_there_was_no_folder(
    here: World, tmp_path: Path, command: Command
) -> None:
    environment = here.environment(f"sqlite:///{tmp_path / 'a' / 'new' / 'makegood.db'}")
    assert (0, f"The database is at version {migrating.HEAD}.\n", "") == await command(environment, "migrate")

"""Migrations: the tables that they make are the models', and no desk serves on any others."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import Session, SQLModel

from bot.errors import ConfigurationError
from bot.store import audit, migrating, telling
from bot.store.engine import Store
from tests.postgres import Postgres
from tests.store.conftest import NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on a database without tables."""
    if request.param == "sqlite":
        made = Store(f"sqlite:///{tmp_path / 'new' / 'makegood.db'}")
    else:
        pg: Postgres = request.getfixturevalue("pg")
        made = Store(pg.empty())
    yield made
    made.close()


def test_the_newest_migration_is_the_one_that_serving_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    assert [migrating.HEAD] == ScriptDirectory.from_config(config).get_heads()


def test_migrations_make_the_tables_that_the_models_describe(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [] == compare_metadata(context, SQLModel.metadata)


def test_migrated_tables_have_the_models_own_constraints(store: Store, tmp_path: Path, pg: Postgres) -> None:
    """What autogenerate does not compare: CHECKs, and the conditions of partial indexes."""
    made = Store(f"sqlite:///{tmp_path / 'made.db'}" if store.sqlite else pg.empty())
    SQLModel.metadata.create_all(made.engine)
    assert constraints(made) == constraints(store)
    assert any("approver_on_record" in one for one in constraints(store))
    made.close()


def constraints(store: Store) -> set[str]:
    if store.sqlite:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
        return {line for sql in rows(store, query) for line in plain(sql) if named(line)}
    checks = (
        "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    )
    indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'"
    return {*rows(store, f"{checks} AND conrelid <> 0"), *rows(store, indexes)}


def named(line: str) -> bool:
    return line.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX", "CONSTRAINT"))


def plain(sql: str) -> list[str]:
    return [" ".join(line.replace('"', "").split()).rstrip(",") for line in sql.split("\n")]


def rows(store: Store, query: str) -> list[str]:
    with store.engine.connect() as connection:
        return [str(one) for one in connection.execute(text(query)).scalars()]


def test_migrating_twice_changes_nothing(store: Store) -> None:
    before = constraints(store)
    migrating.migrate(store.engine)
    migrating.check(store.engine)
    assert before == constraints(store)


def test_two_programs_that_migrate_at_once_do_it_once(empty: Store) -> None:
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(migrating.migrate, empty.engine) for _ in range(2)]:
            done.result()
    migrating.check(empty.engine)


def go_back(store: Store, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_migrations_go_back_to_nothing(store: Store) -> None:
    go_back(store, "base")
    assert set() == constraints(store)


def test_a_trail_that_was_begun_at_an_older_version_is_whole(store: Store) -> None:
    def write(session: Session) -> None:
        audit.record(session, at=NOW, actor="U2", event="approved", kind="case", subject_id="RF-1", detail={})

    for _ in range(3):
        with Session(store.engine) as session, session.begin():
            write(session)
    go_back(store, "0006")
    migrating.migrate(store.engine)
    with Session(store.engine) as session:
        assert ([], 3) == (list(audit.faults(session)), audit.count(session))
        assert not telling.is_behind(session)  # older versions wrote an entry's message beside it


def test_an_empty_database_says_what_to_run(empty: Store) -> None:
    assert refusal(empty) == "The database is empty. Run “makegood migrate” once, then start again."


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            "0000",
            f"is at version 0000 and this Makegood needs {migrating.HEAD}. Make a backup, run",
        ),
        (
            "0099",
            f"is at version 0099, which is newer than this Makegood ({migrating.HEAD}). Start the newer",
        ),
    ],
)
def test_a_database_behind_or_ahead_is_refused(store: Store, found: str, sentence: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    assert sentence in refusal(store)


def refusal(store: Store) -> str:
    with pytest.raises(ConfigurationError) as refused:
        migrating.check(store.engine)
    return str(refused.value)


def test_a_migration_that_fails_half_way_leaves_no_table(tmp_path: Path) -> None:
    path = tmp_path / "makegood.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE seen (name TEXT)")  # the last one that the migration makes
    connection.close()
    store = Store(f"sqlite:///{path}")
    with pytest.raises(ConfigurationError, match="table seen already exists"):
        migrating.migrate(store.engine)
    assert ["seen"] == rows(store, "SELECT name FROM sqlite_master WHERE type = 'table'")
    store.close()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda path: path.write_text("This is a letter and no database." * 100),
            "file is not a database. See DATABASE_URL.",
        ),
        (
            lambda path: path.mkdir(),
            "unable to open database file. See DATABASE_URL, and whether its disk is full or read-only.",
        ),
    ],
)
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, make: Any, sentence: str) -> None:  # noqa: ANN401  # a lambda
    make(tmp_path / "makegood.db")
    store = Store(f"sqlite:///{tmp_path / 'makegood.db'}")
    assert f"The database cannot be opened: {sentence}" == refusal(store)
    store.close()


def test_a_server_that_is_not_there_is_refused_without_its_password(tmp_path: Path) -> None:
    store = Store(f"postgresql+psycopg://desk:very-secret@/makegood?host={tmp_path}")
    said = refusal(store)
    store.close()
    assert said.startswith("The database cannot be opened: connection is bad")
    assert "very-secret" not in said
    assert os.fspath(tmp_path) in said

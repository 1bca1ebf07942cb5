"""Backup and restore of a SQLite file, while it is in use, by SQLite's own online backup."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from bot.errors import ConfigurationError
from bot.store import posts
from bot.store.ended import ENDED
from bot.store.engine import Store


def backup(store: Store, path: Path) -> None:
    """Copy the database to a new file at `path`, as it is at one moment, readable for its owner only.

    Raises ConfigurationError for PostgreSQL, for a file that is there already, and when it cannot be made.
    """
    source = _file(store)
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise ConfigurationError(f"{path} is there already. Choose another name for the backup.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be made: {error.strerror}.") from error
    try:
        _copy(source, path)
        with closing(sqlite3.connect(path)) as made:
            made.execute("PRAGMA journal_mode=DELETE")  # one file, that can be carried about alone
    except sqlite3.Error as error:
        path.unlink()
        raise ConfigurationError(f"The backup was not made: {error}.") from error


def restore(store: Store, path: Path) -> None:
    """Put a backup in the database's place. Nobody may be serving from it.

    Raises ConfigurationError for PostgreSQL, for a file that is no whole backup, and where it cannot be
    written; nothing changes then.
    """
    target = _file(store)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as found:
            verdict = found.execute("PRAGMA integrity_check").fetchone()[0]
            found.execute("SELECT version_num FROM alembic_version")
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path} is not a backup that can be restored: {error}.") from error
    try:
        _copy(path, target)
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"The backup could not be put in the place of {target}: {error}. Nothing was changed."
        ) from error


def redraw_open(session: Session, now: datetime) -> None:
    """Ask for the cards of everything open to be drawn again: Slack shows them as they were later."""
    for table, ended in ENDED.items():
        for subject_id in session.exec(select(table.id).where(col(table.state).not_in(ended))).all():
            posts.redraw(session, subject_id, now)


def _file(store: Store) -> Path:
    if not store.sqlite or not store.url.database:
        raise ConfigurationError(
            "This is for SQLite. Back up PostgreSQL with pg_dump, and restore it with pg_restore."
        )
    return Path(store.url.database)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)

"""Bring the database to the tables of this version, and refuse to serve on any other."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.errors import ConfigurationError
from bot.store.engine import begin_writing

HEAD: Final = "0008"
"""The newest migration; a test compares it with the folder."""


def migrate(engine: Engine) -> None:
    """Run the migrations that the database lacks: all of them or none, one program at a time.

    Raises ConfigurationError when the database cannot be opened or does not take them.
    """
    from alembic import command  # noqa: PLC0415  # serving does not need it, and starts faster without
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with begin_writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DBAPIError as error:
        raise _cannot_be_opened(error) from error


def check(engine: Engine) -> None:
    """Raise ConfigurationError unless the database is exactly at this version's tables."""
    try:
        with engine.connect() as connection:
            known = inspect(connection).has_table("alembic_version")
            found = (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if known
                else None
            )
    except DBAPIError as error:
        raise _cannot_be_opened(error) from error
    if found == HEAD:
        return
    if found is None:
        raise ConfigurationError("The database is empty. Run “makegood migrate” once, then start again.")
    if found < HEAD:
        raise ConfigurationError(
            f"The database is at version {found} and this Makegood needs {HEAD}. "
            "Make a backup, run “makegood migrate”, then start again."
        )
    raise ConfigurationError(
        f"The database is at version {found}, which is newer than this Makegood ({HEAD}). "
        "Start the newer Makegood, or restore the backup from before it."
    )


def _cannot_be_opened(error: DBAPIError) -> ConfigurationError:
    said = " ".join(str(error.orig).split()).rstrip(".?")
    disk = ", and whether its disk is full or read-only" if said in _SAID_OF_DISKS else ""
    return ConfigurationError(f"The database cannot be opened: {said}. See DATABASE_URL{disk}.")


_SAID_OF_DISKS: Final = ("disk I/O error", "unable to open database file")
"""What SQLite says, besides other things, of a disk that is full or read-only."""

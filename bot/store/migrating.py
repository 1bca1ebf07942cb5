"""Bring the database to the tables of this version, and refuse to serve on any other."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from bot.errors import ConfigurationError

HEAD: Final = "0001"
"""The newest migration; a test compares it with the folder."""


def migrate(engine: Engine) -> None:
    """Run the migrations that the database lacks."""
    from alembic import command  # noqa: PLC0415  # serving does not need it, and starts faster without
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
    except OperationalError as error:
        raise ConfigurationError(f"The database cannot be opened: {error.orig}. See DATABASE_URL.") from error
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

"""A store on each of the two databases, migrated and empty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.store.engine import Store
from tests.hearing import hearing
from tests.postgres import Postgres

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty database."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("database_url"))
    pg: Postgres = request.getfixturevalue("pg")
    return pg.migrated()


@pytest.fixture
def sent() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that a store has sent, with its first values; ask for it before the store."""
    statements: list[tuple[str, Any]] = []
    with hearing(lambda sql, each: statements.append((sql, each[0]))):
        yield statements


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    made.close()

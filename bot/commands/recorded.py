"""The cases that the database has recorded, for `makegood policy replay`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from bot.settings import read_settings
from bot.store import cases, migrating
from bot.store.engine import Store
from policy import wire
from policy.replay import RecordedCase


def recorded(since: datetime | None) -> Iterator[RecordedCase]:
    """Yield the cases opened at or after `since`, with the facts and the ruling of then."""
    store = Store(read_settings().database_url.get_secret_value())
    try:
        migrating.check(store.engine)
        with Session(store.engine) as session:
            for case in cases.recorded(session, since):
                ruling = wire.ruling_from_dict(case.ruling)
                yield RecordedCase(
                    id=case.id,
                    facts=wire.facts_from_dict(case.facts),
                    now=ruling.ruled_at,
                    ruling=ruling,
                )
    finally:
        store.close()

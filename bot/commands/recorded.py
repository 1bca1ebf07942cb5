"""The cases that the database has recorded, for `makegood policy replay`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.commands.reading import database
from bot.store import cases
from policy import wire
from policy.replay import RecordedCase


def recorded(since: datetime | None) -> Iterator[RecordedCase]:
    """Yield the cases opened at or after `since`, with the facts and the ruling of then."""
    with database() as session:
        for case in cases.recorded(session, since):
            ruling = wire.ruling_from_dict(case.ruling)
            yield RecordedCase(
                id=case.id,
                facts=wire.facts_from_dict(case.facts),
                now=ruling.ruled_at,
                ruling=ruling,
            )

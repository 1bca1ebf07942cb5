"""The trail: each entry chained to the one before; what is taken out or changed is found and named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from bot.store import audit, posts
from bot.store.engine import Store
from bot.store.tables import Audit, Seen
from tests.store.conftest import NOW


@pytest.fixture
async def trail(store: Store) -> Store:
    """Six entries about two cases; the last one is told in a thread."""
    for number in range(1, 7):
        await store.write(partial(note, number=number))
    return store


def note(session: Session, number: int) -> None:
    about = f"RF-{number % 2}"
    audit.record(
        session,
        at=NOW + timedelta(minutes=number),
        actor="U1",
        event="requested",
        kind="case",
        subject_id=about,
        detail={"amount": f"{number}.00 USD", "who": {"name": "Renée"}},
    )
    if number == 6:
        posts.ask(
            session,
            kind="trail",
            subject_kind="case",
            subject_id=about,
            purpose="trail:6",
            place="leads",
            at=NOW,
        )


async def found(store: Store) -> list[str]:
    return await store.read(lambda session: list(audit.faults(session)))


async def run(store: Store, *statements: str) -> None:
    def write(session: Session) -> None:
        for statement in statements:
            session.execute(text(statement))

    await store.write(write)


async def test_a_trail_that_nobody_touched_is_whole(trail: Store) -> None:
    assert [] == await found(trail)
    number, _ = await trail.read(audit.last)
    assert 6 == number == await trail.read(audit.count)


async def test_an_empty_trail_is_whole(store: Store) -> None:
    assert [] == await found(store)
    assert (0, audit.BEGINNING) == await store.read(audit.last)


_DONE_TO_IT = (
    ("UPDATE audit SET actor = 'U2' WHERE number = 3", ["Entry 3 was changed after it was written."]),
    ("UPDATE audit SET event = 'denied' WHERE number = 6", ["Entry 6 was changed after it was written."]),
    (
        """UPDATE audit SET detail = '{"amount":"9.00 USD"}' WHERE number = 2""",
        ["The detail of entry 2 was changed after it was written."],
    ),
    (
        "UPDATE audit SET detail = '{}', salt = '' WHERE number = 2",
        ["The detail of entry 2 is gone, and no entry says that it was erased."],
    ),
    (
        "UPDATE audit SET salt = '' WHERE number = 2",
        ["The detail of entry 2 was changed after it was written."],
    ),
    ("DELETE FROM audit WHERE number = 4", ["Entry 4 is missing: entry 5 follows 3."]),
    ("DELETE FROM audit WHERE number < 3", ["Entries 1 to 2 are missing: entry 3 follows 0."]),
    ("DELETE FROM audit WHERE number = 6", ["Entry 6 is missing: the trail was written up to entry 6."]),
    (
        "DELETE FROM audit WHERE number > 4",
        ["Entries 5 to 6 are missing: the trail was written up to entry 6."],
    ),
    ("DELETE FROM audit", ["Entries 1 to 6 are missing: the trail was written up to entry 6."]),
    (
        "DELETE FROM seen WHERE name = 'audit_head'",
        ["The mark of the newest entry is gone, so nobody can tell whether newer ones are missing."],
    ),
    (
        "UPDATE seen SET value = '6 0' WHERE name = 'audit_head'",
        ["Entry 6 is not the one that was written."],
    ),
)


async def test_a_thread_tells_of_an_entry_that_is_gone_with_its_mark(trail: Store) -> None:
    await run(
        trail,
        "DELETE FROM audit WHERE number = 6",
        "UPDATE seen SET value = (SELECT number || ' ' || hash FROM audit WHERE number = 5) "
        "WHERE name = 'audit_head'",
    )
    assert ["Entry 6 is missing: the thread of RF-0 tells it, and the trail ends before."] == await found(
        trail
    )


class UndoneError(Exception):
    """Undoes the transaction that raised it, and brings out what was found in it."""


async def test_what_was_done_to_it_is_named(trail: Store) -> None:
    for statement, sentences in _DONE_TO_IT:
        with pytest.raises(UndoneError) as found_then:
            await trail.write(partial(tamper, statement=statement))
        assert sentences == found_then.value.args[0]
    assert [] == await found(trail)


def tamper(session: Session, statement: str) -> None:
    session.execute(text(statement))
    raise UndoneError(list(audit.faults(session)))


async def test_entries_in_another_order_are_named(trail: Store) -> None:
    await run(
        trail,
        "UPDATE audit SET number = 99 WHERE number = 2",
        "UPDATE audit SET number = 2 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 99",
    )
    assert [
        "Entry 2 does not follow the entry before it.",
        "Entry 2 was changed after it was written.",
        "Entry 3 does not follow the entry before it.",
        "Entry 3 was changed after it was written.",
        "Entry 4 does not follow the entry before it.",
    ] == await found(trail)


async def test_an_entry_taken_out_and_the_rest_moved_up_is_found(trail: Store) -> None:
    await run(
        trail,
        "DELETE FROM audit WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 5",
        "UPDATE audit SET number = 5 WHERE number = 6",
    )
    assert "Entry 4 does not follow the entry before it." in await found(trail)
    assert "Entry 5 was changed after it was written." in await found(trail)


async def test_entries_written_at_once_by_two_processes_make_one_chain(trail: Store, url: str) -> None:

    other = Store(url)
    both: list[Callable[[Callable[[Session], Any]], Any]] = [trail.write, other.write]
    await asyncio.gather(*(both[n % 2](partial(note, number=n)) for n in range(10, 60)))
    other.close()
    assert [] == await found(trail)
    assert 56 == await trail.read(audit.count)


async def test_a_trail_that_was_written_before_stays_whole(store: Store) -> None:
    """What a hash is made of is written down here as it was: another library must not write it otherwise."""
    detail = {"b": 1, "a": "Zoë “x”\n", "n": None, "t": True, "l": [1, "é"], "f": 1.5, "m": {"z": 1, "é": 2}}
    own = "8bf43f82f7fd27e006d0e23cd8b5640b88e70a9715542e730d57d8f245851379"

    def write(session: Session) -> None:
        entry = Audit(
            number=1,
            at=datetime(2026, 11, 30, 10, 30, 18, 859595, tzinfo=UTC),
            actor="U1",
            event="approved",
            subject_kind="case",
            subject_id="RF-0",
            detail=detail,
            salt="9af05a7e00394f4ad3ad5f1f19033947",
            digest="0a61e18d09f8977332f745f9e3786d11e2c4291ea282a8237db785bc75104580",
            before=audit.BEGINNING,
            hash=own,
        )
        session.add_all([entry, Seen(name="audit_head", value=f"1 {own}")])

    await store.write(write)
    assert [] == await store.read(lambda session: list(audit.faults(session)))

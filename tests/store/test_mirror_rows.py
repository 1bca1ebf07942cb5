"""The mirror's rows: older readings never win, marks are never lost, and every look goes by an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlmodel import Session

from bot.store import escalations, mirror
from bot.store.engine import Store
from bot.store.mirror import Copy
from bot.store.tables import Mirrored
from bot.store.work import LEASE
from tests.store.conftest import NOW

MINUTE = timedelta(minutes=1)


def charge(status: str = "succeeded", **changed: Any) -> Copy:  # noqa: ANN401  # a column's value
    values: dict[str, Any] = {"customer_id": "cus_1", "amount_minor": 4900, "currency": "USD"}
    return Copy("ch_1", "charge", NOW - MINUTE, status=status, **values | changed)


async def row(store: Store, object_id: str = "ch_1") -> Mirrored:
    found = await store.read(lambda session: session.get(Mirrored, object_id))
    assert found is not None
    return found


async def test_an_older_reading_never_overwrites_a_newer_one(store: Store) -> None:
    await store.write(lambda session: mirror.write(session, charge("failed"), NOW))
    await store.write(lambda session: mirror.write(session, charge("pending"), NOW - MINUTE))
    assert ("failed", NOW) == ((await row(store)).status, (await row(store)).read_at)
    await store.write(lambda session: mirror.write(session, charge("succeeded"), NOW))
    assert "succeeded" == (await row(store)).status


async def test_marking_twice_is_marking_once_and_keeps_what_is_known(store: Store) -> None:
    await store.write(lambda session: mirror.write(session, charge("failed"), NOW))
    for at in (NOW, NOW + MINUTE):
        await store.write(partial(mirror.mark, object_id="ch_1", kind="charge", now=at))
    found = await row(store)
    assert ("failed", NOW + MINUTE) == (found.status, found.due_at)


async def test_what_happens_while_an_object_is_read_lets_it_be_read_again(store: Store) -> None:
    await store.write(lambda session: mirror.mark(session, "ch_1", "charge", NOW))
    (taken,) = await store.write(lambda session: mirror.take_due(session, NOW))
    assert [] == await store.write(lambda session: mirror.take_due(session, NOW))
    await store.write(lambda session: mirror.mark(session, "ch_1", "charge", NOW + MINUTE / 2))
    await store.write(lambda session: mirror.write(session, charge(), NOW, taken_until=taken.due_at))
    assert NOW + MINUTE / 2 == (await row(store)).due_at
    (again,) = await store.write(lambda session: mirror.take_due(session, NOW + MINUTE))
    await store.write(lambda session: mirror.write(session, charge(), NOW + MINUTE, taken_until=again.due_at))
    found = await row(store)
    assert (None, 0, "succeeded") == (found.due_at, found.tried, found.status)


async def test_whoever_dies_while_reading_leaves_it_to_the_next(store: Store) -> None:
    await store.write(lambda session: mirror.mark(session, "ch_1", "charge", NOW))
    await store.write(lambda session: mirror.take_due(session, NOW))
    later = NOW + LEASE
    assert [] == await store.write(lambda session: mirror.take_due(session, later - MINUTE / 60))
    assert ["ch_1"] == [one.id for one in await store.write(lambda session: mirror.take_due(session, later))]


async def test_what_was_erased_is_never_read_back(store: Store) -> None:
    who = Copy("cus_1", "customer", NOW, customer_id="cus_1", email="dana@harborbooks.example", name="Dana")
    paid = charge(last4="4242", fingerprint="print")
    for copy in (who, paid):
        await store.write(partial(mirror.write, copy=copy, read_at=NOW))
    assert 2 == await store.write(lambda session: mirror.erase(session, "cus_1", NOW))
    assert 0 == await store.write(lambda session: mirror.erase(session, "cus_1", NOW))
    for copy in (who, paid):
        await store.write(partial(mirror.write, copy=copy, read_at=NOW + MINUTE))
        await store.write(partial(mirror.mark, object_id=copy.id, kind=copy.kind, now=NOW))
    found = [await row(store, one) for one in ("cus_1", "ch_1")]
    assert [("", "", "", "", None)] * 2 == [
        (one.email, one.name, one.last4, one.fingerprint, one.due_at) for one in found
    ]
    assert 4900 == found[1].amount_minor


async def test_what_is_first_read_after_the_erasure_comes_in_blank(store: Store) -> None:
    assert 0 == await store.write(lambda session: mirror.erase(session, "cus_1", NOW))
    who = Copy("cus_1", "customer", NOW, customer_id="cus_1", email="dana@harborbooks.example", name="Dana")
    for copy in (who, charge(last4="4242", fingerprint="print")):
        await store.write(partial(mirror.write, copy=copy, read_at=NOW + MINUTE))
    found = [await row(store, one) for one in ("cus_1", "ch_1")]
    assert [("", "", "", "")] * 2 == [(one.email, one.name, one.last4, one.fingerprint) for one in found]


def many(session: Session) -> None:
    """Three thousand charges of as many customers, and a few of everything else."""
    rows = [
        {
            "id": f"ch_{number}",
            "kind": "charge",
            "customer_id": f"cus_{number}",
            "charge_id": "",
            "status": "failed" if number % 20 == 0 else "succeeded",
            "amount_minor": 4900,
            "currency": "USD",
            "created_at": NOW - number * MINUTE,
            "email": "",
            "name": "",
            "last4": f"{number:04d}",
            "fingerprint": f"print{number}",
            "brand": "visa",
            "country": "US",
            "decline_code": "",
            "price": "",
            "digest": "",
            "gone": False,
            "erased": False,
            "read_at": NOW,
            "tried": 0,
            "due_at": None,
        }
        for number in range(3000)
    ]
    session.connection().execute(insert(Mirrored), rows)


def window(session: Session) -> object:
    return mirror.attempts(session, NOW - 30 * MINUTE, NOW)


def counted(session: Session) -> object:
    return mirror.count_attempts(session, NOW - 60 * MINUTE, NOW)


def test_a_digest_stays_what_it_was() -> None:
    """Else the first comparison after an update would find everything different."""
    copy = Copy("ch_1", "charge", NOW, name="Zoë “x”", amount_minor=4900)
    assert "d3a2e5a4c4324f5e25f4cc7a" == copy.digest


@pytest.mark.parametrize(
    "look",
    [
        window,
        counted,
        mirror.oldest_attempt,
        lambda session: mirror.by_last4(session, "0042"),
        lambda session: mirror.on_card(session, "print42", "0042", NOW),
        lambda session: mirror.on_card(session, "", "0042", NOW),
        lambda session: mirror.prices(session, ["cus_1", "cus_2"]),
        lambda session: mirror.since(session, "charge", NOW - 60 * MINUTE),
        lambda session: mirror.in_states(session, "invoice", ["open"]),
        lambda session: mirror.count_of(session, "cus_1"),
        lambda session: mirror.take_due(session, NOW),
        lambda session: escalations.live(session, "stripe_sync_error", "clock"),
    ],
)
async def test_every_look_goes_by_an_index(
    sent: list[tuple[str, Any]], store: Store, look: Callable[[Session], object]
) -> None:
    await store.write(many)
    with store.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    assert [] == await store.write(lambda session: scans(session, look, sent))


def scans(session: Session, look: Callable[[Session], object], sent: list[tuple[str, Any]]) -> list[str]:
    """Return the steps that read a whole table for what `look` asks."""
    sent.clear()
    look(session)
    asked = sent.copy()
    steps = []
    for sql, values in asked:
        if session.connection().dialect.name == "sqlite":
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            steps += [str(one[-1]) for one in plan if str(one[-1]).startswith("SCAN")]
        else:
            session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = session.connection().exec_driver_sql(f"EXPLAIN {sql}", values)
            steps += [str(one[0]) for one in plan if "Seq Scan" in str(one[0])]
    assert asked
    return [step for step in steps if "USING" not in step]


async def test_the_window_counts_what_it_holds(store: Store) -> None:
    await store.write(many)
    start: datetime = NOW - 59.5 * MINUTE
    counts = await store.read(lambda session: mirror.count_attempts(session, start, NOW + MINUTE))
    assert {"failed": 3, "succeeded": 57} == counts
    newest = await store.read(lambda session: mirror.attempts(session, start, NOW + MINUTE, 2))
    assert ["ch_0", "ch_1"] == [one.id for one in newest]

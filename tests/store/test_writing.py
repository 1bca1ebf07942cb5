"""The writer: grouped commits, each transaction for itself, durable before anybody hears of it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from bot.errors import ConfigurationError, StoreUnavailableError
from bot.store.engine import Store
from bot.store.group import RowName
from bot.store.tables import Case, Seen
from tests.postgres import Postgres
from tests.store.conftest import NOW
from tests.store.rows import add, case


def mark(name: str, value: str = "") -> Callable[[Session], None]:
    return lambda session: add(session, Seen(name=name, value=value))


def marks_of(*names: str) -> list[tuple[Callable[[Session], None], None]]:
    return [(mark(name), None) for name in names]


def marks(session: Session) -> list[str]:
    return sorted(session.exec(select(Seen.name)))


@asynccontextmanager
async def held_up(store: Store) -> AsyncIterator[None]:
    """Keep the writer busy, so that what is written meanwhile becomes one group."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_session: Session) -> None:
        begun.set()
        go_on.wait(10)

    holding = asyncio.ensure_future(store.write(wait))
    await asyncio.to_thread(begun.wait, 10)
    try:
        yield
    finally:
        go_on.set()
        await holding


async def all_at_once(
    store: Store, *transactions: tuple[Callable[[Session], Any], RowName | None]
) -> list[Any]:
    """Write them as one group, each with the row that it is about; return what each returned or raised."""
    async with held_up(store):
        writes = [
            asyncio.ensure_future(store.write(one, *([about] if about else [])))
            for one, about in transactions
        ]
        await asyncio.sleep(0)  # each takes its place in the queue
    return await asyncio.gather(*writes, return_exceptions=True)


@contextmanager
def counted_commits(store: Store) -> Iterator[list[None]]:
    commits: list[None] = []

    def count(_connection: object) -> None:
        commits.append(None)

    event.listen(store.engine, "commit", count)
    yield commits
    event.remove(store.engine, "commit", count)


async def test_what_waits_together_is_committed_together(store: Store) -> None:
    with counted_commits(store) as commits:
        await all_at_once(store, *marks_of(*(f"m{n}" for n in range(10))))
    assert [f"m{n}" for n in range(10)] == await store.read(marks)
    assert 2 == len(commits)


async def test_one_that_fails_takes_nothing_of_its_neighbours_with_it(store: Store) -> None:
    await store.write(mark("there"))

    def half(session: Session) -> None:
        add(session, Seen(name="half", value=""))
        raise LookupError("on purpose")

    results = await all_at_once(
        store, *marks_of("before"), (half, None), *marks_of("between", "there", "after")
    )
    assert [type(None), LookupError, type(None), IntegrityError, type(None)] == [type(one) for one in results]
    assert ["after", "before", "between", "there"] == await store.read(marks)


async def test_an_error_of_the_database_does_not_repeat_the_values(store: Store) -> None:
    await store.write(mark("one", "dana@harborbooks.example"))
    with pytest.raises(IntegrityError) as refusal:
        await store.write(mark("one", "dana@harborbooks.example"))
    assert "harborbooks" not in str(refusal.value)


async def test_a_caller_hears_of_it_only_after_the_commit(store: Store) -> None:
    order: list[str] = []

    def committed(_connection: object) -> None:
        order.append("committed")

    event.listen(store.engine, "commit", committed)
    await store.write(mark("one"))
    order.append("heard")
    event.remove(store.engine, "commit", committed)
    assert ["committed", "heard"] == order


async def test_a_caller_who_gives_up_in_the_queue_changes_nothing_and_stops_nobody(store: Store) -> None:
    async with held_up(store):
        given_up = asyncio.ensure_future(store.write(mark("given up")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
    await store.write(mark("next"))
    assert ["next"] == await store.read(marks)


async def test_a_caller_who_gives_up_while_it_is_written_stops_nobody(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        begun.set()
        go_on.wait(10)
        add(session, Seen(name="slow", value=""))

    given_up = asyncio.ensure_future(store.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    go_on.set()
    await store.write(mark("next"))
    assert ["next", "slow"] == await store.read(marks)


async def test_a_row_can_be_used_after_the_transaction_that_wrote_it(store: Store) -> None:
    def write(session: Session) -> Case:
        found = case(1, NOW)
        add(session, found)
        return found

    assert ("RF-1", 1, NOW) == ((one := await store.write(write)).id, one.version, one.opened_at)


def test_sqlite_is_durable_and_patient_for_less_than_slack_waits(database_url: str) -> None:
    store = Store(database_url)
    with store.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    store.close()
    assert {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2000} == found


def test_postgresql_is_patient_for_less_than_slack_waits(pg: Postgres) -> None:
    store = Store(pg.migrated())
    with store.engine.connect() as connection:
        found = {
            name: connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")
        }
    store.close()
    assert {
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "10s",
        "synchronous_commit": "on",
    } == found


async def test_a_database_that_another_program_holds_is_busy_and_free_again(store: Store) -> None:
    with held_by_another(store), pytest.raises(StoreUnavailableError) as refusal:
        await store.write(mark("refused"))
    assert "The database is busy with another program. Nothing was changed; try again in a minute." == str(
        refusal.value
    )
    await store.write(mark("taken"))
    assert ["taken"] == await store.read(marks)


@contextmanager
def held_by_another(store: Store) -> Iterator[None]:
    """Another program that writes and does not come to an end."""
    if store.sqlite:
        other = sqlite3.connect(str(store.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()
        return
    address = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7021954)")
        yield


async def test_a_connection_lost_in_mid_transaction_leaves_no_trace(pg: Postgres) -> None:
    store = Store(pg.migrated())

    def cut_off(session: Session) -> None:
        add(session, Seen(name="lost", value=""))
        pg.cut_off(str(store.url))
        add(session, Seen(name="never", value=""))

    results = await all_at_once(store, *marks_of("beside"), (cut_off, None))
    assert ["The database could not be reached. Nothing was changed; try again in a minute."] * 2 == [
        str(one) for one in results
    ]
    await store.write(mark("again"))
    assert ["again"] == await store.read(marks)
    store.close()


async def test_an_answer_lost_at_the_commit_is_not_called_unchanged(pg: Postgres) -> None:
    store = Store(pg.migrated())

    def cut_off(_connection: object) -> None:
        pg.cut_off(str(store.url))

    event.listen(store.engine, "commit", cut_off)
    with pytest.raises(StoreUnavailableError) as refusal:
        await store.write(mark("lost"))
    event.remove(store.engine, "commit", cut_off)
    assert str(refusal.value).startswith("The database's answer was lost, so this may be recorded or not.")
    await store.write(mark("again"))
    assert ["again"] == await store.read(marks)
    store.close()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nonsense", "DATABASE_URL is not the address of a database."),
        ("postgres://desk:secret@db/makegood", "DATABASE_URL begins with postgres, which Makegood does not"),
        ("mysql://desk:secret@db/makegood", "DATABASE_URL begins with mysql, which Makegood does not know."),
        ("sqlite:////proc/none/makegood.db", "The database's folder /proc/none cannot be made"),
    ],
)
def test_an_address_that_cannot_be_used_says_so_without_its_password(address: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Store(address)
    assert str(refusal.value).startswith(sentence)
    assert "secret" not in str(refusal.value)


async def test_a_connection_that_the_database_has_closed_meanwhile_costs_no_transaction(pg: Postgres) -> None:
    store = Store(pg.migrated())
    await store.write(mark("one"))
    assert pg.cut_off(str(store.url)) > 0
    await store.write(mark("two"))
    assert ["one", "two"] == await store.read(marks)
    store.close()

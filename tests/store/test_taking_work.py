"""Work that is due: taken by one, left until the lease is over; messages drawn until they are as wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from bot.store import posts, work
from bot.store.engine import Store
from bot.store.tables import Case, Operation, Post
from tests.store.conftest import NOW
from tests.store.rows import add, case, operation


async def test_of_two_takers_one_has_it(store: Store, url: str) -> None:
    other = Store(url)
    await store.write(lambda session: add(session, operation(1, "RF-1", NOW)))
    seen = await asyncio.gather(*(one.read(first_due) for one in (store, other)))
    took = await asyncio.gather(
        *(one.write(partial(take, row)) for one, row in zip((store, other), seen, strict=True))
    )
    other.close()
    assert [False, True] == sorted(took)
    found = await store.read(lambda session: session.get(Operation, "OP-1"))
    assert found is not None
    assert (2, NOW + work.LEASE) == (found.sent, found.due_at)


def take(row: Operation, session: Session) -> bool:
    return work.take(session, row, NOW, sent=row.sent + 1)


def first_due(session: Session) -> Operation:
    (row,) = work.due(session, Operation, NOW)
    return row


async def test_what_was_taken_is_due_again_after_the_lease(store: Store) -> None:
    await store.write(lambda session: add(session, operation(1, "RF-1", NOW)))

    def take_at(at: datetime) -> Callable[[Session], bool]:
        def transaction(session: Session) -> bool:
            row = session.get(Operation, "OP-1")
            return row is not None and work.take(session, row, at)

        return transaction

    assert await store.write(take_at(NOW))
    assert not await store.write(take_at(NOW + work.LEASE - timedelta(seconds=1)))
    assert await store.write(take_at(NOW + work.LEASE))


async def test_what_is_longest_due_comes_first_and_what_is_not_due_does_not_come(store: Store) -> None:
    late, later = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    await store.write(
        lambda session: add(
            session,
            case(1, NOW, due_at=later),
            case(2, NOW, due_at=late),
            case(3, NOW, due_at=NOW + timedelta(seconds=1)),
            case(4, NOW),
        )
    )
    found = await store.read(lambda session: [row.id for row in work.due(session, Case, NOW)])
    assert ["RF-2", "RF-1"] == found


def ask(session: Session, purpose: str = "card", kind: str = "card") -> None:
    posts.ask(
        session, kind=kind, subject_kind="case", subject_id="RF-1", purpose=purpose, place="leads", at=NOW
    )


async def taken(store: Store, at: datetime = NOW) -> list[Post]:
    return list(await store.write(lambda session: posts.take_due(session, "RF-1", at)))


async def drawn(store: Store, post: Post, at: datetime = NOW) -> None:
    await store.write(lambda session: posts.drawn(session, post, channel="C1", ts="1.1", now=at))


async def test_a_message_that_stands_as_wanted_is_not_drawn_again(store: Store) -> None:
    await store.write(ask)
    (post,) = await taken(store)
    assert [] == await taken(store)
    await drawn(store, post)
    assert [] == await taken(store, NOW + timedelta(days=1))
    (found,) = await store.read(lambda session: posts.of_subject(session, "RF-1"))
    assert (1, 1, 0, None) == (found.wanted, found.drawn, found.tried, found.due_at)


async def test_a_change_while_a_message_is_drawn_draws_it_again(store: Store) -> None:
    await store.write(ask)
    (post,) = await taken(store)
    await store.write(lambda session: posts.redraw(session, "RF-1", NOW))
    await drawn(store, post)
    (again,) = await taken(store)
    assert (2, 1, "1.1") == (again.wanted, again.drawn, again.ts)
    await drawn(store, again)
    assert [] == await taken(store, NOW + timedelta(days=1))


async def test_only_cards_are_redrawn_and_messages_come_in_the_order_they_were_asked_for(
    store: Store,
) -> None:
    for purpose, kind in (("card", "card"), ("trail:1", "trail"), ("requester", "card")):
        await store.write(partial(ask, purpose=purpose, kind=kind))
    first = await taken(store)
    assert ["card", "trail:1", "requester"] == [post.purpose for post in first]
    for post in first:
        await drawn(store, post)
    await store.write(lambda session: posts.redraw(session, "RF-1", NOW))
    assert ["card", "requester"] == [post.purpose for post in await taken(store)]


async def test_a_message_that_somebody_else_draws_is_left_to_them(store: Store, url: str) -> None:
    other = Store(url)
    await store.write(ask)
    found = await asyncio.gather(*(taken(one) for one in (store, other)))
    other.close()
    assert [0, 1] == sorted(map(len, found))

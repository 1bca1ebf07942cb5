"""What Slack is to show follows from the trail: each entry once, in its order, whoever wrote it."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from sqlmodel import Session

from bot.store import audit, posts, telling
from bot.store.engine import Store
from tests.store.conftest import NOW


@pytest.fixture
async def store(store: Store) -> Store:
    """A store with the cards of two cases, the first of which the requester has too."""
    for case_id, purpose in (("RF-1", "card"), ("RF-1", "requester"), ("RF-2", "card")):
        await store.write(partial(ask_for_card, case_id=case_id, purpose=purpose))
    return store


def ask_for_card(session: Session, case_id: str, purpose: str) -> None:
    posts.ask(
        session, kind="card", subject_kind="case", subject_id=case_id, purpose=purpose, place="leads", at=NOW
    )


def record(session: Session, event: str, case_id: str = "RF-1", *, in_thread: bool = True) -> None:
    audit.record(
        session,
        at=NOW,
        actor="U2",
        event=event,
        kind="case",
        subject_id=case_id,
        detail={"note": f"about {event}"},
        in_thread=in_thread,
    )


async def lines(store: Store, case_id: str = "RF-1") -> list[str]:
    found = await store.read(lambda session: posts.of_subject(session, case_id))
    return [f"{one.purpose} {one.detail['event']}" for one in found if one.kind == "trail"]


async def wanted(store: Store, case_id: str = "RF-1") -> list[int]:
    found = await store.read(lambda session: posts.of_subject(session, case_id))
    return [one.wanted for one in found if one.kind == "card"]


async def test_each_entry_becomes_a_line_once_in_the_order_of_the_trail(store: Store) -> None:
    for event, case_id in (("question_asked", "RF-1"), ("denied", "RF-2"), ("approved", "RF-1")):
        await store.write(partial(record, event=event, case_id=case_id))
    assert [] == await lines(store)
    for _ in range(2):
        await store.write(telling.tell)
    assert ["trail:1 question_asked", "trail:3 approved"] == await lines(store)
    assert ["trail:2 denied"] == await lines(store, "RF-2")
    await store.write(partial(record, event="refund_sent"))
    await store.write(telling.tell)
    assert ["trail:1 question_asked", "trail:3 approved", "trail:4 refund_sent"] == await lines(store)


async def test_a_line_says_who_did_it_when_and_what_they_wrote_and_goes_under_the_card(store: Store) -> None:
    await store.write(partial(record, event="denied"))
    await store.write(telling.tell)
    *_, line = await store.read(lambda session: posts.of_subject(session, "RF-1"))
    assert {"event": "denied", "actor": "U2", "note": "about denied"} == line.detail
    assert ("card", "leads", NOW, NOW) == (line.under, line.place, line.created_at, line.due_at)


async def test_the_cards_of_what_something_happened_to_are_drawn_anew_once(store: Store) -> None:
    await store.write(partial(record, event="approved"))
    await store.write(partial(record, event="refund_sent"))
    await store.write(telling.tell)
    assert ([2, 2], [1]) == (await wanted(store), await wanted(store, "RF-2"))


async def test_what_no_thread_is_to_tell_is_passed_over(store: Store) -> None:
    await store.write(partial(record, event="click_refused", in_thread=False))
    assert await store.read(telling.is_behind)
    await store.write(telling.tell)
    assert not await store.read(telling.is_behind)
    assert ([], [1, 1]) == (await lines(store), await wanted(store))


async def test_what_has_no_card_has_no_thread_and_holds_up_nobody(store: Store) -> None:
    await store.write(partial(record, event="approved", case_id="RF-3"))
    await store.write(partial(record, event="approved"))
    await store.write(telling.tell)
    assert ([], ["trail:2 approved"]) == (await lines(store, "RF-3"), await lines(store))


async def test_what_one_transaction_records_it_can_tell(store: Store) -> None:
    def both(session: Session) -> None:
        record(session, "approved")
        telling.tell(session)

    await store.write(both)
    assert ["trail:1 approved"] == await lines(store)


async def test_two_processes_that_tell_at_once_say_it_once(store: Store, url: str) -> None:
    other = Store(url)
    await store.write(partial(record, event="approved"))
    await asyncio.gather(*(one.write(telling.tell, *telling.READ_AHEAD) for one in (store, other)))
    other.close()
    assert (["trail:1 approved"], [2, 2]) == (await lines(store), await wanted(store))

"""What the tables themselves refuse, and how times are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import select

from bot.store import cases
from bot.store.engine import Store
from bot.store.tables import Case
from bot.store.work import change
from policy.lifecycle import BUSY_CASE_STATES, CaseState
from tests.store.conftest import NOW
from tests.store.rows import add, case, ledger, operation


async def refused(store: Store, *rows: Any) -> bool:  # noqa: ANN401  # rows of any table
    try:
        await store.write(lambda session: add(session, *rows))
    except IntegrityError:
        return True
    return False


async def test_no_more_is_given_back_than_was_reserved(store: Store) -> None:
    assert await refused(store, ledger("ch_1", reserved_minor=-1))
    assert not await refused(store, ledger("ch_1"))


async def test_a_charge_has_one_case_that_waits_or_pays(store: Store) -> None:
    taken = {}
    for number, state in enumerate(CaseState):
        assert not await refused(store, case(number, NOW, state=state))
        taken[state] = await refused(store, case(number + 100, NOW, charge_id=f"ch_{number}"))
    assert {state: state in BUSY_CASE_STATES for state in CaseState} == taken


async def test_a_case_has_one_live_operation(store: Store) -> None:
    live = {"executing": True, "unknown": True, "later": True, "settling": True}
    over = {"done": False, "refused": False, "failed": False, "given_up": False}
    taken = {}
    for number, state in enumerate(live | over):
        assert not await refused(store, operation(number, f"RF-{number}", NOW, state=state))
        taken[state] = await refused(store, operation(number + 100, f"RF-{number}", NOW))
    assert live | over == taken


async def test_a_stripe_refund_belongs_to_one_operation(store: Store) -> None:
    await store.write(lambda session: add(session, operation(1, "RF-1", NOW, refund_id="re_1")))
    assert await refused(store, operation(2, "RF-2", NOW, refund_id="re_1"))
    assert await refused(store, operation(3, "RF-3", NOW, idempotency_key="key-1"))


async def test_a_case_that_needs_an_approver_does_not_close_without_one(store: Store) -> None:
    rows = [
        case(1, NOW, needs_approver=True, decided_by=""),
        case(2, NOW, needs_approver=True, decided_by="U2"),
        case(3, NOW, needs_approver=False, decided_by=""),
    ]
    await store.write(lambda session: add(session, *rows))

    async def closes(row: Case) -> bool:
        try:
            await store.write(lambda session: change(session, row, state="closed"))
        except IntegrityError:
            return False
        return True

    assert [False, True, True] == [await closes(row) for row in rows]
    assert "awaiting" == (await stored(store)).state


async def stored(store: Store) -> Case:
    found = await store.read(lambda session: cases.get(session, "RF-1"))
    assert found is not None
    return found


async def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    berlin = datetime(2026, 3, 29, 3, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    await store.write(lambda session: add(session, case(1, berlin)))
    found = (await stored(store)).opened_at
    assert ("2026-03-29T01:30:15.123456+00:00", UTC) == (found.isoformat(), found.tzinfo)


async def test_times_are_compared_as_moments(store: Store) -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=2)))
    await store.write(lambda session: add(session, case(1, berlin)))

    def since(at: datetime) -> Callable[[Any], int]:
        return lambda session: len(session.exec(select(Case).where(Case.opened_at >= at)).all())

    assert 1 == await store.read(since(NOW))
    assert 0 == await store.read(since(NOW + timedelta(microseconds=1)))


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="a time without a zone has no place in a row"):
        await store.write(lambda session: add(session, case(1, NOW.replace(tzinfo=None))))


async def test_large_amounts_fit(store: Store) -> None:
    amount = 10**15
    await store.write(lambda session: add(session, case(1, NOW, amount_minor=amount)))
    assert amount == (await stored(store)).amount_minor

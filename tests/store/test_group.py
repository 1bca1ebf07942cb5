"""What transactions of one group send together, and that none of them sees or does anything else for it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from bot.desk.record import move
from bot.store import audit, posts
from bot.store.engine import Store
from bot.store.group import RowMovedError
from bot.store.statements import add, change_guarded, fetch
from bot.store.tables import Audit, Case, Seen
from tests.store import rows
from tests.store.conftest import NOW
from tests.store.test_writing import all_at_once


@pytest.fixture
async def cases(store: Store) -> list[str]:
    """Twenty cases that wait, each with its card."""
    made = [rows.case(number, NOW) for number in range(20)]

    def write(session: Session) -> None:
        for one in made:
            posts.ask(
                session,
                kind="card",
                subject_kind="case",
                subject_id=one.id,
                purpose="card",
                place="leads",
                at=NOW,
            )
        rows.add(session, *made)

    await store.write(write)
    return [one.id for one in made]


def approve(session: Session, case_id: str) -> None:
    case = fetch(session, Case, case_id)
    assert case is not None
    move(session, case, "approved", actor="U2", at=NOW, decided_by="U2", decided_at=NOW)


async def states(store: Store) -> dict[str, str]:
    return dict(await store.read(lambda session: session.exec(select(Case.id, Case.state)).all()))


async def test_twenty_clicks_that_wait_together_send_the_statements_of_one(
    sent: list[tuple[str, Any]], store: Store, cases: list[str]
) -> None:
    async def all_approve(*ids: str) -> list[str]:
        sent.clear()
        results = await all_at_once(store, *((partial(approve, case_id=one), (Case, one)) for one in ids))
        assert {None} == set(results)
        return [sql for sql, _ in sent]

    one, nineteen = await all_approve(cases[0]), await all_approve(*cases[1:])
    assert one == nineteen
    assert {"UPDATE refund_case", "INSERT INTO audit"} <= {re.split(" SET| [(]", sql)[0] for sql in one}
    assert {"approved"} == set((await states(store)).values())
    assert [] == await store.read(lambda session: list(audit.faults(session)))
    assert 20 == await store.read(audit.count)


async def test_whoever_comes_second_in_a_group_sees_what_the_first_one_did(
    store: Store, cases: list[str]
) -> None:
    def look(session: Session) -> str:
        found = fetch(session, Case, cases[0])
        assert found is not None
        return found.state

    about = (Case, cases[0])
    click = partial(approve, case_id=cases[0])
    seen = await all_at_once(store, (look, about), (click, about), (look, about))
    assert ["awaiting", None, "approved"] == seen


async def test_a_query_sees_what_waits(store: Store, cases: list[str]) -> None:
    def write(session: Session) -> tuple[int, list[str]]:
        approve(session, cases[0])
        add(session, Seen, name="mark", value="1")
        found = session.exec(select(Audit).where(Audit.subject_id == cases[0])).all()
        return len(found), list(session.exec(select(Seen.name).where(Seen.name == "mark")))

    assert (1, ["mark"]) == await store.write(write)


async def test_a_row_read_ahead_is_read_again_when_a_statement_may_have_changed_it(
    store: Store, cases: list[str]
) -> None:
    def change_all(session: Session) -> None:
        session.execute(update(Case).where(col(Case.id).in_(cases)).values(note="changed"))

    def look(session: Session) -> str:
        found = fetch(session, Case, cases[3])
        assert found is not None
        return found.note

    assert [None, "changed"] == await all_at_once(store, (change_all, None), (look, (Case, cases[3])))


async def test_a_row_that_moved_meanwhile_fails_its_own_transaction_alone(
    store: Store, cases: list[str]
) -> None:
    def too_late(session: Session) -> None:
        change_guarded(session, Case, cases[1], {"state": "closed"}, note="never")

    results = await all_at_once(
        store,
        (partial(approve, case_id=cases[0]), (Case, cases[0])),
        (too_late, (Case, cases[1])),
        (partial(approve, case_id=cases[2]), (Case, cases[2])),
    )
    assert [type(None), RowMovedError, type(None)] == [type(one) for one in results]
    found = await states(store)
    assert ["approved", "awaiting", "approved"] == [found[one] for one in cases[:3]]
    assert [] == await store.read(lambda session: list(audit.faults(session)))


async def test_what_the_database_refuses_of_statements_that_go_together_leaves_none_of_them(
    store: Store, cases: list[str]
) -> None:
    def twice(session: Session) -> None:
        approve(session, cases[0])
        add(session, Seen, name="mark", value="1")
        add(session, Seen, name="mark", value="2")

    with pytest.raises(IntegrityError):
        await store.write(twice, (Case, cases[0]))
    assert {"awaiting"} == set((await states(store)).values())
    await store.write(partial(approve, case_id=cases[0]), (Case, cases[0]))
    assert "approved" == (await states(store))[cases[0]]


async def test_a_row_that_moves_on_three_times_at_once_keeps_the_order_of_its_moves(
    store: Store, cases: list[str]
) -> None:
    def three_moves(session: Session) -> None:
        case = fetch(session, Case, cases[0])
        assert case is not None
        move(session, case, "question_asked", actor="U2", at=NOW, question="Which week?")
        move(session, case, "approved", actor="U2", at=NOW, decided_by="U2", decided_at=NOW)
        move(session, case, "refund_blocked", actor="stripe", at=NOW, question="")

    await store.write(three_moves, (Case, cases[0]))
    assert "stuck" == (await states(store))[cases[0]]


async def test_a_session_outside_a_group_sends_at_once(store: Store, cases: list[str]) -> None:
    def write(session: Session) -> int:
        add(session, Seen, name="one", value="1")
        with pytest.raises(RowMovedError):
            change_guarded(session, Case, cases[0], {"state": "closed"}, note="never")
        return int(session.connection().exec_driver_sql("SELECT count(*) FROM seen").scalar_one())

    with Session(store.engine) as session:
        assert 1 == write(session)

"""Several processes on one PostgreSQL, one of them killed: paid once, told once, reminded once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlmodel import Session, select

from bot.desk.record import opened, start_clock
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, JONAS, LENA, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from bot.store import audit, work
from bot.store.engine import Store
from bot.store.tables import Case, Dispute, Escalation, Inbox, Mail, Operation, Post
from policy import playbook
from policy.lifecycle import CaseState
from tests.children import Child, serve
from tests.operations.balancer import balanced
from tests.postgres import Postgres

_CHARGES = {
    cast.LARGE_1250: 125000,
    cast.EXACTLY_2000: 200000,
    cast.EXACTLY_500: 50000,
    cast.EURO_CHARGE: 8990,
    cast.MONTHLY_CHARGE: 4900,
    cast.TWO_SUBSCRIPTIONS_YEARLY_CHARGE: 24000,
    cast.WARNED: 7200,
    cast.DINAR_CHARGE: 12750,
}
_OVERDUE = 5


@pytest.fixture
def store(pg: Postgres) -> Iterator[Store]:
    made = Store(pg.migrated())
    yield made
    made.close()


@pytest.mark.parametrize("replicas", [2, pytest.param(4, marks=pytest.mark.soak)])
async def test_replicas_share_the_work_and_survive_one_of_them(
    here: World, store: Store, play: Play, replicas: int
) -> None:
    environment = here.environment(store.url.render_as_string(hide_password=False))
    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(serve(environment)) for _ in range(replicas)]
        urls = [await desk.serving() for desk in desks]
        front, balancer = await stack.enter_async_context(balanced(urls))
        here.point_at(front)
        await _found_overdue_by_all(store, replicas)
        await _everybody_asks(play)
        here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, times=6, seconds=0.5))
        clicks = asyncio.ensure_future(_two_leads_click_everything(play))
        await play.until(lambda: _refunds(here) > 1)
        await desks[0].killed()
        await clicks
        await _two_leads_click_everything(play)  # what died with a desk is clicked again
        await _all_closed(store, play, desks[1:])
        assert all(balancer.taken.values())
    assert {charge: [amount] for charge, amount in _CHARGES.items()} == {
        charge: [one["amount"] for one in here.stripe.books()[charge]["refunds"]] for charge in _CHARGES
    }
    assert [] == await store.read(lambda session: list(audit.faults(session)))
    assert {} == _told_twice(here)
    await _each_was_told(here, store)
    reminders = [play.slack.thread(FINANCE, card["ts"], LENA) for card in play.cards(FINANCE, LENA, "ES-")]
    due = [sum(": this " in str(one["blocks"]) for one in thread) for thread in reminders]
    assert [1] * _OVERDUE == due
    ids = {mail["Message-ID"] for mail in here.mailbox.messages}
    assert len(_CHARGES) == len(ids)
    for desk in desks[1:]:
        assert [] == [line for line in desk.lines if "Traceback" in line]


async def _found_overdue_by_all(store: Store, replicas: int) -> None:
    """Let what is overdue appear, and each replica find all of it before any of them can write."""
    address = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as turn:
        turn.execute("SELECT pg_advisory_lock(7021954)")
        with Session(store.engine) as session:
            _overdue(session)
            session.commit()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        async with asyncio.timeout(20):
            while turn.execute(waiting).fetchone() != (replicas,):  # noqa: ASYNC110  # the server tells nobody
                await asyncio.sleep(0.01)


def _overdue(session: Session) -> None:
    """Write escalations whose answer has been due for an hour."""
    rules, now = playbook.load(None), datetime.now(UTC)
    issue = rules.issues["dispute"]
    for number in range(_OVERDUE):
        escalation = Escalation(
            id=f"ES-{number}",
            state="open",
            request_key=f"request-{number}",
            issue=issue.id,
            route=issue.route,
            summary="The customer's bank has asked.",
            opened_by=MAYA,
            opened_at=now - issue.sla - timedelta(hours=1),
            answer_by=now - timedelta(hours=1),
        )
        opened(session, escalation, actor=MAYA, at=now, event="escalated", detail={"issue": issue.id})
        start_clock(
            session, escalation, issue, opened_at=escalation.opened_at, answer_by=escalation.answer_by
        )


async def _everybody_asks(play: Play) -> None:
    lines = [f"{charge} technical_error 'ticket 1' verified via email" for charge in _CHARGES]
    told = await asyncio.gather(
        *(play.line((MAYA, TOM)[n % 2], SUPPORT, line) for n, line in enumerate(lines))
    )
    assert [] == [one for one in told if "Sent to the support leads" not in one]
    await play.until(lambda: len(play.cards(SUPPORT_LEADS, PRIYA, "Waiting for")) == len(_CHARGES))


async def _two_leads_click_everything(play: Play) -> None:
    waiting = play.cards(SUPPORT_LEADS, PRIYA, "Waiting for")
    await asyncio.gather(
        *(
            play.slack.click(who, "case_approve", channel=SUPPORT_LEADS, ts=card["ts"])
            for card in waiting
            for who in (PRIYA, JONAS)
        )
    )


def _refunds(here: World) -> int:
    return sum(len(here.stripe.books()[charge]["refunds"]) for charge in _CHARGES)


async def _all_closed(store: Store, play: Play, alive: list[Child]) -> None:
    """Wait until every case is closed; when the living have nothing to do, the killed one's leases end.

    Whoever was told by then that their click was not taken clicks again.
    """
    quiet = 0
    ends = asyncio.get_running_loop().time() + 100
    while (left := await store.read(_left)) != ([], 0):
        assert asyncio.get_running_loop().time() < ends, left
        await asyncio.sleep(0.1)
        assert all(desk.process.returncode is None for desk in alive)
        quiet = quiet + 1 if left == await store.read(_left) else 0
        if quiet == 20:
            now = datetime.now(UTC)
            await store.write(lambda session: work.let_go(session, _TAKEN_UP, now))  # noqa: B023  # awaited here
            await _two_leads_click_everything(play)
            quiet = 0


_TAKEN_UP = (Case, Operation, Inbox, Mail, Dispute, Post)


def _left(session: Session) -> tuple[list[str], int]:
    states = sorted(session.exec(select(Case.state).where(Case.state != CaseState.CLOSED)))
    return states, len(session.exec(select(Post.id).where(Post.due_at != None)).all())  # noqa: E711  # SQL


def _messages(here: World) -> list[Any]:
    return [
        message
        for channel in here.slack.core.workspace.channels.values()
        for message in channel.messages.values()
        if message.metadata
    ]


def _told_twice(here: World) -> dict[str, int]:
    told = Counter(message.metadata["event_payload"]["id"] for message in _messages(here))
    return {post: times for post, times in told.items() if times > 1}


async def _each_was_told(here: World, store: Store) -> None:
    wanted = await store.read(lambda session: {str(post) for post in session.exec(select(Post.id))})
    assert wanted == {message.metadata["event_payload"]["id"] for message in _messages(here)}

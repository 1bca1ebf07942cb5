"""What a click and a sweep cost the database: which plans, how many statements, how many commits."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select
from sqlmodel import SQLModel

from bot.app import Running
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import (
    FINANCE,
    JONAS,
    LENA,
    MAYA,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    SUPPORT,
    SUPPORT_LEADS,
)
from bot.sandbox.stripe import cast
from bot.sandbox.world import World, inhabited
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.conversations.challenging import LOG, fill
from tests.hearing import hearing

Statement = tuple[str, Any]
_ROWS = 3000


class Heard:
    """Every statement that was sent, and those of each group that was committed together."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.transactions: list[list[Statement]] = []

    def hear(self, sql: str, each: list[Any]) -> None:
        self.statements.append((sql, each[0]))
        if threading.current_thread().name != "store-writer" or "pg_advisory_xact_lock" in sql:
            return
        if sql.startswith("BEGIN"):
            self.transactions.append([])  # nothing else waits while one person clicks: a group is one click
        elif self.transactions:
            self.transactions[-1].append((sql, [value for one in each for value in _values(one)]))

    def forget(self) -> None:
        self.statements.clear()
        self.transactions.clear()


@pytest.fixture
def ear() -> Iterator[Heard]:
    heard = Heard()
    with hearing(heard.hear):
        yield heard


@pytest.fixture
async def app(here: World, url: str, ear: Heard) -> AsyncIterator[Running]:  # noqa: ARG001  # hears from the start
    async with inhabited(here, url) as running:
        yield running


@pytest.fixture
def play(here: World, app: Running) -> Play:  # noqa: ARG001  # the desk has to be there
    return Play(here.slack)


async def a_day_at_the_desk(here: World, play: Play) -> None:
    """Do what the sweeps have to do with: ask, approve, deny, be charged back and warned, challenge."""
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_ask")
    await play.say_why(PRIYA, "Which week?")
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await play.line(MAYA, SUPPORT, f"{cast.EURO_CHARGE} card_not_recognised 'ticket 8' verified via email")
    await here.stripe.refund_in_dashboard(cast.WARNED)
    await here.stripe.file_dispute(cast.EXACTLY_500)
    await play.until(lambda: play.card(FINANCE, LENA, "500.00 USD"))
    await play.click(LENA, FINANCE, "dispute_challenge", "500.00 USD")
    await fill(play, LENA, access_activity_log=LOG)
    await play.until(lambda: "1 of the 5 papers" in str(play.card(FINANCE, LENA, "500.00 USD")))
    await play.click(LENA, FINANCE, "dispute_submit", "500.00 USD")
    await play.until(lambda: "with the bank" in str(play.card(FINANCE, LENA, "500.00 USD")))
    await here.stripe.warn_of_fraud(cast.LARGE_2400)
    await play.until(lambda: play.card(FINANCE, LENA, "may be fraudulent"))
    line = f"{cast.EXACTLY_2000} technical_error 'ticket 9' verified via email"
    await play.line(MAYA, SUPPORT, line)
    await play.until(lambda: play.card(SUPPORT_LEADS, PRIYA, "2,000.00 USD"))
    here.clock.advance(timedelta(hours=25))
    await play.until(lambda: "due" in str(play.trail(SUPPORT_LEADS, PRIYA)))
    await play.click(JONAS, SUPPORT_LEADS, "case_deny")
    await play.say_why(JONAS, "No.")
    await play.until(lambda: "Denied" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await open_form(play, MAYA, SUPPORT, "/pastdue", cast.PAST_DUE_THREE_CUSTOMER)
    await choose(play, MAYA, "past_due_refund", "yes")
    await choose(play, MAYA, "past_due_pays", "yes")
    await send(play, MAYA, ticket="4711")
    await open_form(play, MAYA, SUPPORT, "/comp", cast.MONTHLY_CUSTOMER)
    await choose(play, MAYA, "comp_months", "1")
    await send(play, MAYA, ticket="4711", note="They waited for a week.")
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "Free access"))
    await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Past-due invoices")
    await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Free access")
    await play.until(lambda: "for the customer to pay" in str(play.card(REGGIE_CHANNEL, REGGIE, "Past-due")))
    await here.stripe.pay_invoice(cast.PAST_DUE_THREE_INVOICES[-1])
    await play.until(lambda: "Carried out" in str(play.card(REGGIE_CHANNEL, REGGIE, "Free access")))


async def test_neither_a_click_nor_a_sweep_scans_a_table(
    here: World, app: Running, play: Play, ear: Heard
) -> None:
    ear.forget()
    await a_day_at_the_desk(here, play)
    planned = {sql: values for sql, values in ear.statements if re.match("SELECT|UPDATE|DELETE", sql)}
    assert len(planned) > 30
    with app.desk.store.engine.connect() as connection:
        _fill(connection)
        scans = [(sql, step) for sql, values in planned.items() for step in _scans(connection, sql, values)]
        connection.rollback()
    assert [] == scans


def _fill(connection: Connection) -> None:
    """Multiply what is there, so that PostgreSQL's planner has a reason to look for an index."""
    if connection.dialect.name == "sqlite":
        return
    for table in SQLModel.metadata.sorted_tables:
        row = connection.execute(select(table).limit(1)).mappings().first()
        if row is not None:
            connection.execute(insert(table), [_copy(table, dict(row), n) for n in range(1, _ROWS)])
        connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def _copy(table: Table, row: dict[str, Any], number: int) -> dict[str, Any]:
    for column in table.columns:
        if column.name == "state":
            row["state"] = {"operation": "done"}.get(table.name, "denied")
        elif column.name == "due_at":
            row["due_at"] = None
        elif isinstance(row[column.name], int) and (column.primary_key or column.name == "number"):
            row[column.name] += 10_000 + number
        elif isinstance(row[column.name], str) and column.name not in {"currency", "state"}:
            row[column.name] = f"{row[column.name]}-{number}"
    return row


def _scans(connection: Connection, sql: str, values: Any) -> list[str]:  # noqa: ANN401  # as the driver takes them
    if connection.dialect.name == "sqlite":
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
        # An index of what is due holds nothing else, and may be read from end to end; so may a list of keys.
        return [step for step in plan if step.startswith("SCAN") and not re.search("_due|VIRTUAL", step)]
    plan = [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {sql}", values)]
    return [step.strip() for step in plan if "Seq Scan" in step]


async def test_an_approval_is_one_commit_of_few_statements_and_asks_slack_nothing(
    here: World, app: Running, play: Play, ear: Heard
) -> None:
    await ask_for_1250(play)
    await app.desk.tasks.finished()
    asked_before = here.slack.control.counts()
    ear.forget()
    assert (await play.click(PRIYA, SUPPORT_LEADS, "case_approve")).ok
    await play.until(lambda: [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250))
    (moved,) = [one for one in ear.transactions if _notes(one, "approved")]
    # The case and its move; the mark of the trail's newest entry, the next one and its mark; the clock.
    assert len(moved) <= 6
    assert asked_before["auth.test"] == here.slack.control.counts()["auth.test"] == 1


def _notes(transaction: list[Statement], happened: str) -> bool:
    """Say whether a transaction writes down that something happened."""
    return any(sql.startswith("INSERT INTO audit") and happened in str(values) for sql, values in transaction)


def _values(values: Any) -> list[Any]:  # noqa: ANN401  # as the driver takes them
    return list(values.values() if isinstance(values, dict) else values or ())


async def test_a_refused_click_is_one_commit(app: Running, play: Play, ear: Heard) -> None:
    await ask_for_1250(play, PRIYA)
    await app.desk.tasks.finished()
    ear.forget()
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
    (written,) = [one for one in ear.transactions if _notes(one, "click_refused")]
    assert len(written) <= 3  # the mark of the newest entry, the next one and its mark

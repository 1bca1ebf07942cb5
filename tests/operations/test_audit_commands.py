"""The trail for an auditor: checked and exported by command, and a customer's data erased from it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store import erasure
from bot.store.engine import Store
from tests.children import makegood
from tests.conversations.asking import ask_for_1250
from tests.operations.conftest import Command

_COLIN = cast.LARGE_1250_CUSTOMER
_PERSONAL = ("Colin", "Marsh", "colin@", "marshoutfitters", "Outfitters")


@pytest.fixture
async def closed(here: World, app: Running, play: Play) -> Running:  # noqa: ARG001  # the story is theirs
    """A desk with one case that is closed, on which somebody else clicked as well, and one refused."""
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_ask")
    await play.say_why(PRIYA, "Did Colin Marsh say which week?")
    await play.until(lambda: "which week" in str(play.direct(MAYA)))
    await play.click(TOM, SUPPORT_LEADS, "case_approve")
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    await play.line(MAYA, SUPPORT, f"{cast.FULLY_REFUNDED} duplicate 'ticket 1' verified via email")
    await play.until(lambda: "Ticket T-9" in play.trail(SUPPORT_LEADS, PRIYA)[-1])
    return app


@pytest.fixture
def copy(closed: Running, tmp_path: Path) -> Path:
    """A copy of that desk's database, for somebody to tamper with."""
    source = str(closed.desk.store.url.database)
    target = tmp_path / "copy.db"
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()
    return target


async def test_verify_names_what_somebody_did_to_the_file(here: World, copy: Path, command: Command) -> None:
    async def verified(file: Path) -> tuple[int, list[str]]:
        code, printed, _ = await command(here.environment(f"sqlite:///{file}"), "audit", "verify")
        return code, printed.splitlines()

    code, said = await verified(copy)
    assert (0, 1) == (code, len(said))
    assert "entries; the chain is whole. Entry " in said[0]
    for statement, sentence in (
        ("UPDATE audit SET actor = 'U0' WHERE event = 'approved'", " was changed after it was written."),
        ("DELETE FROM audit WHERE number = 3", "Entry 3 is missing: entry 4 follows 2."),
        (
            "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)",
            " is missing: the trail was written up to entry ",
        ),
    ):
        tampered = copy.with_suffix(".tampered")
        shutil.copy(copy, tampered)
        with sqlite3.connect(tampered) as connection:
            connection.execute(statement)
        connection.close()
        code, said = await verified(tampered)
        assert 1 == code
        assert 1 == sum(sentence in line for line in said[:-1])


async def test_export_gives_an_auditor_one_case_or_all_since_a_day(
    here: World, copy: Path, command: Command
) -> None:
    environment = here.environment(f"sqlite:///{copy}")

    async def export(*arguments: str) -> str:
        code, printed, complained = await command(environment, "audit", "export", *arguments)
        assert (0, "") == (code, complained)
        return printed

    everything = json.loads(await export("--format", "json"))
    (case,) = {entry["subject_id"] for entry in everything if entry["event"] == "approved"}
    events = [entry["event"] for entry in json.loads(await export("--case", case, "--format", "json"))]
    assert ["requested", "question_asked", "click_refused", "approved"] == events[:4]
    assert {"refund_sent", "refund_succeeded", "mail_sent", "closed"} <= set(events)
    assert "refused" not in events
    table = list(csv.DictReader(io.StringIO(await export())))
    assert [str(entry["number"]) for entry in everything] == [row["number"] for row in table]
    (approved,) = [row for row in table if row["event"] == "approved"]
    assert (PRIYA, "1,250.00 USD") == (approved["actor"], json.loads(approved["detail"])["amount"])
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert [] == list(csv.DictReader(io.StringIO(await export("--since", tomorrow))))
    today = datetime.now(UTC).date().isoformat()
    assert len(everything) == len(json.loads(await export("--since", today, "--format", "json")))


async def test_erasing_takes_the_customer_out_of_rows_trail_and_messages(
    here: World, closed: Running, play: Play, command: Command
) -> None:
    environment = here.environment(str(closed.desk.store.url))
    assert any(word in str(play.card(SUPPORT_LEADS, PRIYA)) for word in _PERSONAL)
    asked = await makegood(environment, "erase", "--customer", _COLIN, typed="no\n")
    assert (1, True) == (asked[0], asked[1].endswith("Nothing was erased.\n"))
    code, printed, complained = await makegood(environment, "erase", "--customer", _COLIN, typed="yes\n")
    assert (0, "") == (code, complained)
    assert (
        "Erased in 1 cases, escalations, disputes and changes, 1 mails, 2 messages and 1 entries" in printed
    )
    # The desk that serves meanwhile draws its messages again, without the customer.
    await play.until(lambda: not any(word in _everything(here) for word in _PERSONAL))
    assert "1,250.00 USD" in str(play.card(SUPPORT_LEADS, PRIYA))
    assert 1 == len(play.cards(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))
    assert [] == _rows_with(closed.desk.store, _PERSONAL)
    code, printed, _ = await command(environment, "audit", "verify")
    assert 0 == code
    exported = json.loads((await command(environment, "audit", "export", "--format", "json"))[1])
    (entry,) = [one for one in exported if one["event"] == "erased"]
    assert ("operator", "customer", _COLIN) == (entry["actor"], entry["subject_kind"], entry["subject_id"])
    emptied = [one["number"] for one in exported if one["event"] == "question_asked"]
    assert emptied == entry["detail"]["entries"]
    again = await command(environment, "erase", "--customer", _COLIN, "--yes")
    assert (0, True) == (again[0], "Nothing personal was left to erase." in again[1])


def _everything(here: World) -> str:
    """Return all that the bot has said in Slack, as it stands now."""
    return str(
        [
            (message.text, message.blocks)
            for channel in here.slack.core.workspace.channels.values()
            for message in channel.messages.values()
            if message.bot_id and not message.reader
        ]
    )


def _rows_with(store: Store, words: tuple[str, ...]) -> list[str]:
    with sqlite3.connect(str(store.url.database)) as connection:
        dump = list(connection.iterdump())
    connection.close()
    return [line for line in dump if any(word in line for word in words)]


async def test_a_customer_with_an_open_case_is_not_erased(
    here: World, app: Running, play: Play, command: Command
) -> None:
    await ask_for_1250(play)
    environment = here.environment(str(app.desk.store.url))
    code, _, complained = await command(environment, "erase", "--customer", _COLIN, "--yes")
    assert (2, True) == (code, complained.endswith("decide it first, then erase.\n"))
    assert "Colin" in str(play.card(SUPPORT_LEADS, PRIYA))


async def test_a_customer_of_whom_nothing_is_known_is_said(
    here: World, app: Running, command: Command
) -> None:
    environment = here.environment(str(app.desk.store.url))
    code, _, complained = await command(environment, "erase", "--customer", "cus_unknown", "--yes")
    assert (2, "Nothing here is about the customer cus_unknown.\n") == (code, complained)


async def test_one_customer_is_erased_and_the_other_on_the_same_card_is_kept(
    app: Running, play: Play
) -> None:
    for charge in (cast.SHARED_CARD_FIRST, cast.SHARED_CARD_SECOND):
        await play.line(MAYA, SUPPORT, f"{charge} technical_error 'ticket 1' verified via email")
        await play.until(lambda: "case_approve" in str(play.card(SUPPORT_LEADS, PRIYA)))
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    store = app.desk.store
    await store.write(lambda session: erasure.erase(session, cast.SHARED_CARD_CUSTOMER_A, datetime.now(UTC)))
    assert [] == _rows_with(store, ("Asha",))
    assert [] != _rows_with(store, ("Arjun",))

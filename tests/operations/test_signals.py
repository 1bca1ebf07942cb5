"""Signals: a stop finishes what is in flight, a hang-up reads the playbook again."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import PRIYA, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World, inhabited
from policy import playbook
from tests.children import Child, makegood
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.operations.conftest import Command


async def test_a_stop_finishes_the_refund_that_is_in_flight(here: World, child: Child, play: Play) -> None:
    await ask_for_1250(play)
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=1.0))
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: refunds_of(here, cast.LARGE_1250))
    child.tell(signal.SIGTERM)
    assert 0 == await child.ended()
    assert [] == [line for line in child.lines if "Traceback" in line or '"error"' in line]
    assert [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250)
    assert "Resolved — Refund issued" in str(play.card(SUPPORT_LEADS, PRIYA))
    assert 1 == len(here.mailbox.messages)


async def test_a_second_process_on_the_same_file_refuses_and_the_first_goes_on(
    here: World, environment: dict[str, str], play: Play, command: Command
) -> None:
    async with inhabited(here, environment["DATABASE_URL"]):
        assert (2, "", _ANOTHER) == await makegood(environment | {"PORT": "0"}, "serve")
        assert (2, "", _ANOTHER) == await command(environment, "migrate")
        await ask_for_1250(play)


_ANOTHER = (
    "Another Makegood is serving from makegood.db. Stop it first, "
    "or set DATABASE_URL to PostgreSQL to run more than one.\n"
)


@pytest.fixture
def environment(here: World, database_url: str, tmp_path: Path) -> dict[str, str]:
    book = Path(playbook.__file__).parent / "playbooks" / "default.toml"
    (tmp_path / "playbook.toml").write_text(book.read_text())
    return here.environment(database_url) | {"MAKEGOOD_PLAYBOOK": str(tmp_path / "playbook.toml")}


async def test_a_hang_up_changes_the_playbook_for_new_rulings_and_a_broken_one_changes_nothing(
    child: Child, play: Play, tmp_path: Path
) -> None:
    file = tmp_path / "playbook.toml"
    before = child.said("serving")[0]["playbook"]
    file.write_text(file.read_text() + "\n# the same rules, said again\n")
    child.tell(signal.SIGHUP)
    await play.until(lambda: child.said("playbook read again"))
    after = child.said("playbook read again")[0]["version"]
    assert before != after
    file.write_text("[amounts]\nnonsense = 1\n")
    child.tell(signal.SIGHUP)
    await play.until(lambda: child.said("the playbook was not changed"))
    assert "The playbook cannot be used." in child.said("the playbook was not changed")[0]["why"]
    await ask_for_1250(play)
    assert f"playbook {after}" in str(play.card(SUPPORT_LEADS, PRIYA))

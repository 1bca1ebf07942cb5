"""What stays of a dispute: a line for finance; after an erasure neither its words nor its files' names."""

from __future__ import annotations

import csv

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store import erasure, evidence
from tests.children import makegood
from tests.conversations.challenging import gathered, said


async def test_a_lost_dispute_is_printed_with_what_it_cost_and_its_evidence_can_be_erased(
    here: World, app: Running, database_url: str
) -> None:
    play = Play(here.slack)
    dispute = await gathered(here, play)
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "with the bank*" in said(play))
    await here.stripe.decide_dispute(dispute, "lost")
    await play.until(lambda: "*Lost.*" in said(play))
    await app.desk.tasks.finished()
    _, printed, _ = await makegood(here.environment(database_url), "disputes", "--since", "2020-01-01")
    (line,) = [one for one in csv.DictReader(printed.splitlines()) if one["dispute"] == dispute]
    told = [line[name] for name in ("state", "withdrawn", "reinstated", "fee", "submitted_by")]
    assert ["lost", "1250.00", "0.00", "15.00", LENA] == told
    now = app.desk.now()
    await app.desk.store.write(lambda session: erasure.erase(session, cast.LARGE_1250_CUSTOMER, now))
    rows = await app.desk.store.read(lambda session: evidence.of_dispute(session, dispute))
    assert [("", "", LENA), ("", "", LENA)] == [(row.text, row.file_name, row.given_by) for row in rows]

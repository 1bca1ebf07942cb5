"""Whoever is first answers a dispute; nobody accepts what was submitted, or submits what was accepted."""

from __future__ import annotations

import asyncio

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA
from bot.sandbox.stripe import Fault, FaultKind
from bot.sandbox.world import World
from tests.conversations.challenging import LOG, at_stripe, calls, challenged, fill, gathered, said


async def test_of_accept_and_submit_in_the_same_instant_one_counts(
    here: World, app: Running, play: Play
) -> None:
    dispute = await gathered(here, play)
    clicks = [play.click(LENA, FINANCE, one) for one in ("dispute_accept", "dispute_submit") * 10]
    assert all(outcome.ok for outcome in await asyncio.gather(*clicks))
    await play.until(lambda: "with the bank*" in said(play) or "this is final" in said(play))
    await app.desk.tasks.finished()
    submitted = at_stripe(here, dispute)["evidence_details"]["submission_count"]
    closed = calls(here, "POST", f"/v1/disputes/{dispute}/close")
    assert 1 == submitted + closed
    assert 19 == len(play.whispers(FINANCE, LENA))


async def test_evidence_that_is_kept_while_the_last_is_staged_reaches_stripe_too(
    here: World, play: Play
) -> None:
    dispute = await challenged(here, play)
    here.stripe.arrange(Fault(FaultKind.DELAY, path=f"/v1/disputes/{dispute}", seconds=0.5))
    await fill(play, LENA, access_activity_log="the first words")
    await play.until(lambda: calls(here, "POST", f"/v1/disputes/{dispute}"))
    await play.click(LENA, FINANCE, "dispute_evidence")
    await fill(play, LENA, access_activity_log=LOG)
    await play.until(lambda: LOG == at_stripe(here, dispute)["evidence"]["access_activity_log"])
    await play.until(lambda: "on its way" not in said(play))


async def test_a_submit_sends_what_was_kept_last_although_it_was_not_staged_yet(
    here: World, play: Play
) -> None:
    dispute = await challenged(here, play)
    here.stripe.arrange(Fault(FaultKind.DELAY, path=f"/v1/disputes/{dispute}", seconds=0.5))
    await fill(play, LENA, access_activity_log=LOG)
    await play.until(lambda: calls(here, "POST", f"/v1/disputes/{dispute}"))
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "with the bank*" in said(play))
    assert LOG == at_stripe(here, dispute)["evidence"]["access_activity_log"]
    assert 1 == at_stripe(here, dispute)["evidence_details"]["submission_count"]

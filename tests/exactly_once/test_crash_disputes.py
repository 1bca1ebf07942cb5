"""The process is killed while it answers a dispute: evidence is submitted once, an accepted one closed.

The points are found by playing undisturbed, as for refunds; `make soak` plays them all, `make test` some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from msgspec import Struct

from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import FINANCE, LENA
from bot.sandbox.world import World
from tests.conversations.challenging import LOG, PDF, at_stripe, evidence_at_stripe, fill
from tests.exactly_once.test_crash_anywhere import Desk, audited, charges, desk_of

_BOUNDED: Final = 2


class Answer(Struct, frozen=True):
    """One way to answer: the button, what the card says in the end, and what is checked then."""

    action: str
    ended: str
    gathers: bool
    check: Callable[[World, Play, str, str], None]


def submitted(here: World, play: Play, dispute: str, name: str) -> None:
    assert 1 == at_stripe(here, dispute)["evidence_details"]["submission_count"]
    assert {"access_activity_log", "service_documentation"} <= evidence_at_stripe(here, dispute).keys()
    below = [words(one) for one in play.slack.thread(FINANCE, play.card(FINANCE, LENA, name)["ts"], LENA)]
    assert 1 == sum("The evidence is with the bank" in line for line in below)
    assert [] == [line for line in below if below.count(line) > 1]


def accepted(here: World, play: Play, dispute: str, name: str) -> None:
    assert "lost" == at_stripe(here, dispute)["status"]
    below = [words(one) for one in play.slack.thread(FINANCE, play.card(FINANCE, LENA, name)["ts"], LENA)]
    assert 1 == sum("Stripe closed the dispute as accepted" in line for line in below)
    assert 1 == sum(dispute in one and "Accepted for good" in one for one in play.direct(LENA))


SUBMIT: Final = Answer("dispute_submit", "with the bank*", gathers=True, check=submitted)
ACCEPT: Final = Answer("dispute_accept", "this is final", gathers=False, check=accepted)


async def prepared(here: World, play: Play, charge: str, *, gathers: bool) -> tuple[str, str]:
    """Open a dispute and, for a challenge, gather its evidence; return it and the id on its card."""
    dispute = str((await here.stripe.file_dispute(charge, "product_not_received"))["id"])
    await play.until(lambda: "Did they use it between" in words(play.card(FINANCE, LENA, dispute)))
    if gathers:
        await play.click(LENA, FINANCE, "dispute_challenge", dispute)
        files = {"service_documentation": ("usage.pdf", PDF)}
        await fill(play, LENA, access_activity_log=LOG, files=files)
        await play.until(lambda: evidence_at_stripe(here, dispute).get("service_documentation"))
        await play.until(lambda: "dispute_submit" in str(play.card(FINANCE, LENA, dispute)))
        await play.until(lambda: "on its way" not in words(play.card(FINANCE, LENA, dispute)))
    return dispute, dispute


def settled(play: Play, dispute: str, answer: Answer) -> Callable[[], bool]:
    """Say whether the card and its thread have come to their end."""

    def holds() -> bool:
        card = play.card(FINANCE, LENA, dispute)
        below = [words(one) for one in play.slack.thread(FINANCE, card["ts"], LENA)]
        last = "The evidence is with the bank" if answer is SUBMIT else "Stripe closed the dispute"
        told = answer is SUBMIT or any(dispute in one for one in play.direct(LENA))
        return answer.ended in words(card) and any(last in line for line in below) and told

    return holds


async def play_points(here: World, database_url: str, answer: Answer, most: int) -> None:
    play = Play(here.slack)
    targets: Iterator[str] = iter(charges(here))
    async with desk_of(here, database_url) as desk:
        found = await play_once(here, play, desk, next(targets), answer, 0)
        assert {"commit", "slack", "stripe"} == {point.split(":")[0] for point in found}
        step = max(1, len(found) // most)
        for number, charge in zip(range(1, len(found) + 1, step), targets, strict=False):
            await play_once(here, play, desk, charge, answer, number)
    assert "the chain is whole" in audited(database_url, here)


async def play_once(
    here: World, play: Play, desk: Desk, charge: str, answer: Answer, dies_at: int
) -> list[str]:
    """Answer one dispute, killed at point `dies_at` (0: never), and return the points that were passed."""
    dispute, name = await prepared(here, play, charge, gathers=answer.gathers)
    desk.count(dies_at=dies_at)
    outcome = await play.click(LENA, FINANCE, answer.action, name)
    # Commits are grouped as they come, so a point that was passed before may not be reached this time.
    await play.until(lambda: desk.dead or settled(play, dispute, answer)(), within=30)
    desk.counting = False
    if desk.dead:
        await desk.start()
        if not outcome.ok:
            await play.click(LENA, FINANCE, answer.action, name)
    await play.until(settled(play, dispute, answer), within=30)
    answer.check(here, play, dispute, name)
    return desk.points


@pytest.mark.parametrize("answer", [SUBMIT, ACCEPT], ids=["submit", "accept"])
async def test_killed_at_some_of_its_points_the_desk_answers_once(
    here: World, database_url: str, answer: Answer
) -> None:
    await play_points(here, database_url, answer, _BOUNDED)


@pytest.mark.soak
@pytest.mark.parametrize("answer", [SUBMIT, ACCEPT], ids=["submit", "accept"])
async def test_killed_at_any_of_its_points_the_desk_answers_once(
    here: World, database_url: str, answer: Answer
) -> None:
    await play_points(here, database_url, answer, 1_000)

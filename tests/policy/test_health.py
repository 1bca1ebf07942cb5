"""Failing payments are noticed soon, and only when they are; what they share is said, and so is a drift.

The histories are generated: payments come at random through days and nights, an outage begins at a known
minute, and the watch looks once a minute, as the desk does. docs/operations.md reports what is asserted here.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from msgspec.structs import replace

from policy.health import (
    Drift,
    Payment,
    Tried,
    count_tail,
    drift_told,
    drifted,
    judge,
    share_tail,
    shared,
    told,
)
from tests.policy.asking import playbook

HEALTH = playbook().health
assert HEALTH is not None
WINDOW = HEALTH.window // timedelta(minutes=1)
CALM = HEALTH.calm_for // timedelta(minutes=1)
WINDOWS = HEALTH.baseline / HEALTH.window
ONSET = 12 * 60


@dataclass
class Noticed:
    """What the watch noticed in one history, in minutes: incidents from when to when."""

    incidents: list[tuple[int, int]] = field(default_factory=list)


def minutes(
    chance: random.Random, per_hour: float, usual: float, outage: float, lasts: int, length: int
) -> Iterator[tuple[int, int]]:
    """Yield attempts and failures of each minute; nights are quieter than days."""
    for minute in range(length):
        mean = per_hour / 60 * (1 - 0.5 * math.cos(2 * math.pi * minute / 1440))
        attempts = poisson(chance, mean)
        share = outage if ONSET <= minute < ONSET + lasts else usual
        yield attempts, sum(chance.random() < share for _ in range(attempts))


def poisson(chance: random.Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product = 0, chance.random()
    while product > math.exp(-mean):
        count, product = count + 1, product * chance.random()
    return count


def watched(seed: int, per_hour: float, usual: float, outage: float, lasts: int, length: int) -> Noticed:
    assert HEALTH is not None
    chance, noticed = random.Random(seed), Noticed()  # noqa: S311  # a history that is the same each time
    week = round(per_hour * 24 * 7)
    baseline = Tried(week, round(week * usual))
    recent: deque[tuple[int, int]] = deque(maxlen=WINDOW)
    began = calm_since = -1
    for minute, tried in enumerate(minutes(chance, per_hour, usual, outage, lasts, length)):
        recent.append(tried)
        failed = sum(one[1] for one in recent)
        verdict = judge(Tried(sum(one[0] for one in recent), failed, failed), baseline, WINDOWS, HEALTH)
        if began < 0:
            began = minute if verdict.spike else -1
            continue
        calm_since = (minute if calm_since < 0 else calm_since) if verdict.calm else -1
        if 0 <= calm_since <= minute - CALM:
            noticed.incidents.append((began, minute))
            began = calm_since = -1
    if began >= 0:
        noticed.incidents.append((began, length))
    return noticed


# payments an hour, usual share that fails, share in the outage; noticed after so many minutes, at the median
# of the histories and at the latest.
OUTAGES = [
    (10, 0.05, 0.90, 30, 125),
    (60, 0.03, 0.50, 10, 25),
    (60, 0.10, 0.50, 20, 30),
    (600, 0.03, 0.20, 9, 15),
    (600, 0.10, 0.30, 18, 25),
]


@pytest.mark.parametrize(("per_hour", "usual", "outage", "median", "latest"), OUTAGES)
def test_an_outage_is_one_incident_noticed_in_time_and_closed_after_it(
    per_hour: float, usual: float, outage: float, median: int, latest: int
) -> None:
    delays = []
    for seed in range(12):
        found = watched(seed, per_hour, usual, outage, lasts=180, length=24 * 60).incidents
        assert 1 == len(found)
        began, ended = found[0]
        assert ONSET + 180 <= ended <= ONSET + 180 + 4 * WINDOW
        delays.append(began - ONSET)
    assert 0 <= min(delays)
    assert sorted(delays)[6] <= median
    assert max(delays) <= latest


@pytest.mark.parametrize(
    ("per_hour", "usual"), [(2, 0.05), (2, 0.30), (10, 0.05), (60, 0.03), (60, 0.20), (600, 0.05)]
)
def test_a_quiet_month_raises_no_alarm(per_hour: float, usual: float) -> None:
    days = 30 if per_hour < 100 else 5
    assert [] == watched(7, per_hour, usual, usual, lasts=0, length=days * 24 * 60).incidents


def test_a_day_on_which_everybody_is_charged_is_no_incident() -> None:
    """Twenty times the payments, and as many of them fail as always."""
    assert HEALTH is not None
    verdict = judge(Tried(600, 31, 31), Tried(10_000, 500), WINDOWS, HEALTH)
    assert (False, True) == (verdict.spike, verdict.calm)


WEEK = Tried(20_000, 600)


@pytest.mark.parametrize(
    ("window", "spike", "calm"),
    [
        (Tried(0, 0, 0), False, False),  # nobody pays: neither worse nor well again
        (Tried(5, 5, 5), False, False),  # too few to tell
        (Tried(6, 6, 6), False, False),  # no more failures than such a week has at times
        (Tried(40, 20, 1), False, False),  # one customer who tries twenty times
        (Tried(40, 20, 20), True, False),
        (Tried(60, 3, 3), False, False),  # between calm and alarm an incident goes on
        (Tried(60, 2, 2), False, True),
    ],
)
def test_few_payments_and_single_customers_are_no_incident(window: Tried, spike: bool, calm: bool) -> None:  # noqa: FBT001  # a table of cases
    assert HEALTH is not None
    verdict = judge(window, WEEK, WINDOWS, HEALTH)
    assert (spike, calm) == (verdict.spike, verdict.calm)


def test_where_little_is_paid_six_failures_of_six_are_an_incident() -> None:
    assert HEALTH is not None
    assert judge(Tried(6, 6, 6), Tried(1000, 30), WINDOWS, HEALTH).spike


def test_without_a_baseline_only_what_is_plain_is_an_incident() -> None:
    assert HEALTH is not None
    assert not judge(Tried(12, 6, 6), Tried(0, 0), 0, HEALTH).spike
    assert judge(Tried(40, 36, 36), Tried(0, 0), 0, replace(HEALTH, chance=0.05)).spike


def test_the_tails_are_exact() -> None:
    # A beta(1, 1) share makes every count equally likely.
    assert share_tail(3, 4, 1, 1) == pytest.approx(2 / 5)
    # So much evidence for a half that only the binomial is left.
    assert share_tail(9, 10, 5e8, 5e8) == pytest.approx(11 / 1024, rel=1e-4)
    # A gamma(1, 1) mean makes the count geometric.
    assert count_tail(3, 1, 1) == pytest.approx(1 / 8)
    assert 1.0 == share_tail(0, 5, 1, 9) == count_tail(0, 1, 1)


def test_what_the_failures_share_is_said_and_what_is_usual_is_not() -> None:
    usual = [Payment(country="US", brand="visa", price="price_team")] * 90
    usual += [Payment(country="BR", decline_code="insufficient_funds", brand="visa")] * 10
    failures = [Payment("BR", "do_not_honor", "visa", "price_team")] * 9 + [Payment("US", "expired_card")]
    assert (
        "9 of 10 were declined as “do_not_honor” (usually 0 %).",
        "9 of 10 come from cards issued in BR (usually 10 %).",
    ) == shared(failures, usual)
    assert () == shared([Payment("US"), Payment("BR"), Payment("DE")], usual)


def test_the_incident_says_now_and_usual() -> None:
    assert HEALTH is not None
    verdict = judge(Tried(40, 20, 18), WEEK, WINDOWS, HEALTH)
    assert (
        "20 of 40 payments failed in the last 30 minutes (50 %; usually 3.0 %), of 18 customers.\n"
        "The failures have nothing in common that stands out."
    ) == told(verdict, 30, ())


@pytest.mark.parametrize(
    ("compared", "count", "expected"), [(100, 4, False), (100, 5, True), (1000, 9, False), (1000, 10, True)]
)
def test_a_mirror_drifts_by_count_and_by_share(compared: int, count: int, expected: bool) -> None:  # noqa: FBT001  # a table of cases
    assert HEALTH is not None
    assert expected == drifted(Drift(compared, missing=["ch_1"] * count), HEALTH)


def test_a_drift_names_the_first_twenty_and_counts_the_rest() -> None:
    drift = Drift(500, [f"ch_{n}" for n in range(15)], [f"in_{n}" for n in range(8)], ["cus_1"])
    lines = drift_told(drift).splitlines()
    assert "24 of 500 objects were not here as they are in Stripe." in lines[0]
    assert "Different: in_0, in_1, in_2, in_3, in_4" == lines[2]
    assert "And 4 more." == lines[3]

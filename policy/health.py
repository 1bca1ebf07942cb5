"""Whether payments fail more than they should, what the failures share, and how far a mirror may drift.

Two questions are asked of the last window, and both have to be answered yes: are there more failures than
the baseline makes likely, and is a larger share of the attempts failing? The first alone cries on the day
of the month when everybody is charged, the second alone when two of three payments fail in a quiet night.
Both are asked of the exact distribution that the baseline predicts, which is wide while the baseline is
short: a binomial whose share is not known (beta), and a Poisson whose mean is not known (gamma).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, lgamma, log
from typing import Final

from msgspec import Struct

from policy.model import Health

_PRIOR_FAILED: Final = 1.0
_PRIOR_WENT_WELL: Final = 9.0
"""What is believed before anything was seen: one payment in ten fails, on the strength of ten payments."""
_PRIOR_WINDOWS: Final = 1.0
_NAMED: Final = 20
_SHARED_BY: Final = 0.6
"""What so many of the failures have in common is worth naming, if it is rarer otherwise."""
_RARER: Final = 1.5


class Tried(Struct, frozen=True):
    """Payments of some time: how many were tried, how many failed, and of how many customers those were."""

    attempts: int
    failed: int
    customers: int = 0

    @property
    def share(self) -> float:
        """The share that failed; 0 where nothing was tried."""
        return self.failed / self.attempts if self.attempts else 0.0


class Verdict(Struct, frozen=True):
    """What the last window looks like beside the baseline. `calm` and `spike` are never both so."""

    now: Tried
    usual: float
    spike: bool
    calm: bool


class Trait(Struct, frozen=True):
    """A property that failures may share, with the sentence for it."""

    name: str
    words: str


TRAITS: Final = (
    Trait("country", "come from cards issued in {value}"),
    Trait("decline_code", "were declined as “{value}”"),
    Trait("brand", "were made with {value} cards"),
    Trait("price", "were for the price {value}"),
)


class Payment(Struct, frozen=True):
    """One payment as its traits tell it apart; an empty trait is not known."""

    country: str = ""
    decline_code: str = ""
    brand: str = ""
    price: str = ""


class Drift(Struct, frozen=True):
    """What a comparison of the mirror found, as ids."""

    compared: int
    missing: list[str] = []
    different: list[str] = []
    gone: list[str] = []

    @property
    def parts(self) -> dict[str, list[str]]:
        """The ids by what is wrong with them."""
        return {"missing": self.missing, "different": self.different, "gone": self.gone}

    @property
    def count(self) -> int:
        """How many objects differ."""
        return sum(map(len, self.parts.values()))


def judge(window: Tried, baseline: Tried, windows: float, health: Health) -> Verdict:
    """Compare the last window with a baseline that is `windows` windows long."""
    failed, well = _PRIOR_FAILED + baseline.failed, _PRIOR_WENT_WELL + baseline.attempts - baseline.failed
    usual = failed / (failed + well)
    spike = (
        min(window.failed, window.customers) >= health.failures
        and window.share >= usual * health.times
        and share_tail(window.failed, window.attempts, failed, well) <= health.chance
        and count_tail(window.failed, failed, _PRIOR_WINDOWS + windows) <= health.chance
    )
    # Once it has begun it is over only well below where it began, so that it does not flicker.
    calm = window.attempts > 0 and not spike and window.share < usual * (1 + health.times) / 2
    return Verdict(window, usual, spike, calm)


def share_tail(failed: int, attempts: int, alpha: float, beta: float) -> float:
    """Return how likely at least `failed` of `attempts` fail, for a share that is beta(alpha, beta)."""
    if failed <= 0:
        return 1.0
    whole = lgamma(attempts + 1) - _log_beta(alpha, beta)
    terms = (
        exp(whole - lgamma(k + 1) - lgamma(attempts - k + 1) + _log_beta(k + alpha, attempts - k + beta))
        for k in range(failed, attempts + 1)
    )
    return min(1.0, sum(terms))


def count_tail(count: int, shape: float, rate: float) -> float:
    """Return how likely at least `count` happen in one window, for a mean that is gamma(shape, rate)."""
    stays, comes = log(rate / (rate + 1)), log(1 / (rate + 1))
    below = (
        exp(lgamma(k + shape) - lgamma(shape) - lgamma(k + 1) + shape * stays + k * comes)
        for k in range(count)
    )
    return max(0.0, 1.0 - sum(below))


def shared(failures: Sequence[Payment], usual: Sequence[Payment]) -> tuple[str, ...]:
    """Say what most of the failures share and other payments do not, the most telling first.

    Declines are compared with earlier declines, everything else with all earlier payments.
    """
    found = []
    for trait in TRAITS:
        seen = Counter(filter(None, (getattr(one, trait.name) for one in failures)))
        before = Counter(filter(None, (getattr(one, trait.name) for one in usual)))
        if not seen:
            continue
        value, count = seen.most_common(1)[0]
        share = count / len(failures)
        otherwise = before[value] / before.total() if before else 0.0
        if share < _SHARED_BY or share < otherwise * _RARER:
            continue
        words = trait.words.format(value=value)
        found.append(
            (share - otherwise, f"{count} of {len(failures)} {words} (usually {_share(otherwise)}).")
        )
    return tuple(words for _, words in sorted(found, reverse=True))


def told(verdict: Verdict, window_minutes: int, common: Sequence[str]) -> str:
    """Say how many payments fail now, how many usually do, and what the failures share."""
    now = verdict.now
    head = (
        f"{now.failed} of {now.attempts} payments failed in the last {window_minutes} minutes "
        f"({_share(now.share)}; usually {_share(verdict.usual)}), of {now.customers} customers."
    )
    return "\n".join([head, *(common or ["The failures have nothing in common that stands out."])])


def drifted(drift: Drift, health: Health) -> bool:
    """Say whether so much differs that somebody has to look."""
    return drift.count >= health.drift_count and drift.count >= drift.compared * health.drift_share


def drift_told(drift: Drift) -> str:
    """Name what differs: the first of it by id, the rest by number."""
    objects = f"{drift.count} of {drift.compared} objects"
    lines = [f"{objects} were not here as they are in Stripe. They were read again, and are right now."]
    left = _NAMED
    for what, ids in drift.parts.items():
        if named := ids[:left]:
            left -= len(named)
            lines.append(f"{what.capitalize()}: {', '.join(named)}")
    if drift.count > _NAMED:
        lines.append(f"And {drift.count - _NAMED} more.")
    return "\n".join(lines)


def _share(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def _log_beta(alpha: float, beta: float) -> float:
    return lgamma(alpha) + lgamma(beta) - lgamma(alpha + beta)

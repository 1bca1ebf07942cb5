"""Measure rulings per second against zen-engine with the same table, and the replay of a year of cases."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import zen
from msgspec.structs import replace

from bench.zen_table import zen_context, zen_graph
from policy.facts import Actor, Ask, Charge, Customer, Facts, Identity, Reason, Source, Subscription
from policy.model import Playbook
from policy.money import Money
from policy.playbook import load
from policy.replay import RecordedCase, replay, verdict
from policy.ruling import rule

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)


def measure(rounds: int = 7, per_round: int = 3000, cases: int = 100_000) -> dict[str, Any]:
    """Return rulings per second of both engines (medians of interleaved rounds) and the replay's seconds.

    Both rule on the same cases, and every decision is compared before anything is measured. The facts are
    turned into zen's own form ahead of the measurement, and zen is spared what its table does not need.
    Its table writes the same findings into its result; `trace` adds its own record of the way there.
    """
    playbook = load(None)
    scenes = [case(reason, minor) for reason in COMPARED for minor in (4900, 62_000, 250_000)]
    contexts = [zen_context(facts, NOW.timestamp()) for facts in scenes]
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"playbook": zen_graph(playbook)}}})

    def ours(index: int) -> object:
        return rule(scenes[index], playbook, NOW)

    def theirs(index: int) -> object:
        return engine.evaluate("playbook", contexts[index], {"trace": True})

    def theirs_untraced(index: int) -> object:
        return engine.evaluate("playbook", contexts[index])

    _compare(scenes, contexts, playbook, engine)
    rates: dict[str, list[float]] = {"ours": [], "zen": [], "untraced": []}
    for _ in range(rounds):
        rates["ours"].append(_rate(ours, len(scenes), per_round))
        rates["zen"].append(_rate(theirs, len(scenes), per_round // 4))
        rates["untraced"].append(_rate(theirs_untraced, len(scenes), per_round // 4))
    mine, zens, untraced = (statistics.median(rates[name]) for name in ("ours", "zen", "untraced"))
    return {
        "rulings_per_second": round(mine),
        "zen_per_second": round(zens),
        "times_as_many": round(mine / zens, 2),
        "zen_without_its_own_trace_per_second": round(untraced),
        "times_as_many_without_its_own_trace": round(mine / untraced, 2),
        "cases_replayed": cases,
        "replay_seconds": round(_replay_seconds(playbook, scenes, cases), 2),
    }


COMPARED: Final = (
    Reason.DUPLICATE,
    Reason.AFTER_CANCELLATION,
    Reason.ACCIDENTAL_RENEWAL,
    Reason.TECHNICAL_ERROR,
    Reason.TERMINATION,
    Reason.UNUSED_MODULE,
    Reason.DISSATISFACTION,
    Reason.OTHER,
)


def case(reason: Reason, minor: int) -> Facts:
    """Return a complete request for `reason` about a charge of `minor` US cents."""
    day = timedelta(days=1)
    charge = Charge(
        id="ch_1",
        amount=Money(minor, "USD"),
        created_at=NOW - 3 * day,
        customer_id="cus_1",
        billing_reason="subscription_cycle",
    )
    subscription = Subscription("sub_1", "canceled", NOW - 9 * day, interval="year", ends_at=NOW - 4 * day)
    return Facts(
        ask=Ask(
            "ch_1",
            reason,
            Source.EMAIL,
            ticket="4711",
            note="asked",
            identity=Identity(email=True, organisation=True, tenant=True),
        ),
        charge=charge,
        customer=Customer("cus_1"),
        actor=Actor("U1", "Ana"),
        subscription=subscription,
        siblings=(replace(charge, id="ch_2"),),
    )


def _compare(
    scenes: list[Facts], contexts: list[dict[str, Any]], playbook: Playbook, engine: zen.ZenEngine
) -> None:
    for facts, context in zip(scenes, contexts, strict=True):
        decided = verdict(rule(facts, playbook, NOW))
        result = engine.evaluate("playbook", context)["result"]
        ours = (decided.outcome, decided.issue or None, decided.amount.minor if decided.amount else None)
        theirs = (result["outcome"], result.get("issue"), result.get("amount"))
        if ours != theirs:
            raise AssertionError(f"the engines disagree on {facts.ask.reason}: {ours}, {theirs}")


def _rate(work: Callable[[int], object], kinds: int, count: int) -> float:
    started = time.perf_counter()
    for index in range(count):
        work(index % kinds)
    return count / (time.perf_counter() - started)


def _replay_seconds(playbook: Playbook, scenes: list[Facts], count: int) -> float:
    rulings = [rule(facts, playbook, NOW) for facts in scenes]
    kinds = len(scenes)
    cases = (RecordedCase(f"c{n}", scenes[n % kinds], NOW, rulings[n % kinds]) for n in range(count))
    started = time.perf_counter()
    report = replay(cases, playbook)
    seconds = time.perf_counter() - started
    if report.flips:
        raise AssertionError("the same playbook changed a ruling")
    return seconds


def main() -> None:
    """Print the measurement as JSON."""
    print(json.dumps(measure(), indent=2))


if __name__ == "__main__":
    main()

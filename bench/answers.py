"""How fast the desk answers clicks and webhooks, against the barest servers and against naive ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bench import prepared
from bench.prepared import Delivery
from bench.rounds import ROUNDS, Line, line, load, running

_SLACK, _STRIPE = "/slack/events", "/stripe/webhook"
_EACH = 1500


def clicks(folder: Path) -> list[Line]:
    """Measure a click (verify, authorise, guarded write and audit, durable) on SQLite."""
    url = prepared.database(f"sqlite:///{folder / 'clicks.db'}")
    naive = prepared.database(f"sqlite:///{folder / 'naive.db'}")
    ids = {(c, r): [f"ES-{c}-{r}-{i}" for i in range(_EACH)] for c in (16, 64) for r in range(ROUNDS)}
    prepared.escalations(url, [one for group in ids.values() for one in group])
    lines = []
    with running(["bare", "twin", "desk_slack", "naive_slack"], [url, url, url, naive]) as at:
        for connections, limit in ((16, 0.45), (64, 0.5)):
            rounds, latencies, against = [], [], []
            for number in range(ROUNDS):
                mine = [prepared.click("escalation_acknowledge", one) for one in ids[connections, number]]
                bare = [prepared.click("escalation_acknowledge", "ES-bare")] * _EACH
                theirs = load(at["bare"], _SLACK, bare, connections)
                ours = load(at["desk_slack"], _SLACK, mine, connections)
                twin = load(at["twin"], _SLACK, bare, connections)
                rounds.append((ours["rate"], theirs["rate"], twin["rate"]))
                latencies.append((ours["p50_ms"], ours["p99_ms"]))
                if connections == 16:
                    slow = load(at["naive_slack"], _SLACK, bare[: _EACH // 5], connections)
                    against.append((ours["rate"], slow["rate"], slow["rate"]))
            lines.append(
                line(f"click, {connections} connections, against a bare ack", limit, rounds, ms=latencies)
            )
            if against:
                lines.append(line("click against a default app with one async ORM insert", 4.0, against))
            worst = [(5 * p50, p99, p99) for p50, p99 in latencies]
            if connections == 64:
                lines.append(line("five times p50 against p99, 64 connections", 1.0, worst))
        lines.append(_listeners(at["desk_slack"], folder))
    return lines


def _listeners(desk: str, folder: Path) -> Line:
    empty = f"sqlite:///{folder / 'clicks.db'}"
    rounds = []
    with running(["one_listener"], [empty]) as at, running(["one_listener"], [empty]) as other:
        ack = [prepared.click("open_link", "x")] * (2 * _EACH)
        for _ in range(ROUNDS):
            theirs = load(at["one_listener"], _SLACK, ack, 16)
            ours = load(desk, _SLACK, ack, 16)
            twin = load(other["one_listener"], _SLACK, ack, 16)
            rounds.append((ours["rate"], theirs["rate"], twin["rate"]))
    return line("ack with every listener registered, against the same app with one", 0.9, rounds)


def webhooks(folder: Path) -> list[Line]:
    """Measure the taking in of an event (verify, once, durable) on SQLite."""
    url = prepared.database(f"sqlite:///{folder / 'webhooks.db'}")
    naive = prepared.database(f"sqlite:///{folder / 'naive-webhooks.db'}")
    lines = []
    with running(["hmac_only", "hmac_twin", "desk_webhook", "naive_webhook"], [url, url, url, naive]) as at:

        def against_hmac(
            what: str, limit: float, connections: int, make: Callable[[int], Sequence[Delivery]]
        ) -> None:
            rounds = []
            for number in range(ROUNDS):
                events = make(number)
                theirs = load(at["hmac_only"], _STRIPE, events, connections)
                ours = load(at["desk_webhook"], _STRIPE, events, connections)
                twin = load(at["hmac_twin"], _STRIPE, events, connections)
                rounds.append((ours["rate"], theirs["rate"], twin["rate"]))
            lines.append(line(what, limit, rounds))

        for connections, limit in ((16, 0.28), (64, 0.36)):
            against_hmac(
                f"webhook, {connections} connections, against checking the HMAC alone",
                limit,
                connections,
                lambda number, c=connections: [
                    prepared.event(f"evt_{c}_{number}_{i}") for i in range(2 * _EACH)
                ],  # type: ignore[misc]  # a default binds the loop's value
            )
        against_hmac(
            "webhook that came before, 16 connections, against checking the HMAC alone",
            0.4,
            16,
            lambda _number: [prepared.event(f"evt_16_0_{i}") for i in range(2 * _EACH)],
        )
        rounds = []
        for number in range(ROUNDS):
            ours = load(
                at["desk_webhook"], _STRIPE, [prepared.event(f"evt_n{number}_{i}") for i in range(_EACH)], 16
            )
            few = [prepared.event(f"evt_m{number}_{i}") for i in range(_EACH // 5)]
            theirs = load(at["naive_webhook"], _STRIPE, few, 16)
            rounds.append((ours["rate"], theirs["rate"], theirs["rate"]))
        lines.append(line("webhook against construct_event and one async ORM insert", 4.0, rounds))
    return lines

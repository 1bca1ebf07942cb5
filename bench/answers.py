"""How fast the desk answers clicks and webhooks, against the barest servers and against naive ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench import prepared
from bench.databases import Databases
from bench.prepared import Delivery
from bench.rounds import ROUNDS, Line, line, load, running

_SLACK, _STRIPE = "/slack/events", "/stripe/webhook"
_EACH = 1500


def clicks(databases: Databases) -> list[Line]:
    """Measure a click (verify, authorise, guarded write and audit, durable)."""
    url, naive = databases.fresh(), databases.fresh()
    ids = {(c, r): [f"ES-{c}-{r}-{i}" for i in range(_EACH)] for c in (16, 64) for r in range(ROUNDS)}
    prepared.escalations(url, [one for group in ids.values() for one in group])
    on = databases.name
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
                    again = load(at["naive_slack"], _SLACK, bare[: _EACH // 5], connections)
                    against.append((ours["rate"], slow["rate"], again["rate"]))
            what = f"click on {on}, {connections} connections, against a bare ack"
            lines.append(line(what, limit, rounds, ms=latencies, durable=prepared.durability(url)))
            if against:
                lines.append(line(f"click on {on}, against a default app and one async insert", 4.0, against))
            if connections == 64:
                worst = [(5 * p50, p99, p99) for p50, p99 in latencies]
                lines.append(line(f"five times p50 against p99 on {on}, 64 connections", 1.0, worst))
    prepared.check_clicks(url, sum(map(len, ids.values())))
    return lines


def listeners(databases: Databases) -> list[Line]:
    """Measure an acknowledgement with every listener registered."""
    empty = databases.fresh()
    rounds = []
    names = ["one_listener", "twin_listener", "desk_slack"]
    with running(names, [empty, empty, empty]) as at:
        ack = [prepared.click("open_link", "x")] * (2 * _EACH)
        for _ in range(ROUNDS):
            theirs = load(at["one_listener"], _SLACK, ack, 16)
            ours = load(at["desk_slack"], _SLACK, ack, 16)
            twin = load(at["twin_listener"], _SLACK, ack, 16)
            rounds.append((ours["rate"], theirs["rate"], twin["rate"]))
    return [line("ack with every listener registered, against the same app with one", 0.9, rounds)]


def webhooks(databases: Databases) -> list[Line]:
    """Measure the taking in of an event (verify, once, durable)."""
    url, naive = databases.fresh(), databases.fresh()
    on = databases.name
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
                f"webhook on {on}, {connections} connections, against checking the HMAC alone",
                limit,
                connections,
                lambda number, c=connections: [
                    prepared.event(f"evt_{c}_{number}_{i}") for i in range(2 * _EACH)
                ],  # type: ignore[misc]  # a default binds the loop's value
            )
        against_hmac(
            f"webhook on {on} that came before, 16 connections, against checking the HMAC alone",
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
            fresh = [prepared.event(f"evt_o{number}_{i}") for i in range(_EACH // 5)]
            twin = load(at["naive_webhook"], _STRIPE, fresh, 16)
            rounds.append((ours["rate"], theirs["rate"], twin["rate"]))
        lines.append(line(f"webhook on {on}, against construct_event and one async insert", 4.0, rounds))
    prepared.check_events(url, ROUNDS * (2 * 2 * _EACH + _EACH))
    return lines

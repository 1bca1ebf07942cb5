"""“I was charged twice”: the three things behind it, told apart from what Stripe holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from msgspec import Struct

from policy.facts import Charge
from policy.rules.duplicates import doubt, perhaps_a_twin, same_day_and_amount, surely_a_twin


class Pair(Struct, frozen=True):
    """Two charges of one amount on one day; `later` is the one to give back. `doubts` empty: it is sure."""

    earlier: Charge
    later: Charge
    doubts: str = ""

    @property
    def two_accounts(self) -> bool:
        """Whether two customers were charged."""
        return self.earlier.customer_id != self.later.customer_id


class Twice(Struct, frozen=True):
    """What was found: pairs, and authorisations that look like a second charge and are none."""

    pairs: tuple[Pair, ...]
    holds: tuple[Charge, ...]


def charged_twice(own: Sequence[Charge], elsewhere: Sequence[Charge], zone: tzinfo) -> Twice:
    """Tell a customer's own charges and those of other customers on the same card apart.

    Source: PenguinMails: Billing Operations Guide, 3. “I was charged twice”.
    """
    everything = sorted([*own, *elsewhere], key=lambda charge: (charge.created_at, charge.id))
    mine = {charge.id for charge in own}
    pairs = [
        pair
        for number, later in enumerate(everything)
        for earlier in everything[:number]
        if {earlier.id, later.id} & mine and (pair := _pair(earlier, later, zone))
    ]
    holds = [charge for charge in own if charge.status == "succeeded" and not charge.captured]
    return Twice(
        tuple(reversed(_once_each(pairs))),
        tuple(charge for charge in holds if charge.refunded_minor < charge.amount.minor),
    )


def _pair(earlier: Charge, later: Charge, zone: tzinfo) -> Pair | None:
    taken = earlier.status == later.status == "succeeded" and earlier.captured and later.captured
    if not taken or not earlier.left.minor or not later.left.minor:
        return None
    if not same_day_and_amount(earlier, later, zone):
        return None
    if surely_a_twin(earlier, later) and not earlier.disputed:
        return Pair(earlier, later)
    return Pair(earlier, later, doubt(earlier, later)) if perhaps_a_twin(earlier, later) else None


def _once_each(pairs: Sequence[Pair]) -> list[Pair]:
    """Keep one pair for each later charge, a sure one where there is one."""
    found: dict[str, Pair] = {}
    for pair in sorted(pairs, key=lambda one: bool(one.doubts)):
        found.setdefault(pair.later.id, pair)
    return sorted(found.values(), key=lambda one: one.later.created_at)

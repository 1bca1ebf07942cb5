"""Read how much needs whom: tiers without gap or overlap, ceilings, and the rate table."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from policy.model import Amounts, Ceilings, Issue, Rates, Tier, Together
from policy.money import Money
from policy.reading.table import Table


def read_rates(top: Table, issues: Mapping[str, Issue]) -> Rates:
    """Return the rate table. Raises PlaybookError: a rate that is no decimal number in quotes."""
    table = top.table("rates")
    reference = table.text("reference")
    if len(reference) != 3 or not reference.isascii() or not reference.isupper():
        raise table.error(
            f"“{reference}” is not a currency code. Use three letters, such as USD.", "reference"
        )
    one = table.optional_table("one")
    rates = {} if one is None else {currency: one.ratio(currency) for currency in one.names()}
    read = Rates(
        reference=reference,
        as_of=table.date("as_of"),
        unknown=table.choice("unknown", issues),
        one={**rates, reference: (1, 1)},
        source=table.text("source"),
    )
    table.finish()
    return read


def read_amounts(top: Table, issues: Mapping[str, Issue], reference: str) -> Amounts:
    """Return the amount rules. Raises PlaybookError: a gap or an overlap between tiers."""
    table = top.table("amounts")
    documented = table.optional_table("documented")
    tiers = table.optional_table("customer_tiers")
    read = Amounts(
        tiers=_tiers(table, issues, reference),
        review=table.choice("review", issues),
        exception=table.optional_choice("exception", issues),
        above_eligible=table.optional_choice("above_eligible", issues),
        together=_together(table.optional_table("together")),
        ceilings=_ceilings(table.optional_table("ceilings"), reference),
        documented_above=documented.money("above", reference) if documented else None,
        documented_source=documented.text("source") if documented else "",
        customer_tiers=_customer_tiers(tiers, reference) if tiers else {},
        customer_tiers_source=tiers.text("source") if tiers else "",
        source=table.text("source"),
    )
    for part in (documented, tiers, table):
        if part is not None:
            part.finish()
    return read


def _tiers(table: Table, issues: Mapping[str, Issue], reference: str) -> tuple[Tier, ...]:
    read = [(_tier(part, issues, reference), part) for part in table.tables("tiers")]
    read.sort(key=lambda pair: (pair[0].start, not pair[0].includes_start))
    first, first_table = read[0]
    if first.start or not first.includes_start:
        raise first_table.error("No tier covers the amounts below this one: leave out its lower bound.")
    for (lower, _), (upper, upper_table) in pairwise(read):
        _refuse_bad_border(lower, upper, upper_table, reference)
    last, last_table = read[-1]
    if last.end is not None:
        raise last_table.error("No tier covers the amounts above this one: leave out its upper bound.")
    return tuple(tier for tier, _ in read)


def _tier(table: Table, issues: Mapping[str, Issue], reference: str) -> Tier:
    start, includes_start = _bound(table, "from", "above", reference)
    end, includes_end = _bound(table, "up_to", "below", reference)
    automatic = table.has("automatic") and table.flag("automatic")
    tier = Tier(
        start=start or 0,
        includes_start=includes_start or start is None,
        end=end,
        includes_end=includes_end,
        issue=None if automatic else table.choice("issue", issues),
        says=table.text("says"),
        source=table.text("source"),
    )
    if automatic and table.has("issue"):
        raise table.error("A tier is either automatic or has an issue, not both.", "issue")
    if tier.end is not None and tier.end <= tier.start:
        raise table.error("The tier ends before it starts.", "up_to" if includes_end else "below")
    table.finish()
    return tier


def _bound(table: Table, inclusive: str, exclusive: str, reference: str) -> tuple[int | None, bool]:
    if table.has(inclusive) and table.has(exclusive):
        raise table.error(f"Write “{inclusive}” or “{exclusive}”, not both.", exclusive)
    if table.has(inclusive):
        return table.money(inclusive, reference).minor, True
    if table.has(exclusive):
        return table.money(exclusive, reference).minor, False
    return None, False


def _refuse_bad_border(lower: Tier, upper: Tier, table: Table, reference: str) -> None:
    border = Money(upper.start, reference)
    key = "from" if upper.includes_start else "above"
    if (
        lower.end is None
        or lower.end > upper.start
        or (lower.end == upper.start and lower.includes_end and upper.includes_start)
    ):
        raise table.error(f"Two tiers overlap at {border}: each amount belongs to one tier.", key)
    if lower.end < upper.start or not (lower.includes_end or upper.includes_start):
        raise table.error(
            f"There is a gap between tiers: {Money(lower.end, reference)} to {border} belongs to none.", key
        )


def _together(table: Table | None) -> Together | None:
    if table is None:
        return None
    read = Together(table.count("days", at_least=1), table.text("source"))
    table.finish()
    return read


def _ceilings(table: Table | None, reference: str) -> Ceilings | None:
    if table is None:
        return None
    read = Ceilings(
        agent_count=table.count("agent_count"),
        agent_minor=table.money("agent_amount", reference).minor,
        all_count=table.count("all_count"),
        all_minor=table.money("all_amount", reference).minor,
        source=table.text("source"),
    )
    table.finish()
    return read


def _customer_tiers(table: Table, reference: str) -> dict[str, Money]:
    at_least = table.table("at_least")
    return {name: at_least.money(name, reference) for name in at_least.names()}

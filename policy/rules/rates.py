"""Convert amounts into the reference currency by the playbook's rate table, in whole numbers."""

from __future__ import annotations

from collections.abc import Callable

from policy.model import Rates
from policy.money import exponent

Convert = Callable[[int, str], int | None]


def compile_rates(rates: Rates) -> Convert:
    """Return a function of minor units and currency; it rounds half up, and knows no rate: None."""
    places = exponent(rates.reference)
    factors: dict[str, tuple[int, int]] = {}
    for currency, (numerator, denominator) in rates.one.items():
        factors[currency] = (numerator * 10**places, denominator * 10 ** exponent(currency))
    reference = rates.reference

    def convert(minor: int, currency: str) -> int | None:
        if currency == reference:
            return minor
        factor = factors.get(currency)
        if factor is None:
            return None
        numerator, denominator = factor
        return (2 * minor * numerator + denominator) // (2 * denominator)

    return convert

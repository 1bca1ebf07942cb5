"""Amounts are whole minor units, are read as people type them, and are shared out without losing a cent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.money import Money, MoneyError, parse_amount


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("49", "USD", 4900),
        ("49.00", "USD", 4900),
        ("1,234.5", "USD", 123_450),
        ("$49", "USD", 4900),
        ("49.00 usd", "USD", 4900),
        ("USD 49", "USD", 4900),
        ("4900", "JPY", 4900),
        ("1.25", "KWD", 1250),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, currency: str, minor: int) -> None:
    assert Money(minor, currency) == parse_amount(typed, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "says"),
    [
        ("0", "USD", "more than zero"),
        ("-5", "USD", "more than zero"),
        ("1.234", "USD", "USD has 2 decimals"),
        ("1.5", "JPY", "JPY has no decimals"),
        ("49 EUR", "USD", "is in EUR"),
        ("many", "USD", "is not an amount"),
        ("1,23", "USD", "is not an amount"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(typed: str, currency: str, says: str) -> None:
    with pytest.raises(MoneyError) as refusal:
        parse_amount(typed, currency)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Money(123_450, "USD"), "1,234.50 USD"),
        (Money(4900, "JPY"), "4,900 JPY"),
        (Money(1250, "KWD"), "1.250 KWD"),
        (Money(-5, "USD"), "-0.05 USD"),
    ],
)
def test_an_amount_is_written_as_people_read_it(amount: Money, written: str) -> None:
    assert written == str(amount)


def test_currencies_do_not_mix_and_nothing_is_a_float() -> None:
    with pytest.raises(MoneyError, match="different currencies"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(MoneyError, match="not a currency code"):
        Money(1, "usd")
    with pytest.raises(TypeError, match="whole number"):
        Money(1.0, "USD")  # type: ignore[arg-type]  # what must not be passed


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**9), st.integers(0, 365), st.integers(1, 365))
def test_a_share_is_rounded_half_up_to_the_minor_unit(minor: int, numerator: int, denominator: int) -> None:
    share = Money(minor, "USD").share(numerator, denominator)
    assert -denominator < 2 * (share.minor * denominator - minor * numerator) <= denominator

"""Money as whole minor units of an ISO 4217 currency; never a float."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

# Stripe's lists of currencies without decimals and with three (API documentation, "Supported currencies").
_ZERO_DECIMAL: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())
_THREE_DECIMAL: Final = frozenset("BHD JOD KWD OMR TND".split())

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_AMOUNT: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?")


class MoneyError(ValueError):
    """An amount that cannot be read or combined; its text is the sentence for the person who typed it."""


def exponent(currency: str) -> int:
    """Return how many decimals `currency` (ISO 4217, upper case) has: 0, 2 or 3."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


class Money(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in whole `minor` units (cents, yen, fils) of an upper-case ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are a whole number, not {self.minor!r}")
        if not _CURRENCY.fullmatch(self.currency):
            raise MoneyError(f"“{self.currency}” is not a currency code. Use three letters, such as USD.")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """Write it as people read it: `1,234.50 USD`, `4,900 JPY`, `1.250 KWD`."""
        return f"{self.digits} {self.currency}"

    @property
    def digits(self) -> str:
        """The amount without its currency, with thousands separators: `1,234.50`."""
        places = exponent(self.currency)
        sign = "-" if self.minor < 0 else ""
        whole, rest = divmod(abs(self.minor), 10**places)
        return f"{sign}{whole:,}.{rest:0{places}d}" if places else f"{sign}{whole:,}"

    def share(self, numerator: int, denominator: int) -> Money:
        """Return `numerator / denominator` of it, rounded half up to the minor unit, in integers."""
        if denominator <= 0:
            raise MoneyError("a share needs a whole that is larger than zero")
        return Money((2 * self.minor * numerator + denominator) // (2 * denominator), self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MoneyError(f"{other} and {self} are in different currencies.")
        return other


def parse_amount(text: str, currency: str) -> Money:
    """Read what a person typed (`49`, `49.00`, `1,234.5`, `$49`, `49.00 usd`) as `currency`.

    Raises MoneyError, in words for that person: not an amount, zero, negative, another currency,
    or more decimals than the currency has.
    """
    typed = text.strip()
    bare = typed.removeprefix("$").strip() if currency == "USD" else typed
    named = re.fullmatch(r"(.*\d)\s*([A-Za-z]{3})", bare) or re.fullmatch(r"([A-Za-z]{3})\s*(.*\d)", bare)
    if named:
        first, second = named.groups()
        code, bare = (second, first) if second.isalpha() else (first, second)
        if code.upper() != currency:
            raise MoneyError(
                f"The charge is in {currency}, so the refund is too. “{typed}” is in {code.upper()}."
            )
    if bare.startswith("-"):
        raise MoneyError("The amount must be more than zero.")
    match = _AMOUNT.fullmatch(bare)
    if not match:
        raise MoneyError(f"“{typed}” is not an amount. Write it like {_example(currency)}.")
    whole, decimals = match.group(1).replace(",", ""), match.group(2) or ""
    places = exponent(currency)
    if len(decimals) > places:
        allowed = f"{places} decimals" if places else "no decimals"
        raise MoneyError(f"{currency} has {allowed}. Write it like {_example(currency)}.")
    minor = int(whole) * 10**places + int(decimals.ljust(places, "0") or "0")
    if minor == 0:
        raise MoneyError("The amount must be more than zero.")
    return Money(minor, currency)


def _example(currency: str) -> str:
    return Money(49 * 10 ** exponent(currency), currency).digits

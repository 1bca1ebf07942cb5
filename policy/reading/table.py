"""One table of a playbook, read key by key: typed values, or an error with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from fractions import Fraction
from typing import Final

from policy.money import Money, MoneyError, parse_amount
from policy.reading.lines import Path

_DURATION: Final = re.compile(r"(\d+) ?(min|h|days?)")
_UNIT: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
    "days": timedelta(days=1),
}
_DECIMAL: Final = re.compile(r"\d+(?:\.\d+)?")


class PlaybookError(ValueError):
    """A playbook that cannot be used; its text names the file, the line and what to write instead."""

    def __init__(self, name: str, line: int, fault: str) -> None:
        super().__init__(f"{name}, line {line}: {fault}")
        self.name = name
        self.line = line
        self.fault = fault


class Table:
    """A TOML table with its place in the file. `finish` refuses whatever nobody asked for."""

    def __init__(
        self, name: str, lines: Mapping[Path, int], data: Mapping[str, object], path: Path = ()
    ) -> None:
        self._name = name
        self._lines = lines
        self._data = data
        self._path = path
        self._known: list[str] = []

    @property
    def where(self) -> str:
        """The table's name as its header writes it, `issues.dispute`."""
        return ".".join(str(part) for part in self._path if isinstance(part, str)) or "the top of the file"

    def error(self, fault: str, key: str | None = None) -> PlaybookError:
        """Return the error for `fault`, at `key`'s line, else at the table's, else at its parent's."""
        path = (*self._path, key) if key is not None else self._path
        while path not in self._lines:
            path = path[:-1]
        return PlaybookError(self._name, self._lines[path], fault)

    def names(self) -> list[str]:
        """Return the keys that the file has, in its order."""
        return list(self._data)

    def has(self, key: str) -> bool:
        """Return whether the file has `key`."""
        return key in self._data

    def text(self, key: str) -> str:
        """Return a text that must be there and say something."""
        value = self._get(key)
        if value is None:
            raise self.error(f"“{key}” is missing in [{self.where}].")
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"“{key}” must be a text in quotes that is not empty.", key)
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None where the file has none."""
        return self.text(key) if self._get(key) is not None else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; none where the file has none."""
        value = self._get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(f"“{key}” must be a list of texts in quotes.", key)
        return tuple(value)

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        """Return a text that is one of `allowed`."""
        value = self.text(key)
        names = list(allowed)
        if value not in names:
            raise self.error(f"“{value}” is not a known {key}. {_instead(value, names)}", key)
        return value

    def optional_choice(self, key: str, allowed: Iterable[str]) -> str | None:
        """Return one of `allowed`, or None where the file has none."""
        return self.choice(key, allowed) if self._get(key) is not None else None

    def flag(self, key: str) -> bool:
        """Return true or false; it must be there."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self.error(f"“{key}” must be true or false.", key)
        return value

    def count(self, key: str, at_least: int = 0) -> int:
        """Return a whole number that must be there."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < at_least:
            raise self.error(f"“{key}” must be a whole number of at least {at_least}.", key)
        return value

    def duration(self, key: str) -> timedelta:
        """Return a duration that must be there and be longer than nothing."""
        value = self.text(key)
        match = _DURATION.fullmatch(value)
        if not match or int(match[1]) == 0:
            raise self.error(f"“{value}” is no duration. Write {key} like 15 min, 24 h or 7 days.", key)
        return int(match[1]) * _UNIT[match[2]]

    def money(self, key: str, currency: str) -> Money:
        """Return an amount in `currency` that must be there and be more than zero."""
        value = self.text(key)
        try:
            return parse_amount(value, currency)
        except MoneyError:
            raise self.error(f"“{value}” is not an amount in {currency}.", key) from None

    def ratio(self, key: str) -> tuple[int, int]:
        """Return a decimal number in quotes, more than zero, as numerator and denominator."""
        value = self.text(key)
        if not _DECIMAL.fullmatch(value) or not Fraction(value):
            raise self.error(f'“{value}” is not a rate. Write it in quotes, like "1.08".', key)
        return Fraction(value).as_integer_ratio()

    def date(self, key: str) -> date:
        """Return a day that must be there."""
        value = self._get(key)
        if type(value) is not date:
            raise self.error(f"“{key}” must be a day, written like 2026-11-02 without quotes.", key)
        return value

    def table(self, key: str) -> Table:
        """Return a table that must be there."""
        value = self._get(key)
        if value is None:
            raise self.error(f"The table [{'.'.join([*self._names, key])}] is missing.")
        if not isinstance(value, dict):
            raise self.error(f"“{key}” must be a table.", key)
        return Table(self._name, self._lines, value, (*self._path, key))

    def optional_table(self, key: str) -> Table | None:
        """Return a table, or None where the file has none."""
        return self.table(key) if self._get(key) is not None else None

    def children(self, key: str) -> dict[str, Table]:
        """Return the tables below `key` by their names; none where the file has none."""
        parent = self.optional_table(key)
        return {} if parent is None else {name: parent.table(name) for name in parent.names()}

    def tables(self, key: str) -> list[Table]:
        """Return the elements of an array of tables that must be there."""
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.error(f"[[{'.'.join([*self._names, key])}]] is missing: at least one is needed.", key)
        return [
            Table(self._name, self._lines, item, (*self._path, key, index))
            for index, item in enumerate(value)
        ]

    def finish(self) -> None:
        """Refuse every key that was not asked for. Raises PlaybookError."""
        for key in self._data:
            if key not in self._known:
                raise self.error(f"“{key}” is not known in [{self.where}]. {_instead(key, self._known)}", key)

    @property
    def _names(self) -> list[str]:
        return [part for part in self._path if isinstance(part, str)]

    def _get(self, key: str) -> object:
        if key not in self._known:
            self._known.append(key)
        return self._data.get(key)


def _instead(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"Did you mean “{close[0]}”?" if close else f"It can be: {', '.join(sorted(known))}."

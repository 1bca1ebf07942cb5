"""Small checks that combine into Slack's schemas and complain in Slack's words, with a JSON pointer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Complaint = str
Check = Callable[[object, str], Iterator[Complaint]]
"""A check reads a value and its JSON pointer, and yields one complaint for each thing that is wrong."""
Further = Callable[[dict[str, Any], str], Iterator[Complaint]]
"""A check of what several fields of an object have to do with each other."""

_HTTP: Final = re.compile(r"https?://[^\s]+|mailto:[^\s]+", re.IGNORECASE)


def complaint(what: str, pointer: str) -> Complaint:
    """Write a complaint as Slack does: `what [json-pointer:/blocks/0/text]`."""
    return f"{what} [json-pointer:{pointer}]"


def string(longest: int, shortest: int = 0) -> Check:
    """Accept a string of `shortest` to `longest` characters."""

    def check(value: object, at: str) -> Iterator[Complaint]:
        if not isinstance(value, str):
            yield complaint("must be a string", at)
            return
        if len(value) > longest:
            yield complaint(f"must be less than {longest + 1} characters", at)
        if len(value) < shortest:
            yield complaint(f"must be more than {shortest - 1} characters", at)

    return check


def matching(pattern: str, called: str) -> Check:
    """Accept a string that matches `pattern` as a whole; `called` names it in the complaint."""
    compiled = re.compile(pattern)

    def check(value: object, at: str) -> Iterator[Complaint]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield complaint(f"must be {called}", at)

    return check


def url(longest: int = 3000) -> Check:
    """Accept an absolute web address."""
    length = string(longest, 1)

    def check(value: object, at: str) -> Iterator[Complaint]:
        yield from length(value, at)
        if isinstance(value, str) and value and not _HTTP.fullmatch(value):
            yield complaint("must be a valid URL", at)

    return check


def flag(value: object, at: str) -> Iterator[Complaint]:
    """Accept true and false."""
    if not isinstance(value, bool):
        yield complaint("must be a boolean", at)


def integer(least: int, most: int) -> Check:
    """Accept a whole number from `least` to `most`."""

    def check(value: object, at: str) -> Iterator[Complaint]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield complaint("must be an integer", at)
            return
        if not least <= value <= most:
            yield complaint(f"must be between {least} and {most}", at)

    return check


def one_of(*values: str) -> Check:
    """Accept one of these words."""

    def check(value: object, at: str) -> Iterator[Complaint]:
        if value not in values:
            yield complaint(f"value must be one of [{', '.join(values)}]", at)

    return check


def array(of: Check, most: int, least: int = 1) -> Check:
    """Accept a list of `least` to `most` items that each pass `of`."""

    def check(value: object, at: str) -> Iterator[Complaint]:
        if not isinstance(value, list):
            yield complaint("must be an array", at)
            return
        if len(value) > most:
            yield complaint(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield complaint(f"no fewer than {least} items allowed", at)
        for index, item in enumerate(value):
            yield from of(item, f"{at}/{index}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check], *further: Further) -> Check:
    """Accept an object with these keys and no others, that also passes each check in `further`."""
    known = {**required, **optional}

    def check(value: object, at: str) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield complaint("must be an object", at)
            return
        for key in required:
            if key not in value:
                yield complaint(f"missing required field: {key}", at)
        before = True
        for key, held in value.items():
            if key not in known:
                yield complaint(f"invalid additional property: {key}", at)
                continue
            for wrong in known[key](held, f"{at}/{key}"):
                before = False
                yield wrong
        # What spans several fields can only be judged once each of them is well-formed.
        if before and required.keys() <= value.keys():
            for more in further:
                yield from more(value, at)

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """Accept an object whose `type` is a key of `kinds`, and that passes that check."""

    def check(value: object, at: str) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield complaint("must be an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield complaint("missing required field: type", at)
            return
        if not isinstance(kind, str) or kind not in kinds:
            yield complaint(f"unsupported type: {kind}", f"{at}/type")
            return
        yield from kinds[kind](value, at)

    return check


def anything(_value: object, _at: str) -> Iterator[Complaint]:
    """Accept whatever is there."""
    return iter(())

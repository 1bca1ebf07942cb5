"""Find the line on which a TOML text says something, which the standard parser does not tell."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(r'\s*((?:[\w-]+|"[^"]*")(?:\.[\w-]+)*)\s*=')
_FENCE: Final = re.compile(r'"""|\'\'\'')


def lines_of(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, of every table header and key of a TOML `text` that parses.

    An element of an array of tables has its index in the path: `("amounts", "tiers", 1, "below")`.
    """
    found: dict[Path, int] = {(): 1}
    counts: Counter[Path] = Counter()
    here: Path = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        skipped, inside_text = inside_text, inside_text ^ (len(_FENCE.findall(line)) % 2 == 1)
        if skipped:
            continue
        if header := _HEADER.fullmatch(line):
            here = tuple(part.strip() for part in header[2].split("."))
            if header[1] == "[[":
                counts[here] += 1
                found.setdefault(here, number)
                here = (*here, counts[here] - 1)
            found.setdefault(here, number)
        elif key := _KEY.match(line):
            found.setdefault((*here, *key[1].replace('"', "").split(".")), number)
    return found

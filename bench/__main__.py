"""`make bench`: one table, each line a ratio against its limit within one run, and JSON beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import asdict

from bench import answers, rest, whole
from bench.databases import Sqlite, postgresql
from bench.policy import measure
from bench.rounds import Line, scratch

_PARTS: Final = ("clicks", "webhooks", "beside", "memory", "sweeps", "start", "policy")


def main() -> int:
    """Measure what the arguments name (all without any); return 1 when a limit is missed."""
    wanted = set(sys.argv[1:]) or set(_PARTS)
    lines = []
    for one in _measured(wanted):
        print(f"{one.verdict:>13}  {one.ratio:>7.3f}  limit {one.limit:>6.3f}  {one.what}", flush=True)
        lines.append(one)
    Path("bench.json").write_text(json.dumps([asdict(one) for one in lines], indent=2) + "\n")
    print("The figures behind it are in bench.json.")
    return 1 if any(one.verdict == "misses" for one in lines) else 0


def _measured(wanted: set[str]) -> Iterator[Line]:
    with scratch() as folder, postgresql() as server:
        for databases in (Sqlite(folder), server):
            if "clicks" in wanted:
                yield from answers.clicks(databases)
            if "webhooks" in wanted:
                yield from answers.webhooks(databases)
        if "clicks" in wanted:
            yield from answers.listeners(Sqlite(folder / "listeners"))
        if "beside" in wanted:
            yield from whole.beside(Sqlite(folder / "beside"))
        if "memory" in wanted:
            yield from whole.memory(Sqlite(folder / "memory"))
        if "sweeps" in wanted:
            yield from rest.sweeps(folder)
    if "start" in wanted:
        yield from rest.start()
    if "policy" in wanted:
        yield _policy()


def _policy() -> Line:
    found = measure()
    return Line("rulings against zen-engine", found["times_as_many"], 4.0, conclusive=True, detail=found)


if __name__ == "__main__":
    sys.exit(main())

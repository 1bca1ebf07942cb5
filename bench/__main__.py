"""`make bench`: one table, each line a ratio against its limit within one run, and JSON beside it."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from bench import answers, rest
from bench.policy import measure
from bench.rounds import Line, scratch


def main() -> int:
    """Measure what the arguments name (all without any); return 1 when a limit is missed."""
    wanted = set(sys.argv[1:]) or {"clicks", "webhooks", "sweeps", "start", "policy"}
    folder = scratch()
    lines: list[Line] = []
    try:
        if "clicks" in wanted:
            lines += answers.clicks(folder)
        if "webhooks" in wanted:
            lines += answers.webhooks(folder)
        if "sweeps" in wanted:
            lines += rest.sweeps(folder)
        if "start" in wanted:
            lines += rest.start()
        if "policy" in wanted:
            lines.append(_policy())
    finally:
        shutil.rmtree(folder)
    for one in lines:
        print(f"{one.verdict:>13}  {one.ratio:>7.3f}  limit {one.limit:>6.3f}  {one.what}")
    Path("bench.json").write_text(json.dumps([asdict(one) for one in lines], indent=2) + "\n")
    print("The figures behind it are in bench.json.")
    return 1 if any(one.verdict == "misses" for one in lines) else 0


def _policy() -> Line:
    found = measure()
    return Line("rulings against zen-engine", found["times_as_many"], 4.0, conclusive=True, detail=found)


if __name__ == "__main__":
    sys.exit(main())

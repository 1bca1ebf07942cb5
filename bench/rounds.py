"""Servers side by side, loaded in interleaved rounds; the figure is the median of the rounds' ratios."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from bench.prepared import Delivery

ROUNDS: Final = 7
_SPREAD: Final = 0.15


class Line(Struct, frozen=True):
    """One line of the table: a ratio, its limit, and whether the machine was quiet enough to tell."""

    what: str
    ratio: float
    limit: float
    conclusive: bool
    detail: dict[str, Any]

    @property
    def verdict(self) -> str:
        """Say whether the limit holds."""
        if not self.conclusive:
            return "inconclusive"
        return "holds" if self.ratio >= self.limit else "misses"


@contextmanager
def running(names: Sequence[str], databases: Sequence[str]) -> Iterator[dict[str, str]]:
    """Start servers, each in a process of its own, and yield their addresses by name."""
    children = [
        subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "bench.servers", name, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, url in zip(names, databases, strict=True)
    ]
    try:
        yield {
            name: str(child.stdout and child.stdout.readline().strip())
            for name, child in zip(names, children, strict=True)
        }
    finally:
        for child in children:
            child.communicate()


def load(url: str, path: str, deliveries: Sequence[Delivery], connections: int) -> dict[str, Any]:
    """Send deliveries from another process. Raises RuntimeError unless every one is answered with 200."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as job:
        json.dump({"url": url, "path": path, "requests": deliveries, "connections": connections}, job)
        job.flush()
        told = subprocess.run(  # noqa: S603  # our own module
            [sys.executable, "-m", "bench.load", job.name], capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(told.stdout)
    if set(found["statuses"]) != {"200"}:
        raise RuntimeError(f"{path} answered {found['statuses']}")
    return found


def line(what: str, limit: float, rounds: Sequence[tuple[float, float, float]], **detail: Any) -> Line:  # noqa: ANN401  # figures
    """Judge rounds of (ours, theirs, their twin), in requests per second."""
    ratios = [ours / theirs for ours, theirs, _ in rounds]
    twins = [twin / theirs for _, theirs, twin in rounds]
    spread = statistics.median(abs(ratio - 1) for ratio in twins)
    detail |= {"ratios": [round(one, 3) for one in ratios], "twins": [round(one, 3) for one in twins]}
    return Line(what, round(statistics.median(ratios), 3), limit, spread <= _SPREAD, detail)


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder for databases, and remove it."""
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        yield Path(folder)

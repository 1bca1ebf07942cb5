"""Somebody may watch the sandbox: each request is told of when it came and when it was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Watch: TypeAlias = Callable[[str], bool]
"""Takes a moment such as “stripe: POST /v1/refunds came”; False cuts the connection there."""


def unwatched(_moment: str) -> bool:
    """Let everything go on."""
    return True

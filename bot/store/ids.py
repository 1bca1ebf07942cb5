"""Opaque ids that a person can still read out on the phone."""

from __future__ import annotations

import secrets
from typing import Final

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that look alike


def new_id(prefix: str, length: int = 7) -> str:
    """Return a new random id, such as `RF-7KQ2M9X`."""
    return f"{prefix}-{''.join(secrets.choice(_LETTERS) for _ in range(length))}"

"""The story's control panel beside the page: what the demo lets a visitor do to the world."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol


class Panel(Protocol):
    """Acts outside Slack: customers, banks, the clock. Implemented by the demo."""

    def acts(self) -> list[dict[str, Any]]:
        """Return `{"id", "label", "help", "fields": [{"id", "label", "options": […] | null}]}` for each."""

    async def run(self, act_id: str, values: dict[str, str]) -> str:
        """Do one act and return a sentence that says what happened."""

    def mail(self) -> list[dict[str, Any]]:
        """Return the mail that went out: `{"to", "from", "subject", "text", "at"}`."""

    def now(self) -> datetime:
        """Return the story's present."""

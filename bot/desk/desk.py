"""The desk: everything that a use-case may need, as the first argument of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from bot.attachments import Attachments
from bot.directory import Directory
from bot.mailer import Mailer
from bot.messenger import Messenger
from bot.payments import Payments
from bot.store.engine import Store
from bot.tasks import Tasks
from bot.usage import UsageRecord
from policy.playbook import Playbook


@dataclass(slots=True)
class Rules:
    """The playbook in force; `SIGHUP` puts another one here."""

    playbook: Playbook


class Desk(Struct, frozen=True):
    """One refund desk. `now` is the only clock that use-cases know; times are aware, in UTC."""

    store: Store
    payments: Payments
    directory: Directory
    messenger: Messenger
    mailer: Mailer
    attachments: Attachments
    usage: UsageRecord
    rules: Rules
    tasks: Tasks
    now: Callable[[], datetime]
    livemode: bool
    workspace_url: str

    @property
    def playbook(self) -> Playbook:
        """The playbook in force."""
        return self.rules.playbook

    def show_soon(self, subject_id: str) -> None:
        """Bring a subject's messages up to date after the answer is out."""
        self.tasks.start(self.messenger.show(subject_id), f"show {subject_id}")

"""What a card is drawn from: a subject's rows, and the few names that come from configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from bot.cards.text import ACTORS, dashboard
from bot.store.tables import (
    BillingChange,
    Case,
    ChangeStep,
    Dispute,
    Escalation,
    Evidence,
    Operation,
    OutsideRefund,
    Resolution,
)
from policy.playbook import Playbook


class Scene(Struct, frozen=True):
    """One subject at one moment. `operation` is the case's latest; `mentions` reach a route's approvers.

    `charge_case` is the newest case on a dispute's charge, `evidence` what was gathered for it; `comps` is
    what the customer of a change was given for free in the last year.
    """

    now: datetime
    playbook: Playbook
    mentions: Mapping[str, str]
    livemode: bool
    case: Case | None = None
    operation: Operation | None = None
    outside: Sequence[OutsideRefund] = ()
    escalation: Escalation | None = None
    dispute: Dispute | None = None
    charge_case: Case | None = None
    evidence: Sequence[Evidence] = ()
    change: BillingChange | None = None
    steps: Sequence[ChangeStep] = ()
    comps: Sequence[BillingChange] = ()
    resolution: Resolution | None = None

    @property
    def owner(self) -> str:
        """The person who asked; nobody for what comes from Stripe."""
        if asked := self.case or self.change:
            return asked.requested_by
        by = self.escalation.opened_by if self.escalation else ""
        return "" if by in ACTORS else by

    def stripe(self, kind: str, object_id: str) -> str:
        """Return the Dashboard's address of an object; `kind` is its page, such as payments or customers."""
        return dashboard(kind, object_id, livemode=self.livemode)

    def waiting_for(self, route: str, also: str = "") -> str:
        """Mention those who may decide on `route`, and on the route it also went to."""
        names = [self.mentions.get(one) or self.playbook.routes[one].label for one in (route, also) if one]
        return " or ".join(names)

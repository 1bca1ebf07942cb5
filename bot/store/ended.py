"""Which states are an end: nothing more happens there, and nobody waits."""

from __future__ import annotations

from typing import Any, Final

from bot.store.tables import BillingChange, Case, Dispute, Escalation
from policy.lifecycle import (
    LIVE_CHANGE_STATES,
    OPEN_CASE_STATES,
    CaseState,
    ChangeState,
    DisputeState,
    EscalationState,
)

ENDED: Final[dict[type[Any], frozenset[str]]] = {
    Case: frozenset(CaseState) - {*OPEN_CASE_STATES, CaseState.PAID},  # a paid case still writes its mail
    Escalation: frozenset({EscalationState.RESOLVED}),
    Dispute: frozenset({DisputeState.ACCEPTED, DisputeState.WON, DisputeState.LOST, DisputeState.ENDED}),
    BillingChange: frozenset(ChangeState) - frozenset(LIVE_CHANGE_STATES),
}

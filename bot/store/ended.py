"""Which states are an end: nothing more happens there, and nobody waits."""

from __future__ import annotations

from typing import Any, Final

from bot.store.tables import Case, Dispute, Escalation
from policy.lifecycle import OPEN_CASE_STATES, CaseState, DisputeState, EscalationState

ENDED: Final[dict[type[Any], frozenset[str]]] = {
    Case: frozenset(CaseState) - {*OPEN_CASE_STATES, CaseState.PAID},  # a paid case still writes its mail
    Escalation: frozenset({EscalationState.RESOLVED}),
    Dispute: frozenset({DisputeState.ACCEPTED, DisputeState.WON, DisputeState.LOST, DisputeState.ENDED}),
}

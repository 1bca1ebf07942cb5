"""The life of a refund case, an escalation, a dispute and a billing change: a table and a diagram each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Generic, TypeVar

State = TypeVar("State", bound=StrEnum)


class CaseState(StrEnum):
    """Where a refund case stands."""

    AWAITING = "awaiting"
    APPROVED = "approved"
    PAYING = "paying"
    SETTLING = "settling"
    PAID = "paid"
    CLOSED = "closed"
    DENIED = "denied"
    STUCK = "stuck"
    ABANDONED = "abandoned"
    REFUSED = "refused"
    """The policy refused it: recorded, never opened."""


class EscalationState(StrEnum):
    """Where an escalation stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class DisputeState(StrEnum):
    """Where a dispute stands with us; Stripe's own status is kept beside it."""

    OPEN = "open"
    GATHERING = "gathering"
    """Somebody challenges it, and its evidence is being gathered."""
    SUBMITTING = "submitting"
    CHALLENGED = "challenged"
    """The evidence is with the bank."""
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    WON = "won"
    LOST = "lost"
    ENDED = "ended"


class ChangeState(StrEnum):
    """Where a billing change stands: invoices settled, a subscription cancelled, access given."""

    AWAITING = "awaiting"
    WORKING = "working"
    WAITING = "waiting"
    """The customer has to pay what was sent before anything more is done."""
    STUCK = "stuck"
    DONE = "done"
    DENIED = "denied"
    ABANDONED = "abandoned"


class IllegalMoveError(Exception):
    """A move that the table does not have; a fault of ours, never of the person who clicked."""


class Lifecycle(Generic[State]):
    """The legal moves of one kind of thing, as rows of (state, what happened, next state).

    What happened is also the name of the audit entry, so it is in the past tense.
    The first row's state is where life begins.
    """

    def __init__(self, *moves: tuple[State, str, State]) -> None:
        self.moves = moves
        self._next = {(before, happened): after for before, happened, after in moves}

    def move(self, state: State, happened: str) -> State:
        """Return the state that follows `state` when `happened`. Raises IllegalMoveError where none does."""
        following = self._next.get((state, happened))
        if following is None:
            raise IllegalMoveError(f"nothing follows “{happened}” in “{state}”")
        return following

    def may(self, state: State, happened: str) -> bool:
        """Say whether `happened` is a legal move in `state`."""
        return (state, happened) in self._next

    def mermaid(self) -> str:
        """Draw the table as a mermaid state diagram, in the table's order."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.moves[0][0]}"]
        lines += [f"    {before} --> {after}: {what.replace('_', ' ')}" for before, what, after in self.moves]
        leaving = {before for before, _, _ in self.moves}
        ends = dict.fromkeys(after for _, _, after in self.moves if after not in leaving)
        return "\n".join([*lines, *(f"    {end} --> [*]" for end in ends)])


CASE: Final = Lifecycle(
    (CaseState.AWAITING, "question_asked", CaseState.AWAITING),
    (CaseState.AWAITING, "question_answered", CaseState.AWAITING),
    (CaseState.AWAITING, "granted", CaseState.APPROVED),
    (CaseState.AWAITING, "approved", CaseState.APPROVED),
    (CaseState.AWAITING, "denied", CaseState.DENIED),
    (CaseState.APPROVED, "refund_sent", CaseState.PAYING),
    (CaseState.APPROVED, "refund_blocked", CaseState.STUCK),
    (CaseState.APPROVED, "refund_pending", CaseState.SETTLING),
    (CaseState.APPROVED, "refund_succeeded", CaseState.PAID),
    (CaseState.PAYING, "refund_pending", CaseState.SETTLING),
    (CaseState.PAYING, "refund_succeeded", CaseState.PAID),
    (CaseState.PAYING, "refund_refused", CaseState.STUCK),
    (CaseState.PAYING, "refund_failed", CaseState.STUCK),
    (CaseState.SETTLING, "refund_succeeded", CaseState.PAID),
    (CaseState.SETTLING, "refund_failed", CaseState.STUCK),
    (CaseState.PAID, "closed", CaseState.CLOSED),
    (CaseState.PAID, "refund_failed", CaseState.STUCK),
    (CaseState.CLOSED, "refund_failed", CaseState.STUCK),
    (CaseState.STUCK, "retried", CaseState.APPROVED),
    (CaseState.STUCK, "refund_succeeded", CaseState.PAID),
    (CaseState.STUCK, "abandoned", CaseState.ABANDONED),
    (CaseState.ABANDONED, "refund_succeeded", CaseState.PAID),
)

ESCALATION: Final = Lifecycle(
    (EscalationState.OPEN, "acknowledged", EscalationState.ACKNOWLEDGED),
    (EscalationState.OPEN, "handed_on", EscalationState.OPEN),
    (EscalationState.OPEN, "resolved", EscalationState.RESOLVED),
    (EscalationState.ACKNOWLEDGED, "handed_on", EscalationState.OPEN),
    (EscalationState.ACKNOWLEDGED, "resolved", EscalationState.RESOLVED),
)

DISPUTE: Final = Lifecycle(
    (DisputeState.OPEN, "accept_decided", DisputeState.ACCEPTING),
    (DisputeState.OPEN, "challenge_taken", DisputeState.GATHERING),
    (DisputeState.OPEN, "evidence_submitted", DisputeState.CHALLENGED),
    (DisputeState.GATHERING, "evidence_added", DisputeState.GATHERING),
    (DisputeState.GATHERING, "accept_decided", DisputeState.ACCEPTING),
    (DisputeState.GATHERING, "submit_decided", DisputeState.SUBMITTING),
    (DisputeState.GATHERING, "evidence_submitted", DisputeState.CHALLENGED),
    (DisputeState.SUBMITTING, "evidence_submitted", DisputeState.CHALLENGED),
    (DisputeState.SUBMITTING, "evidence_refused", DisputeState.GATHERING),
    (DisputeState.CHALLENGED, "chargeback_followed", DisputeState.OPEN),
    (DisputeState.ACCEPTING, "accepted", DisputeState.ACCEPTED),
    (DisputeState.ACCEPTING, "evidence_submitted", DisputeState.CHALLENGED),
    (DisputeState.ACCEPTING, "won", DisputeState.WON),
    (DisputeState.ACCEPTING, "ended", DisputeState.ENDED),
    (DisputeState.OPEN, "lost", DisputeState.LOST),
    (DisputeState.OPEN, "won", DisputeState.WON),
    (DisputeState.OPEN, "ended", DisputeState.ENDED),
    (DisputeState.GATHERING, "lost", DisputeState.LOST),
    (DisputeState.GATHERING, "won", DisputeState.WON),
    (DisputeState.GATHERING, "ended", DisputeState.ENDED),
    (DisputeState.SUBMITTING, "lost", DisputeState.LOST),
    (DisputeState.SUBMITTING, "won", DisputeState.WON),
    (DisputeState.SUBMITTING, "ended", DisputeState.ENDED),
    (DisputeState.CHALLENGED, "lost", DisputeState.LOST),
    (DisputeState.CHALLENGED, "won", DisputeState.WON),
    (DisputeState.CHALLENGED, "ended", DisputeState.ENDED),
)

CHANGE: Final = Lifecycle(
    (ChangeState.AWAITING, "granted", ChangeState.WORKING),
    (ChangeState.AWAITING, "approved", ChangeState.WORKING),
    (ChangeState.AWAITING, "denied", ChangeState.DENIED),
    (ChangeState.WORKING, "step_done", ChangeState.WORKING),
    (ChangeState.WORKING, "customer_asked", ChangeState.WAITING),
    (ChangeState.WORKING, "step_refused", ChangeState.STUCK),
    (ChangeState.WORKING, "carried_out", ChangeState.DONE),
    (ChangeState.WAITING, "step_done", ChangeState.WORKING),
    (ChangeState.WAITING, "step_refused", ChangeState.STUCK),
    (ChangeState.WAITING, "left_off", ChangeState.ABANDONED),
    (ChangeState.STUCK, "tried_again", ChangeState.WORKING),
    (ChangeState.STUCK, "left_off", ChangeState.ABANDONED),
)

LIVE_CHANGE_STATES: Final = (
    ChangeState.AWAITING,
    ChangeState.WORKING,
    ChangeState.WAITING,
    ChangeState.STUCK,
)
"""One change of these at the most of its kind, on a customer's invoices or on a subscription."""

BUSY_CASE_STATES: Final = (CaseState.AWAITING, CaseState.APPROVED, CaseState.PAYING, CaseState.SETTLING)
"""One case of these at the most on a charge; a refund that failed late may be stuck beside it."""

OPEN_CASE_STATES: Final = (*BUSY_CASE_STATES, CaseState.STUCK)

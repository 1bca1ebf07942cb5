"""Decide about a refund: approve, deny, ask back, try again, close; each is one transaction."""

from __future__ import annotations

from sqlmodel import Session

from bot.cards.text import when, who
from bot.desk import authority, paying
from bot.desk.desk import Desk
from bot.desk.record import move, stop_clock, tell_requester
from bot.errors import AlreadyDecidedError, NotFoundError
from bot.store import cases
from bot.store.frozen import basis
from bot.store.tables import Case
from policy import wire
from policy.lifecycle import CaseState
from policy.money import Money
from policy.ruling import Ruling

_DECIDED = {
    CaseState.DENIED: "denied it",
    CaseState.ABANDONED: "closed it without a refund",
}


async def approve(desk: Desk, case_id: str, by: str) -> None:
    """Approve a case and let its refund run.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """

    def decide(session: Session) -> None:
        now = desk.now()
        case = _decidable(desk, session, case_id, by, CaseState.AWAITING)
        move(
            session,
            case,
            "approved",
            actor=by,
            at=now,
            detail={"amount": str(Money(case.amount_minor, case.currency)), **basis(case)},
            decided_by=by,
            decided_at=now,
            due_at=now,
        )
        stop_clock(session, case_id)

    await authority.decide(desk, by, "approve", decide, (Case, case_id))
    desk.tasks.start(paying.advance(desk, case_id), f"pay {case_id}")


async def deny(desk: Desk, case_id: str, by: str, why: str) -> None:
    """Deny a case with a sentence for the requester. Raises as `approve` does."""

    def decide(session: Session) -> None:
        now = desk.now()
        case = _decidable(desk, session, case_id, by, CaseState.AWAITING)
        move(
            session,
            case,
            "denied",
            actor=by,
            at=now,
            detail={"note": why, **basis(case)},
            decided_by=by,
            decided_at=now,
            decision_note=why,
        )
        stop_clock(session, case_id)
        tell_requester(session, case, "denied", now, note=why)

    await authority.decide(desk, by, "deny", decide, (Case, case_id))
    desk.show_soon(case_id)


async def ask_back(desk: Desk, case_id: str, by: str, question: str) -> None:
    """Ask the requester something; the case keeps waiting. Raises as `approve` does."""

    def decide(session: Session) -> None:
        case, now = _decidable(desk, session, case_id, by, CaseState.AWAITING), desk.now()
        move(session, case, "question_asked", actor=by, at=now, detail={"note": question}, question=question)
        tell_requester(session, case, "question", now, note=question, asker=by)

    await authority.decide(desk, by, "ask back", decide, (Case, case_id))
    desk.show_soon(case_id)


async def answer(desk: Desk, case_id: str, by: str, words: str) -> None:
    """Answer what was asked, as the requester. Raises NotFoundError, NotAllowedError, AlreadyDecidedError."""

    def decide(session: Session) -> None:
        case = _found(cases.get(session, case_id))
        if by != case.requested_by:
            authority.refuse(case, f"The question went to {who(case.requested_by)}.")
        if case.state != CaseState.AWAITING:
            raise _already(case)
        move(session, case, "question_answered", actor=by, at=desk.now(), detail={"note": words}, question="")

    await authority.decide(desk, by, "answer", decide, (Case, case_id))
    desk.show_soon(case_id)


async def retry(desk: Desk, case_id: str, by: str) -> None:
    """Send a stuck refund again. Raises as `approve` does."""

    def decide(session: Session) -> None:
        case, now = _decidable(desk, session, case_id, by, CaseState.STUCK), desk.now()
        if busy := cases.busy_on_charge(session, case.charge_id):
            raise AlreadyDecidedError(
                case.id, f"{busy.id} is under way on the same charge. Wait until it is done, then try again."
            )
        move(
            session,
            case,
            "retried",
            actor=by,
            at=now,
            detail=basis(case),
            decided_by=by,
            decided_at=now,
            due_at=now,
            problem="",
        )

    await authority.decide(desk, by, "retry", decide, (Case, case_id))
    desk.tasks.start(paying.advance(desk, case_id), f"pay {case_id}")


async def abandon(desk: Desk, case_id: str, by: str, why: str) -> None:
    """Close a stuck case without a refund. Raises as `approve` does."""

    def decide(session: Session) -> None:
        case, now = _decidable(desk, session, case_id, by, CaseState.STUCK), desk.now()
        move(
            session,
            case,
            "abandoned",
            actor=by,
            at=now,
            detail={"note": why, **basis(case)},
            decided_by=by,
            decided_at=now,
            decision_note=why,
            closed_at=now,
        )
        tell_requester(session, case, "abandoned", now, note=why)

    await authority.decide(desk, by, "abandon", decide, (Case, case_id))
    desk.show_soon(case_id)


async def check_may_decide(desk: Desk, case_id: str, by: str) -> Case:
    """Return the case when `by` may decide on it now; for opening a form. Raises as `approve` does."""
    case = _found(await desk.store.read(lambda session: cases.get(session, case_id)))
    await authority.check(desk, case, by, "open a form")
    if case.state not in {CaseState.AWAITING, CaseState.STUCK}:
        raise _already(case)
    return case


def _decidable(desk: Desk, session: Session, case_id: str, by: str, state: CaseState) -> Case:
    """Return the case when `by` may decide on it and it still is in `state`."""
    case = _found(cases.get(session, case_id))
    authority.require(desk, case, by)
    if case.state != state:
        raise _already(case)
    return case


def _found(case: Case | None) -> Case:
    if case is None:
        raise NotFoundError("This card is from a desk that no longer has its case. Ask for the refund again.")
    return case


def _already(case: Case) -> AlreadyDecidedError:
    if case.decided_at is None:
        return AlreadyDecidedError(case.id, "This was already decided; the card shows how.")
    did = _DECIDED.get(CaseState(case.state), "approved it")
    name = "The playbook" if case.automatic and not case.decided_by else who(case.decided_by)
    return AlreadyDecidedError(case.id, f"{name} already {did}, {when(case.decided_at)}.")


async def ruling_of(desk: Desk, case_id: str) -> Ruling:
    """Return how the playbook ruled on a case. Raises NotFoundError."""
    case = _found(await desk.store.read(lambda session: cases.get(session, case_id)))
    return wire.ruling_from_dict(case.ruling)

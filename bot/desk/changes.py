"""Billing changes: ask for one, approve it, deny it, go on with it, close it; each is one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from bot.cards.text import when, who
from bot.desk import authority, changing
from bot.desk.desk import Desk
from bot.desk.record import issue_of, move, opened, start_clock, stop_clock, tell_requester
from bot.errors import AlreadyDecidedError, NotFoundError
from bot.store import changes, posts
from bot.store.frozen import basis
from bot.store.ids import new_id
from bot.store.statements import add
from bot.store.tables import BillingChange, ChangeStep
from bot.store.work import change as write_to
from policy.changes import Declined, Proposal
from policy.facts import Customer
from policy.lifecycle import CHANGE, ChangeState
from policy.playbook import Playbook

_ON_THE_CARD = ("headline", "sums", "by_hand", "tell_customer", "sources", "refund_possible")
_DECIDED = {ChangeState.DENIED: "denied it", ChangeState.ABANDONED: "closed it without the rest"}


class Wanted(Struct, frozen=True):
    """Who asks for what, for which customer, and why."""

    proposal: Proposal
    customer: Customer
    ticket: str
    note: str
    by: str


async def require_member(desk: Desk, by: str, what: str, customer_id: str = "") -> None:
    """Raise NotAllowedError or CouldNotCheckError unless `by` may ask for changes; `what` follows “may”."""
    await authority.require_member(desk, by, what, "customer", customer_id)


async def request(
    desk: Desk, request_key: str, wanted: Wanted, may: Callable[[Session], None] | None = None
) -> BillingChange:
    """Record a change; it begins at once where nobody has to be asked. The same request twice is one.

    `may` raises in the transaction what speaks against it there. Raises AlreadyDecidedError when one of its
    kind is under way already.
    """

    def write(session: Session) -> BillingChange:
        before = changes.by_request(session, request_key)
        if before:
            return before
        proposal, customer = wanted.proposal, wanted.customer
        live = changes.live_on(session, customer.id, proposal.kind, proposal.target)
        if live:
            raise AlreadyDecidedError(
                live.id,
                f"{live.id} is open for this already, asked by {who(live.requested_by)}, "
                f"{when(live.opened_at)}. Its card shows how it stands.",
            )
        if may:
            may(session)
        return _open(session, wanted, desk.playbook, desk.now(), request_key)

    try:
        change = await desk.store.write(write)
    except IntegrityError:  # another process was first in this very moment: its row is there now
        change = await desk.store.write(write)
    desk.tasks.start(changing.advance(desk, change.id), f"change {change.id}")
    return change


async def repeated(desk: Desk, request_key: str) -> BillingChange | None:
    """Return the change that this very request opened, if it was delivered before."""
    return await desk.store.read(lambda session: changes.by_request(session, request_key))


def fingerprint(proposal: Proposal | Declined | None) -> str:
    """Return what tells one proposal from another: a form carries out only what it showed."""
    shown = repr(proposal) if isinstance(proposal, Proposal) else ""
    return hashlib.sha256(shown.encode()).hexdigest()[:16] if shown else ""


async def approve(desk: Desk, change_id: str, by: str) -> None:
    """Approve a change and let it begin.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """

    def decide(session: Session) -> None:
        change, now = _decidable(desk, session, change_id, by, "approved"), desk.now()
        detail = {"headline": change.proposal["headline"], **basis(change)}
        move(session, change, "approved", actor=by, at=now, detail=detail, decided_by=by, decided_at=now)
        _begin(session, change, now)
        stop_clock(session, change_id)

    await authority.decide(desk, by, "approve", decide, (BillingChange, change_id))
    desk.tasks.start(changing.advance(desk, change_id), f"change {change_id}")


async def deny(desk: Desk, change_id: str, by: str, why: str) -> None:
    """Deny a change with a sentence for whoever asked. Raises as `approve` does."""

    def decide(session: Session) -> None:
        change, now = _decidable(desk, session, change_id, by, "denied"), desk.now()
        move(
            session,
            change,
            "denied",
            actor=by,
            at=now,
            detail={"note": why, **basis(change)},
            decided_by=by,
            decided_at=now,
            decision_note=why,
        )
        stop_clock(session, change_id)
        tell_requester(session, change, "denied", now, note=why)

    await authority.decide(desk, by, "deny", decide, (BillingChange, change_id))
    desk.show_soon(change_id)


async def go_on(desk: Desk, change_id: str, by: str) -> None:
    """Try the step again at which a change is stuck. Raises as `approve` does."""

    def decide(session: Session) -> None:
        change, now = _decidable(desk, session, change_id, by, "tried_again"), desk.now()
        move(
            session,
            change,
            "tried_again",
            actor=by,
            at=now,
            detail=basis(change),
            decided_by=by,
            decided_at=now,
            problem="",
        )
        _begin(session, change, now)

    await authority.decide(desk, by, "go on", decide, (BillingChange, change_id))
    desk.tasks.start(changing.advance(desk, change_id), f"change {change_id}")


async def leave_off(desk: Desk, change_id: str, by: str, why: str) -> None:
    """Close a change without the steps that are left. Raises as `approve` does."""

    def decide(session: Session) -> None:
        change, now = _decidable(desk, session, change_id, by, "left_off"), desk.now()
        move(
            session,
            change,
            "left_off",
            actor=by,
            at=now,
            detail={"note": why, **basis(change)},
            decided_by=by,
            decided_at=now,
            decision_note=why,
            closed_at=now,
        )
        for step in changes.steps(session, change_id):
            write_to(session, step, due_at=None)
        tell_requester(session, change, "left_off", now, note=why)

    await authority.decide(desk, by, "leave off", decide, (BillingChange, change_id))
    desk.show_soon(change_id)


async def check_may_decide(desk: Desk, change_id: str, by: str) -> BillingChange:
    """Return the change when `by` may decide on it now; for opening a form. Raises as `approve` does."""
    change = _found(await desk.store.read(lambda session: changes.get(session, change_id)))
    await authority.check(desk, change, by, "open a form")
    if not any(CHANGE.may(ChangeState(change.state), what) for what in ("denied", "left_off")):
        raise _already(change)
    return change


async def found(desk: Desk, change_id: str) -> BillingChange:
    """Return a change. Raises NotFoundError."""
    return _found(await desk.store.read(lambda session: changes.get(session, change_id)))


def _open(
    session: Session, wanted: Wanted, playbook: Playbook, now: datetime, request_key: str
) -> BillingChange:
    proposal, customer = wanted.proposal, wanted.customer
    issue = issue_of(playbook, proposal.issue or playbook.amounts.review)
    change = BillingChange(
        id=new_id("BC"),
        state=ChangeState.AWAITING,
        request_key=request_key,
        kind=proposal.kind,
        target=proposal.target,
        customer_id=customer.id,
        customer_email=customer.email,
        customer_name=customer.name,
        ticket=wanted.ticket,
        note=wanted.note,
        requested_by=wanted.by,
        automatic=proposal.issue is None,
        issue=issue.id,
        route=issue.route,
        opened_at=now,
        answer_by=now + issue.sla if proposal.issue else None,
        playbook=playbook.version,
        proposal=_document(proposal),
    )
    detail = {"kind": str(proposal.kind), "headline": proposal.headline, **basis(change)}
    opened(session, change, actor=wanted.by, at=now, event="change_requested", detail=detail)
    for number, step in enumerate(proposal.steps, start=1):
        add(
            session,
            ChangeStep,
            id=f"{change.id}.{number}",
            change_id=change.id,
            number=number,
            kind=step.kind,
            target=step.target,
            words=step.words,
            params=dict(step.params),
        )
    if change.answer_by:
        start_clock(session, change, issue, opened_at=now, answer_by=change.answer_by)
    else:
        move(session, change, "granted", actor="policy", at=now, detail=basis(change), decided_at=now)
        _begin(session, change, now)
    posts.ask(
        session,
        kind="card",
        subject_kind="change",
        subject_id=change.id,
        purpose="requester",
        place=wanted.by,
        at=now,
    )
    return change


def _document(proposal: Proposal) -> dict[str, object]:
    """Return what of a proposal stands on the card, besides its steps."""
    kept = asdict(proposal)
    return {name: kept[name] for name in _ON_THE_CARD}


def _begin(session: Session, change: BillingChange, now: datetime) -> None:
    """Make the first step due that is not done; one that was refused gets a new key."""
    step = changes.next_step(session, change.id)
    if step is None:
        return
    attempt = step.attempt + (step.state == "refused")
    write_to(session, step, state="waiting", attempt=attempt, tried=0, said="", ended_at=None, due_at=now)


def _decidable(desk: Desk, session: Session, change_id: str, by: str, happened: str) -> BillingChange:
    """Return the change when `by` may decide on it and `happened` still can."""
    change = _found(changes.get(session, change_id))
    authority.require(desk, change, by)
    if not CHANGE.may(ChangeState(change.state), happened):
        raise _already(change)
    return change


def _found(change: BillingChange | None) -> BillingChange:
    if change is None:
        raise NotFoundError("This card is from a desk that no longer has it. Ask for it again.")
    return change


def _already(change: BillingChange) -> AlreadyDecidedError:
    if change.decided_at is None:
        return AlreadyDecidedError(change.id, "This was already decided; the card shows how.")
    did = _DECIDED.get(ChangeState(change.state), "approved it")
    name = "The playbook" if change.automatic and not change.decided_by else who(change.decided_by)
    return AlreadyDecidedError(change.id, f"{name} already {did}, {when(change.decided_at)}.")

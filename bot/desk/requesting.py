"""Ask for a refund: gather the facts, let the playbook rule, and record what follows in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlmodel import Session

from bot.desk import authority, paying
from bot.desk.desk import Desk
from bot.desk.drafts import Draft
from bot.desk.gathering import gather, with_history
from bot.desk.record import issue_of, move, noted, opened, start_clock
from bot.errors import FieldError
from bot.store import audit, cases, escalations, posts, resolutions
from bot.store.frozen import basis
from bot.store.ids import new_id
from bot.store.tables import Case, Escalation
from policy import wire
from policy.facts import Actor, Facts
from policy.lifecycle import CaseState
from policy.money import Money
from policy.playbook import Playbook
from policy.ruling import Escalate, Grant, Refuse, Result, Ruling, needs_documented_approval, rule

_FIELDS = {"gates.identity": "identity", "gates.ticket": "ticket", "gates.amount_left": "amount"}
"""The form's field for each gate that an agent can mend there."""


class Answered(Struct, frozen=True):
    """What the agent is told: the ruling, and the case or escalation that it opened (or repeats)."""

    ruling: Ruling
    subject_id: str


async def require_member(desk: Desk, by: str, what: str, charge_id: str = "") -> None:
    """Raise NotAllowedError or CouldNotCheckError unless `by` may ask for refunds; `what` follows “may”."""
    await authority.require_member(desk, by, what, "charge", charge_id)


async def request(desk: Desk, draft: Draft, by: Actor, request_key: str) -> Answered:
    """Rule on what somebody asks for now, and record it.

    Raises NotAllowedError and CouldNotCheckError where they may not ask, and what `ruled` does.
    """
    await require_member(desk, by.id, "ask for a refund", draft.charge_id)
    return await ruled(desk, draft, by, request_key)


async def ruled(desk: Desk, draft: Draft, by: Actor, request_key: str) -> Answered:
    """Rule on a request and record it. `request_key` makes a request that is delivered twice one request.

    Raises FieldError, StripeUnavailableError and StripeRefusedError; nothing is recorded then.
    """
    facts = await gather(desk, draft, by)
    answered = await desk.store.write(
        lambda session: _rule_and_record(session, facts, desk.playbook, desk.now(), request_key)
    )
    if answered.subject_id:
        desk.tasks.start(paying.advance(desk, answered.subject_id), f"pay {answered.subject_id}")
    return answered


def _rule_and_record(
    session: Session, facts: Facts, playbook: Playbook, now: datetime, request_key: str
) -> Answered:
    before = cases.by_request(session, request_key) or escalations.by_request(session, request_key)
    if before and before.ruling:
        return Answered(wire.ruling_from_dict(before.ruling), before.id)
    facts = with_history(session, facts, playbook, now)
    ruling = rule(facts, playbook, now)
    if isinstance(ruling, Refuse):
        _complain_at_fields(ruling)
        return Answered(ruling, _refused(session, facts, ruling, playbook, now, request_key))
    if isinstance(ruling, Escalate) and ruling.amount is None:
        return Answered(ruling, _escalated(session, facts, ruling, playbook, now, request_key))
    return Answered(ruling, _opened(session, facts, ruling, playbook, now, request_key))


def _complain_at_fields(ruling: Refuse) -> None:
    """Raise FieldError for what the agent can mend in the form; nothing is recorded then."""
    failed = [finding for finding in ruling.findings if finding.result is Result.FAILED]
    wrong = {_FIELDS[one.rule]: one.text for one in failed if one.rule in _FIELDS}
    if wrong and ruling.rule in _FIELDS:
        raise FieldError(wrong)


def _refused(
    session: Session, facts: Facts, ruling: Refuse, playbook: Playbook, now: datetime, request_key: str
) -> str:
    linked = cases.get(session, ruling.linked_case) if ruling.linked_case else None
    if linked:
        noted(session, linked, "linked_request", actor=facts.actor.id, at=now)
        return linked.id
    case = _case(facts, ruling, playbook, now, request_key, amount=facts.ask.amount)
    case.state = CaseState.REFUSED
    session.add(case)
    resolutions.write(session, "case", case.id, outcome=CaseState.REFUSED, words=ruling.headline, at=now)
    audit.record(
        session,
        at=now,
        actor=facts.actor.id,
        event="refused",
        kind="case",
        subject_id=case.id,
        detail={"rule": ruling.rule, **basis(case)},
    )
    return ""


def _opened(
    session: Session, facts: Facts, ruling: Ruling, playbook: Playbook, now: datetime, request_key: str
) -> str:
    amount = ruling.amount if isinstance(ruling, Grant | Escalate) else None
    assert amount is not None  # noqa: S101  # a refusal or an escalation without money came another way
    case = _case(facts, ruling, playbook, now, request_key, amount=amount)
    case.needs_approver = needs_documented_approval(playbook, amount)
    if isinstance(ruling, Escalate):
        case.route, case.answer_by = ruling.route, ruling.due_at
    detail = {"rule": ruling.rule, "amount": str(amount), **basis(case)}
    opened(session, case, actor=facts.actor.id, at=now, event="requested", detail=detail)
    if isinstance(ruling, Escalate):
        start_clock(session, case, playbook.issues[ruling.issue], opened_at=now, answer_by=ruling.due_at)
    else:
        move(session, case, "granted", actor="policy", at=now, detail=detail, decided_at=now, due_at=now)
    _copy_for(session, "case", case.id, facts.actor.id, now)
    return case.id


def _escalated(
    session: Session, facts: Facts, ruling: Escalate, playbook: Playbook, now: datetime, request_key: str
) -> str:
    customer = facts.customer
    escalation = Escalation(
        id=new_id("ES"),
        state="open",
        request_key=request_key,
        issue=ruling.issue,
        route=ruling.route,
        summary=" ".join(filter(None, [ruling.headline, facts.ask.note])),
        ticket=facts.ask.ticket,
        customer=(customer.name or customer.email) if customer else "",
        charge_id=facts.ask.charge_id,
        opened_by=facts.actor.id,
        opened_at=now,
        answer_by=ruling.due_at,
        playbook=ruling.playbook,
        facts=wire.facts_to_dict(facts),
        ruling=wire.ruling_to_dict(ruling),
    )
    detail = {"rule": ruling.rule, "issue": ruling.issue, **basis(escalation)}
    opened(session, escalation, actor=facts.actor.id, at=now, event="escalated", detail=detail)
    start_clock(session, escalation, playbook.issues[ruling.issue], opened_at=now, answer_by=ruling.due_at)
    _copy_for(session, "escalation", escalation.id, facts.actor.id, now)
    return escalation.id


def _copy_for(session: Session, kind: str, subject_id: str, user: str, now: datetime) -> None:
    posts.ask(
        session,
        kind="card",
        subject_kind=kind,
        subject_id=subject_id,
        purpose="requester",
        place=user,
        at=now,
    )


def _case(
    facts: Facts, ruling: Ruling, playbook: Playbook, now: datetime, request_key: str, *, amount: Money | None
) -> Case:
    issue = issue_of(playbook, ruling.issue if isinstance(ruling, Escalate) else "standard_refund")
    charge, customer = facts.charge, facts.customer
    assert charge is not None  # noqa: S101  # a charge that Stripe does not have was a wrong field
    amount = amount or charge.left
    values: dict[str, Any] = {
        "customer_email": customer.email or charge.receipt_email if customer else charge.receipt_email,
        "customer_name": customer.name if customer else "",
    }
    return Case(
        id=new_id("RF"),
        state=CaseState.AWAITING,
        request_key=request_key,
        charge_id=charge.id,
        payment_intent_id=charge.payment_intent_id,
        customer_id=charge.customer_id,
        currency=amount.currency,
        amount_minor=amount.minor,
        reason=facts.ask.reason,
        source=facts.ask.source,
        ticket=facts.ask.ticket,
        note=facts.ask.note,
        requested_by=facts.actor.id,
        automatic=isinstance(ruling, Grant),
        issue=issue.id,
        route=issue.route,
        opened_at=now,
        playbook=ruling.playbook,
        facts=wire.facts_to_dict(facts),
        ruling=wire.ruling_to_dict(ruling),
        **values,
    )

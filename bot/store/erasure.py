"""Erase a customer's personal data from the rows, and keep the books and the trail.

What stays: amounts, times, Stripe's ids, tickets, who decided. What goes: names, addresses, card digits,
what people wrote about the customer. Messages in Slack are drawn again without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, String, cast, or_, update
from sqlmodel import Session, col, select

from bot.errors import DeskError
from bot.store import audit, evidence, frozen, mirror, resolutions
from bot.store.ended import ENDED
from bot.store.tables import (
    Audit,
    BillingChange,
    Case,
    ChangeStep,
    Dispute,
    Escalation,
    Evidence,
    Mail,
    Post,
)
from bot.store.work import change

GONE: Final = "(erased)"
_PERSONAL: Final = ("email", "receipt_email", "name", "organisation", "tenant_id")
_CARD: Final = ("card_last4", "card_fingerprint", "description")


class Erased(Struct, frozen=True):
    """How much was erased: subjects (cases, disputes, …) and papers; mails; messages; details; copies."""

    subjects: int
    mails: int
    messages: int
    entries: int
    mirrored: int = 0


class Known(Struct, frozen=True):
    """The rows about one customer, and the words that name them."""

    cases: Sequence[Case]
    escalations: Sequence[Escalation]
    disputes: Sequence[Dispute]
    changes: Sequence[BillingChange]
    beside: Sequence[Case]
    """Other customers' cases that show a charge of this one, made with the same card."""
    words: frozenset[str]
    mirrored: int
    """How many of the customer's objects in Stripe are mirrored here, and not erased."""

    @property
    def subjects(self) -> list[Case | Escalation | Dispute | BillingChange]:
        """Return the rows that are about this customer."""
        return [*self.cases, *self.escalations, *self.disputes, *self.changes]


def known(session: Session, customer_id: str) -> Known:
    """Find what is about a customer. Raises DeskError when nothing is, or when something is still open."""
    cases = session.exec(select(Case).where(Case.customer_id == customer_id)).all()
    disputes = session.exec(select(Dispute).where(Dispute.customer_id == customer_id)).all()
    charges = {case.charge_id for case in cases} | {dispute.charge_id for dispute in disputes}
    mentions = session.exec(select(Case).where(_names(col(Case.facts), customer_id))).all()
    changes = session.exec(select(BillingChange).where(BillingChange.customer_id == customer_id)).all()
    words = _words(customer_id, cases, [*disputes, *changes])
    escalations = session.exec(
        select(Escalation).where(
            or_(
                col(Escalation.charge_id).in_(charges),
                col(Escalation.customer).in_(words | {customer_id}),
                _names(col(Escalation.facts), customer_id),
            )
        )
    ).all()
    words |= {word for row in escalations for word in _words_of(row.facts or {}, customer_id)}
    beside = [case for case in mentions if case.customer_id != customer_id]
    mirrored = mirror.count_of(session, customer_id)
    found = Known(cases, escalations, disputes, changes, beside, frozenset(words), mirrored)
    if not found.subjects and not found.beside and not found.mirrored:
        raise DeskError(f"Nothing here is about the customer {customer_id}.")
    still_open = [row.id for row in found.subjects if row.state not in ENDED[type(row)]]
    if still_open:
        raise DeskError(
            f"{', '.join(still_open)} of this customer is still open. Nothing was erased; "
            "decide it first, then erase."
        )
    return found


def _names(column: Any, customer_id: str) -> ColumnElement[bool]:  # noqa: ANN401  # a column of JSON
    found: ColumnElement[bool] = cast(column, String).contains(customer_id, autoescape=True)
    return found


def erase(session: Session, customer_id: str, now: datetime) -> Erased:
    """Erase what is known of a customer, and write down that it was done. Raises as `known` does.

    What was erased before is not counted, and not written down again.
    """
    found = known(session, customer_id)
    changed = [row for row in found.subjects if _erase_row(session, row, found.words)]
    for one in found.changes:
        _erase_steps(session, one.id, found.words)
    changed += [case for case in found.beside if _erase_charges_of(session, case, customer_id)]
    papers = [row for one in found.disputes for row in evidence.of_dispute(session, one.id)]
    emptied = [row for row in papers if _empty(session, row)]
    mails = [mail for case in found.cases for mail in _mails(session, case.id) if mail.body]
    for mail in mails:
        change(session, mail, recipient="", body="", said="")
    ids = [row.id for row in found.subjects]
    resolutions.erase(session, ids)
    posts = [post for subject in ids for post in _posts(session, subject)]
    messages = [post for post in posts if _erase_post(session, post, found.words)]
    entries = [entry for subject in ids for entry in _erase_details(session, subject, found.words)]
    copies = mirror.erase(session, customer_id, now)
    erased = Erased(len(changed) + len(emptied), len(mails), len(messages), len(entries), copies)
    if erased != Erased(0, 0, 0, 0):
        facts = frozen.digests(session, [row for row in changed if not isinstance(row, Dispute)])
        for subject in ids:
            _redraw(session, subject, now)
        audit.record(
            session,
            at=now,
            actor="operator",
            event=audit.ERASED,
            kind="customer",
            subject_id=customer_id,
            detail={"entries": entries, "subjects": ids, "facts": facts},
        )
    return erased


def _erase_row(
    session: Session, row: Case | Escalation | Dispute | BillingChange, words: frozenset[str]
) -> bool:
    values: dict[str, Any] = {name: "" for name in ("customer_email", "customer_name") if hasattr(row, name)}
    match row:
        case Case():
            values |= dict.fromkeys(("note", "decision_note", "question"), "")
            values["problem"] = _blanked(row.problem, words)
        case Escalation():
            values |= {"customer": "", "summary": GONE, "resolution": GONE if row.resolution else ""}
        case Dispute():
            values["problem"] = _blanked(row.problem, words)
            values["usage"] = row.usage and row.usage | {"says": "", "problem": ""}
        case BillingChange():
            values |= {"note": "", "decision_note": "", "problem": _blanked(row.problem, words)}
    for name in ("facts", "ruling", "advice", "proposal"):
        if document := getattr(row, name, None):
            values[name] = _erased_facts(document, words) if name == "facts" else _blanked(document, words)
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    change(session, row, **values)
    return True


def _empty(session: Session, row: Evidence) -> bool:
    """Take the words and the file's name out of a paper; whose it was and Stripe's id of it stay."""
    if not row.text and not row.file_name:
        return False
    change(session, row, text="", file_name="")
    return True


def _erase_steps(session: Session, change_id: str, words: frozenset[str]) -> None:
    for step in session.exec(select(ChangeStep).where(ChangeStep.change_id == change_id)).all():
        change(session, step, words=_blanked(step.words, words), said=_blanked(step.said, words))


def _erased_facts(facts: dict[str, Any], words: frozenset[str]) -> dict[str, Any]:
    """Return facts that still decode and still explain the ruling, and name nobody."""
    without: dict[str, Any] = _blanked(_emptied(facts, (*_PERSONAL, *_CARD)), words)
    without["ask"] = facts["ask"] | {"note": ""}
    without["actor"] = facts["actor"]
    if without.get("customer"):
        without["customer"]["timezone"] = "UTC"
    return without


def _erase_charges_of(session: Session, case: Case, customer_id: str) -> bool:
    """Empty the customer's charges in somebody else's case, which keeps all the rest."""
    siblings = [
        _emptied(charge, (*_PERSONAL, *_CARD)) if charge["customer_id"] == customer_id else charge
        for charge in case.facts["siblings"]
    ]
    if siblings == case.facts["siblings"]:
        return False
    change(session, case, facts=case.facts | {"siblings": siblings})
    return True


def _emptied(value: Any, names: Sequence[str]) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, dict):
        return {
            key: "" if key in names and isinstance(inner, str) else _emptied(inner, names)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_emptied(inner, names) for inner in value]
    return value


def _blanked(value: Any, words: frozenset[str]) -> Any:  # noqa: ANN401  # any JSON value
    """Return `value` with each of the words taken out of its texts."""
    if isinstance(value, dict):
        return {key: _blanked(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_blanked(inner, words) for inner in value]
    if isinstance(value, str):
        for word in sorted(words, key=len, reverse=True):
            value = value.replace(word, GONE)
    return value


def _erase_post(session: Session, post: Post, words: frozenset[str]) -> bool:
    """Take out of a message what people wrote, and the customer's name."""
    detail = {key: value for key, value in post.detail.items() if key != "note"}
    detail = _blanked(detail, words)
    if detail == post.detail:
        return False
    change(session, post, detail=detail)
    return True


def _erase_details(session: Session, subject_id: str, words: frozenset[str]) -> list[int]:
    """Empty the details that hold personal data, with their salts; the chain covers only their digests."""
    erased = []
    for entry in audit.entries(session, subject_id):
        if not entry.salt or not _is_personal(entry, words):
            continue
        change(session, entry, detail={}, salt="")
        erased.append(entry.number)
    return erased


def _is_personal(entry: Audit, words: frozenset[str]) -> bool:
    return "note" in entry.detail or _blanked(entry.detail, words) != entry.detail


def _redraw(session: Session, subject_id: str, now: datetime) -> None:
    """Let every message that stands in Slack be drawn again, not only the cards."""
    session.execute(
        update(Post)
        .where(col(Post.subject_id) == subject_id, col(Post.ts) != "", col(Post.kind).in_(_NAMING))
        .values(wanted=Post.wanted + 1, due_at=now),
        execution_options={"synchronize_session": False},
    )


_NAMING: Final = ("card", "trail", "direct")


def _mails(session: Session, case_id: str) -> Sequence[Mail]:
    return session.exec(select(Mail).where(Mail.case_id == case_id)).all()


def _posts(session: Session, subject_id: str) -> Sequence[Post]:
    return session.exec(select(Post).where(Post.subject_id == subject_id)).all()


def _words(customer_id: str, cases: Sequence[Case], others: Sequence[Dispute | BillingChange]) -> set[str]:
    """Return the words that name a customer: long enough that taking them out of a text harms nothing."""
    found = {word for case in cases for word in (case.customer_email, case.customer_name)}
    found |= {word for one in others for word in (one.customer_email, one.customer_name)}
    for case in cases:
        found |= _words_of(case.facts, customer_id)
    return {word for word in found if len(word) > 3}


def _words_of(facts: dict[str, Any], customer_id: str) -> set[str]:
    customer = facts.get("customer") or {}
    charges = [facts.get("charge") or {}, *facts.get("siblings", ())]
    named = [customer] if customer.get("id") == customer_id else []
    named += [charge for charge in charges if charge.get("customer_id") == customer_id]
    return {word for one in named for name in _PERSONAL if len(word := str(one.get(name, ""))) > 3}

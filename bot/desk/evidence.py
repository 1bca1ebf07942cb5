"""The evidence of a challenge, gathered in rows: the form's fields, by whoever fills them in.

Several people may have the form open. Each field keeps what only one of them changed; a field that two
changed is refused to the second one, who can look at what the first one wrote.
"""

from __future__ import annotations

from typing import Any, Final

from sqlmodel import Session

from bot.cards import evidence_form
from bot.cards.evidence_form import FILE_TYPES, File, Filled, mark
from bot.desk import answering, authority
from bot.desk.desk import Desk
from bot.desk.record import move
from bot.errors import FieldError
from bot.payments import FILE_BYTES
from bot.store import evidence as kept
from bot.store.statements import add as insert
from bot.store.tables import Dispute, Evidence
from bot.store.work import change
from policy.evidence import CHARACTERS, characters, checklist, with_more

_CHANGED: Final = (
    "Somebody else changed this meanwhile. Copy your words, close the form and open it again to see theirs."
)
_KEEPS: Final = "Stripe has words here and cannot take them back. Write what should stand there instead."


async def form(desk: Desk, dispute_id: str, by: str) -> dict[str, Any]:
    """Return the form with what was gathered, for whoever may answer the dispute.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """
    dispute = await answering.check_may_answer(desk, dispute_id, by)
    gathered = await desk.store.read(lambda session: kept.of_dispute(session, dispute_id))
    return evidence_form.form(dispute, with_more(checklist(desk.playbook, dispute.reason)), gathered)


async def add(desk: Desk, filled: Filled, by: str) -> None:
    """Keep what somebody filled in, and let it be staged at Stripe.

    Raises FieldError, NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """
    if wrong := {field: said for field, file in filled.files.items() if (said := _unfit(file))}:
        raise FieldError(wrong)

    def decide(session: Session) -> None:
        dispute = answering.answerable(desk, session, filled.dispute_id, by, "evidence_added")
        texts, files = _changes(session, dispute, filled)
        if not texts and not files:
            return
        for field, text in texts.items():
            _keep(session, desk, dispute, field, by, text=text)
        for field, file in files.items():
            _keep(session, desk, dispute, field, by, slack_file=file.id, file_name=file.name)
        papers = with_more(checklist(desk.playbook, dispute.reason))
        named = ", ".join(paper.name for paper in papers if paper.field in {*texts, *files})
        now = desk.now()
        detail = {"papers": named}
        move(
            session, dispute, "evidence_added", actor=by, at=now, detail=detail, due_at=dispute.due_at or now
        )

    await authority.decide(desk, by, "add evidence", decide, (Dispute, filled.dispute_id))
    desk.tasks.start(answering.go_on(desk, filled.dispute_id), f"stage evidence {filled.dispute_id}")


def _changes(session: Session, dispute: Dispute, filled: Filled) -> tuple[dict[str, str], dict[str, File]]:
    """Return what this person changed. Raises FieldError where somebody else did too, and for too much."""
    rows = {row.field: row for row in kept.of_dispute(session, dispute.id)}
    texts: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field, text in filled.texts.items():
        row = rows.get(field)
        current, seen = row.text if row else "", filled.seen.get(field, mark(""))
        if text == current or mark(text) == seen:
            continue
        texts[field] = text
        if mark(current) != seen:
            wrong[field] = _CHANGED
        elif not text:
            wrong[field] = _KEEPS
    for field in filled.files:
        row = rows.get(field)
        if mark(row.slack_file if row else "") != filled.seen.get(field, mark("")):
            wrong[field] = _CHANGED
    if not wrong and texts:
        wrong = _too_much(dispute, rows, texts)
    if wrong:
        raise FieldError(wrong)
    return texts, dict(filled.files)


def _too_much(dispute: Dispute, rows: dict[str, Evidence], texts: dict[str, str]) -> dict[str, str]:
    """Say it at the longest text when all of them, with what Stripe has already, are too long."""
    lengths = dispute.held | {field: len(row.text) for field, row in rows.items()}
    lengths |= {field: len(text) for field, text in texts.items()}
    total = characters(lengths)
    if total <= CHARACTERS:
        return {}
    longest = max(texts, key=lambda field: len(texts[field]))
    return {
        longest: f"All texts together are {total:,} characters, and Stripe takes {CHARACTERS:,}. "
        "Shorten this one, or attach it as a file."
    }


def _keep(session: Session, desk: Desk, dispute: Dispute, field: str, by: str, **values: str) -> None:
    row = kept.in_field(session, dispute.id, field)
    given: dict[str, Any] = {"given_by": by, "given_at": desk.now()}
    if row is None:
        insert(session, Evidence, dispute_id=dispute.id, field=field, **values, **given)
        return
    changes = {"revision": row.revision + 1, "stripe_file": "", "problem": ""}
    change(session, row, **values, **given, **changes)


def _unfit(file: File) -> str:
    """Say why Stripe will not take a file as evidence; nothing when it will."""
    if file.type.lower() not in FILE_TYPES:
        return f"“{file.name}” is not a PDF, PNG or JPEG, and Stripe takes no other files."
    if file.size > FILE_BYTES:
        return (
            f"“{file.name}” is larger than {FILE_BYTES // 1_000_000} MB, which is the most that Stripe takes."
        )
    return ""

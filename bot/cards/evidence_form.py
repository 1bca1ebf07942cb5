"""The form that gathers a challenge's evidence: a field for each paper, with what is there already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from bot.cards import blocks as b
from bot.cards.blocks import Block
from bot.cards.text import day, escape
from bot.store.tables import Dispute, Evidence
from policy.evidence import FILES
from policy.model import Paper
from policy.money import Money

CALLBACK: Final = "evidence_form"
FILE_TYPES: Final = ("pdf", "png", "jpg", "jpeg")
"""The kinds of file that Stripe takes as evidence (guide “Dispute evidence”)."""
_CHARACTERS: Final = 3000
"""The most that Slack lets somebody type into one field."""


class File(Struct, frozen=True):
    """A file that somebody attached in the form; `size` in bytes."""

    id: str
    name: str
    type: str
    size: int


class Filled(Struct, frozen=True):
    """What came back. `seen` marks, field by field, what stood there when the form was opened."""

    dispute_id: str
    seen: Mapping[str, str]
    texts: Mapping[str, str]
    files: Mapping[str, File]


def form(dispute: Dispute, papers: Sequence[Paper], gathered: Sequence[Evidence]) -> Block:
    """Draw the form with what was gathered so far."""
    there = {row.field: row for row in gathered}
    about = f"*{Money(dispute.amount_minor, dispute.currency)}* · {escape(_who(dispute))}"
    due = f"Evidence is due {day(dispute.evidence_due_at)}. " if dispute.evidence_due_at else ""
    hint = f"{due}Nothing goes to the bank yet: keep what you have, and go on later."
    shown = [b.context(about, hint), *(_field(paper, there.get(paper.field)) for paper in papers)]
    seen = {row.field: mark(row.text or row.slack_file) for row in gathered}
    note = json.dumps({"dispute": dispute.id, "seen": seen})
    return b.modal("Evidence", CALLBACK, shown, submit="Keep", close="Cancel", note=note)


def read(view: Mapping[str, Any]) -> Filled:
    """Read what was filled in. Raises KeyError for a view that is not this form."""
    note = json.loads(view["private_metadata"])
    texts: dict[str, str] = {}
    files: dict[str, File] = {}
    for fields in view["state"]["values"].values():
        for name, said in fields.items():
            if said["type"] != "file_input":
                texts[name] = (said.get("value") or "").strip()
            elif said.get("files"):
                files[name] = _file(said["files"][0])
    return Filled(note["dispute"], note["seen"], texts, files)


def mark(content: str) -> str:
    """Return a short mark of what stands in a field, to see whether it changed."""
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _field(paper: Paper, row: Evidence | None) -> Block:
    if paper.field in FILES:
        element: Block = {"type": "file_input", "filetypes": list(FILE_TYPES), "max_files": 1}
        given = f"“{row.file_name}” is there; another file replaces it. " if row and row.file_name else ""
        return b.labelled(
            paper.name,
            paper.field,
            element,
            hint=f"{given}A PDF, PNG or JPEG of at most 5 MB.",
            optional=True,
        )
    text = b.text_field("", row.text if row else "", lines=True, limit=_CHARACTERS)
    return b.labelled(paper.name, paper.field, text, optional=True)


def _file(said: Mapping[str, Any]) -> File:
    name = str(said.get("name") or "file")
    kind = str(said.get("filetype") or name.rpartition(".")[2])
    return File(str(said["id"]), name, kind, int(said.get("size") or 0))


def _who(dispute: Dispute) -> str:
    return dispute.customer_name or dispute.customer_email or dispute.charge_id

"""Marks that outlive a restart: the trail's newest entry, how far Stripe's events have been read."""

from __future__ import annotations

from functools import cache

from sqlalchemy import String, TextClause, bindparam, text
from sqlmodel import Session

from bot.store.statements import fetch, run_latest
from bot.store.tables import Seen


def at(session: Session, name: str) -> str:
    """Return where a mark is, or nothing."""
    mark = fetch(session, Seen, name)
    return mark.value if mark else ""


def put(session: Session, name: str, value: str) -> None:
    """Put a mark, wherever it was."""
    run_latest(session, _put(name), {"name": name, "value": value}, (Seen, name))


def move(session: Session, name: str, value: str, before: str) -> bool:
    """Move a mark on from where it was `before`; False when somebody else moved it first."""
    if at(session, name) != before:
        return False
    put(session, name, value)
    return True


@cache
def _put(name: str) -> TextClause:  # noqa: ARG001  # a statement for each, since of one only the latest counts
    return text(
        "INSERT INTO seen (name, value) VALUES (:name, :value) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    ).bindparams(bindparam("name", type_=String()), bindparam("value", type_=String()))

"""The evidence of a challenge: reading it, and what Stripe does not have yet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, select

from bot.store.tables import Evidence


def of_dispute(session: Session, dispute_id: str) -> Sequence[Evidence]:
    """Return what was gathered for a dispute, in the order of Stripe's fields."""
    return session.exec(
        select(Evidence).where(Evidence.dispute_id == dispute_id).order_by(Evidence.field)
    ).all()


def in_field(session: Session, dispute_id: str, field: str) -> Evidence | None:
    """Return what stands in one field."""
    return session.get(Evidence, (dispute_id, field))


def waits(session: Session, dispute_id: str) -> bool:
    """Say whether something was gathered that Stripe does not have, and could have."""
    return any(one.staged != one.revision and not one.problem for one in of_dispute(session, dispute_id))

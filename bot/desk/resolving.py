"""Writes down that a customer was told how something ended."""

from __future__ import annotations

from sqlmodel import Session

from bot.cards.text import when, who
from bot.desk import authority
from bot.desk.desk import Desk
from bot.desk.record import Subject, noted, of_id
from bot.errors import AlreadyDecidedError, NotFoundError
from bot.store import resolutions


async def customer_told(desk: Desk, subject_id: str, by: str) -> None:
    """Write down that `by` told the customer: whoever asked may say so, and whoever may decide.

    Raises NotFoundError, NotAllowedError, CouldNotCheckError, AlreadyDecidedError.
    """

    def write(session: Session) -> None:
        subject, now = of_id(session, subject_id), desk.now()
        resolution = resolutions.of_subject(session, subject_id)
        if subject is None or resolution is None:
            raise NotFoundError("This has not ended, so there is nothing to tell the customer yet.")
        if by != _owner(subject):
            authority.require(desk, subject, by)
        if resolution.told_at:
            raise AlreadyDecidedError(
                subject_id,
                f"{who(resolution.told_by)} already told the customer, {when(resolution.told_at)}.",
            )
        resolutions.customer_told(session, subject_id, how="agent", by=by, at=now)
        noted(session, subject, "customer_told", actor=by, at=now)

    await authority.decide(desk, by, "write down that the customer was told", write)
    desk.show_soon(subject_id)


def _owner(subject: Subject) -> str:
    return str(getattr(subject, "requested_by", "") or getattr(subject, "opened_by", ""))

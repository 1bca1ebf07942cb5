"""Who may decide, asked at every click and again at every submit; a no is written down too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.record import KIND, Subject
from bot.errors import CouldNotCheckError, NotAllowedError
from bot.store import audit
from bot.store.group import RowName
from bot.store.tables import BillingChange, Case

T = TypeVar("T")


class NotKnownError(Exception):
    """Slack has not said lately who may decide on `subject`; it has to be asked first."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.id)
        self.subject = subject


async def decide(
    desk: Desk, by: str, what: str, transaction: Callable[[Session], T], about: RowName | None = None
) -> T:
    """Run a transaction that calls `require`; where Slack has to be asked first, ask and run it again.

    `about` is the row that is decided on.

    Raises what the transaction raises, and CouldNotCheckError.
    """
    try:
        return await desk.store.write(transaction, about)
    except NotKnownError as unknown:
        await check(desk, unknown.subject, by, what)
    except NotAllowedError as refusal:
        await _write_down(desk, refusal, by, what)
        raise
    return await decide(desk, by, what, transaction, about)


def require(desk: Desk, subject: Subject, by: str) -> None:
    """Raise NotAllowedError unless `by` may decide on `subject`, as Slack said within the last minute.

    Raises NotKnownError when Slack has not said; it asks nobody, so that a transaction may call it.
    """
    try:
        if isinstance(subject, Case | BillingChange) and by == subject.requested_by:
            refuse_requester()
        if not desk.directory.knows(by, *_routes(subject)):
            raise NotKnownError(subject)
        desk.directory.check_may_decide(by, *_routes(subject))
    except NotAllowedError as refusal:
        refusal.subject = (KIND[type(subject)], subject.id)
        raise


async def check(desk: Desk, subject: Subject, by: str, what: str) -> None:
    """Ask Slack, and raise NotAllowedError or CouldNotCheckError unless `by` may decide on `subject` now."""
    try:
        await desk.directory.learn(by, *_routes(subject))
        require(desk, subject, by)
    except (NotAllowedError, CouldNotCheckError) as refusal:
        refusal.subject = (KIND[type(subject)], subject.id)
        await _write_down(desk, refusal, by, what)
        raise


def refuse_requester() -> None:
    """Refuse whoever asked for the refund or the change themselves."""
    raise NotAllowedError("You asked for this one yourself, so somebody else has to decide it.")


def _routes(subject: Subject) -> list[str]:
    return [route for route in (subject.route, subject.also_route) if route]


async def _write_down(desk: Desk, refusal: NotAllowedError | CouldNotCheckError, by: str, what: str) -> None:
    kind, subject_id = refusal.subject

    def write(session: Session) -> None:
        audit.record(
            session,
            at=desk.now(),
            actor=by,
            event="click_refused",
            kind=kind,
            subject_id=subject_id,
            detail={"wanted": what, "why": type(refusal).__name__},
        )

    await desk.store.write(write)

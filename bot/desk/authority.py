"""Who may decide and who may ask, at every click and again at every submit; a no is written down too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NoReturn, TypeVar

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.record import KIND, Subject
from bot.directory import NotSaidError
from bot.errors import ConfigurationError, CouldNotCheckError, NotAllowedError
from bot.store import audit
from bot.store.group import RowName
from bot.store.tables import BillingChange, Case

T = TypeVar("T")


class NotKnownError(Exception):
    """Slack has not said lately who may decide on `subject`; it has to be asked first."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.id)
        self.subject = subject


async def decide(desk: Desk, by: str, what: str, transaction: Callable[[Session], T], *about: RowName) -> T:
    """Run a transaction that calls `require`; where Slack has to be asked first, ask and run it again.

    `about` is the row that is decided on; it is read ahead, as is the newest entry of the trail.

    Raises what the transaction raises, and what `check` does.
    """
    try:
        return await desk.store.write(transaction, audit.NEWEST, *about)
    except NotKnownError as unknown:
        await check(desk, unknown.subject, by, what)
    except NotAllowedError as refusal:
        await _write_down(desk, refusal, by, what, *refusal.subject)
        raise
    return await decide(desk, by, what, transaction, *about)


def require(desk: Desk, subject: Subject, by: str) -> None:
    """Raise NotAllowedError unless `by` may decide on `subject`, as Slack said within the last minute.

    Raises NotKnownError when Slack has not said; it asks nobody, so that a transaction may call it.
    """
    if isinstance(subject, Case | BillingChange) and by == subject.requested_by:
        refuse(subject, "You asked for this one yourself, so somebody else has to decide it.")
    try:
        desk.directory.check_may_decide(by, *_routes(subject))
    except NotSaidError:
        raise NotKnownError(subject) from None
    except NotAllowedError as refusal:
        refuse(subject, str(refusal))


def refuse(subject: Subject, sentence: str) -> NoReturn:
    """Raise NotAllowedError about `subject`; in a transaction that `decide` runs, it is written down."""
    refusal = NotAllowedError(sentence)
    refusal.subject = (KIND[type(subject)], subject.id)
    raise refusal


async def check(desk: Desk, subject: Subject, by: str, what: str) -> None:
    """Ask Slack, and raise unless `by` may decide on `subject` now.

    Raises NotAllowedError, and CouldNotCheckError or ConfigurationError where Slack cannot say.
    """
    async with writing_down(desk, by, what, KIND[type(subject)], subject.id):
        await desk.directory.learn(by, *_routes(subject))
        require(desk, subject, by)


async def require_member(desk: Desk, by: str, what: str, kind: str, subject_id: str = "") -> None:
    """Raise NotAllowedError unless `by` is a full member of this workspace, as Slack said within a minute.

    `what` is what they want, in words that follow “may”; the trail has the same words. Raises
    CouldNotCheckError where Slack cannot say.
    """
    async with writing_down(desk, by, what, kind, subject_id):
        person = await desk.directory.person(by)
        if not person.is_member:
            raise NotAllowedError(f"Only full members of this workspace may {what}. Ask a colleague.")


@asynccontextmanager
async def writing_down(desk: Desk, by: str, what: str, kind: str, subject_id: str) -> AsyncIterator[None]:
    """Write down a no that is raised within: who wanted what, and with which subject."""
    try:
        yield
    except (NotAllowedError, CouldNotCheckError, ConfigurationError) as refusal:
        await _write_down(desk, refusal, by, what, kind, subject_id)
        raise


def _routes(subject: Subject) -> list[str]:
    return [route for route in (subject.route, subject.also_route) if route]


async def _write_down(desk: Desk, refusal: Exception, by: str, what: str, kind: str, subject_id: str) -> None:
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

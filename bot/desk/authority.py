"""Who may decide, asked at every click and again at every submit; a no is written down too."""

from __future__ import annotations

from typing import NoReturn

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.record import KIND, Subject
from bot.errors import CouldNotCheckError, NotAllowedError
from bot.store import audit
from bot.store.tables import Case


async def check(desk: Desk, subject: Subject, by: str, what: str) -> None:
    """Raise NotAllowedError or CouldNotCheckError unless `by` may decide on `subject` now."""
    try:
        if isinstance(subject, Case) and by == subject.requested_by:
            refuse_requester()
        await desk.directory.check_may_decide(by, *filter(None, (subject.route, subject.also_route)))
    except (NotAllowedError, CouldNotCheckError) as refusal:
        detail = {"wanted": what, "why": type(refusal).__name__}

        def write_down(session: Session) -> None:
            audit.record(
                session,
                at=desk.now(),
                actor=by,
                event="click_refused",
                kind=KIND[type(subject)],
                subject_id=subject.id,
                detail=detail,
            )

        await desk.store.write(write_down)
        raise


def refuse_requester() -> NoReturn:
    """Refuse whoever asked for the refund themselves."""
    raise NotAllowedError("You asked for this one yourself, so somebody else has to decide it.")

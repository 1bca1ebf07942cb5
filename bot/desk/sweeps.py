"""What brings back work that was left: each sweep finds what is due by a partial index and takes it up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlmodel import Session, SQLModel

from bot.desk import answering, changing, health, inbox, mailing, mirror, paying, reminders
from bot.desk.desk import Desk
from bot.store import posts, telling, work
from bot.store.tables import Case, ChangeStep, Deadline, Dispute, Inbox, Mail, Mirrored, Operation, Post

_AT_ONCE: Final = 8
_TAKEN_UP: Final = (Case, Operation, Inbox, Mail, Dispute, Post, ChangeStep, Mirrored)


async def left_behind(desk: Desk) -> None:
    """Let go of what a process that died had taken up, where no other process can have it.

    Waits of less than a lease end as well: what they wait for is asked again a little early.
    """
    if desk.store.sqlite:
        await desk.store.write(lambda session: work.let_go(session, _TAKEN_UP, desk.now()))


async def approved_cases(desk: Desk) -> None:
    """Send the refunds of approved cases that nobody is sending."""
    await _each(desk, Case, "id", paying.advance)


async def operations(desk: Desk) -> None:
    """Go on with operations whose answer is missing, late or pending."""
    await _each(desk, Operation, "id", paying.resume)


async def events(desk: Desk) -> None:
    """Handle events of Stripe's that were taken in and not handled."""
    await _each(desk, Inbox, "event_id", inbox.handle)


async def missed_events(desk: Desk) -> None:
    """Fetch the events that never arrived."""
    await inbox.backfill(desk)


async def deadlines(desk: Desk) -> None:
    """Remind of what is due."""
    await _each(desk, Deadline, "subject_id", reminders.remind)


async def mails(desk: Desk) -> None:
    """Send the mails that wait."""
    await _each(desk, Mail, "message_id", mailing.send)


async def disputes(desk: Desk) -> None:
    """Tell Stripe about accepted disputes and gathered evidence, and look into new ones."""
    await _each(desk, Dispute, "id", answering.go_on)


async def changed_objects(desk: Desk) -> None:
    """Read into the mirror what something happened to."""
    await mirror.read_changed(desk)


async def mirror_filling(desk: Desk) -> None:
    """Fill the mirror from the start, where that is not done."""
    await mirror.fill(desk)


async def mirror_compared(desk: Desk) -> None:
    """Compare the mirror with Stripe."""
    await mirror.compare(desk)


async def failing_payments(desk: Desk) -> None:
    """See whether payments fail everywhere."""
    await health.watch_payments(desk)


async def change_steps(desk: Desk) -> None:
    """Go on with billing changes: the step that is due, and those after it."""
    await _each(desk, ChangeStep, "change_id", changing.advance)


async def messages(desk: Desk) -> None:
    """Bring Slack to what the rows ask for, and to what the trail has to say."""
    if await desk.store.read(telling.is_behind):
        await desk.store.write(telling.tell, *telling.READ_AHEAD)
    subjects = await desk.store.read(lambda session: posts.due_subjects(session, desk.now()))
    await _at_once(desk.messenger.show, subjects)


async def _each(
    desk: Desk, table: type[SQLModel], key: str, take_up: Callable[[Desk, str], Awaitable[None]]
) -> None:
    now: datetime = desk.now()

    def find(session: Session) -> list[str]:
        return [str(getattr(row, key)) for row in work.due(session, table, now)]

    await _at_once(partial(take_up, desk), await desk.store.read(find))


async def _at_once(take_up: Callable[[str], Awaitable[None]], found: Sequence[str]) -> None:
    """Take them up a few at a time; one that fails does not keep the others from running."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def run(one: str) -> None:
        async with gate:
            await take_up(one)

    failed = [error for error in await asyncio.gather(*map(run, found), return_exceptions=True) if error]
    if failed:
        raise ExceptionGroup("a sweep left some work for the next one", [_as_error(one) for one in failed])


def _as_error(failure: BaseException) -> Exception:
    return failure if isinstance(failure, Exception) else RuntimeError(str(failure))

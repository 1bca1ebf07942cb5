"""Bring evidence to Stripe: files from Slack first, then all fields at once, without submitting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.disputes import follow
from bot.errors import NotFoundError, StripeRefusedError
from bot.payments import FILE_BYTES
from bot.store import evidence as kept
from bot.store import posts
from bot.store.tables import Dispute, Evidence
from bot.store.work import LEASE, amend, change
from bot.stripe_objects import StripeDispute


async def stage(desk: Desk, dispute: Dispute) -> None:
    """Let Stripe have what was gathered and it does not have yet.

    Raises StripeUnavailableError, StripeRefusedError, SlackUnavailableError.
    """
    if not await desk.store.read(lambda session: kept.waits(session, dispute.id)):
        return
    rows = await _with_files(desk, dispute)
    given = _given(rows)
    if given:
        found = await desk.payments.disputes.stage(dispute.id, given)
        await desk.store.write(partial(_staged, desk, rows, found))


async def complete(desk: Desk, dispute: Dispute) -> Mapping[str, str]:
    """Return all of the evidence as Stripe takes it, by field, once its files are there.

    Raises NotFoundError for a file that Slack does not have any more, and as `stage` does.
    """
    rows = await _with_files(desk, dispute)
    for row in rows:
        if row.problem:
            raise NotFoundError(f"“{row.file_name}” did not reach Stripe. {row.problem}")
    return _given(rows)


async def _with_files(desk: Desk, dispute: Dispute) -> Sequence[Evidence]:
    """Upload what waits in Slack, and return the rows as they were read, with Stripe's ids."""
    rows = await desk.store.read(lambda session: kept.of_dispute(session, dispute.id))
    for row in rows:
        if row.slack_file and not row.stripe_file and not row.problem:
            await _upload(desk, dispute, row)
    return rows


async def _upload(desk: Desk, dispute: Dispute, row: Evidence) -> None:
    try:
        file = await desk.attachments.read(row.slack_file, FILE_BYTES)
        # The same file in the same field is the same upload, however often its answer is lost.
        key = f"makegood:{dispute.id}:{row.field}:{row.slack_file}"
        row.stripe_file = await desk.payments.disputes.upload(row.file_name, file.content, key)
    except NotFoundError as error:
        row.problem = str(error)
    except StripeRefusedError as error:
        raise StripeRefusedError(f"“{row.file_name}”: {error}") from error

    def write(session: Session) -> None:
        current = kept.in_field(session, dispute.id, row.field)
        if current and current.revision == row.revision:
            change(session, current, stripe_file=row.stripe_file, problem=row.problem)
        change(session, dispute, due_at=desk.now() + LEASE)
        posts.redraw(session, dispute.id, desk.now())

    await desk.store.write(write)


def _given(rows: Sequence[Evidence]) -> dict[str, str]:
    return {row.field: row.text or row.stripe_file for row in rows if row.text or row.stripe_file}


def _staged(desk: Desk, rows: Sequence[Evidence], found: StripeDispute, session: Session) -> None:
    """Note that Stripe has these rows as they were read; what was changed meanwhile still waits."""
    for row in rows:
        if not row.problem:
            change(session, row, staged=row.revision)
    dispute = session.get(Dispute, found.id)
    if dispute:
        amend(session, dispute, problem="")
        posts.redraw(session, dispute.id, desk.now())
    follow(desk, session, found)

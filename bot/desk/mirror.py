"""The mirror: read what changed, fill it from the start, compare it with Stripe and mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog
from sqlmodel import Session

from bot.desk import incidents
from bot.desk.desk import Desk
from bot.errors import NotFoundError, StripeRefusedError, StripeUnavailableError
from bot.payments import Payments
from bot.payments.copies import OPEN
from bot.store import marks, mirror
from bot.store.engine import Store
from bot.store.mirror import Copy
from bot.store.tables import Mirrored
from bot.stripe_copies import KINDS
from policy.health import Drift, drift_told, drifted
from policy.model import Health

log = structlog.get_logger()
FILLED: Final = "filled"
CHECKED: Final = "mirror:checked"
DRIFT: Final = "mirror:drift"
_AT_ONCE: Final = 8
_HISTORY: Final = timedelta(days=400)
"""How far back the mirror goes; as far as the desk's own history of refunds."""
_ALL: Final = ("customer", "subscription")
"""Kinds that are mirrored however old they are."""
_JUST_NOW: Final = timedelta(minutes=5)
"""What happened since then may still be on its way here, and is no drift."""
_KEPT_BY_STRIPE: Final = timedelta(days=29)
_LIVING: Final = {
    "subscription": ("active", "past_due", "trialing", "unpaid", "paused", "incomplete"),
    "invoice": ("open",),
}
_KIND_OF: Final[Mapping[str, str]] = {
    "customer.created": "customer",
    "customer.updated": "customer",
    "customer.deleted": "customer",
    "customer.subscription.created": "subscription",
    "customer.subscription.updated": "subscription",
    "customer.subscription.deleted": "subscription",
    "customer.subscription.paused": "subscription",
    "customer.subscription.resumed": "subscription",
    "invoice.created": "invoice",
    "invoice.finalized": "invoice",
    "invoice.updated": "invoice",
    "invoice.paid": "invoice",
    "invoice.payment_failed": "invoice",
    "invoice.voided": "invoice",
    "invoice.marked_uncollectible": "invoice",
    "charge.pending": "charge",
    "charge.succeeded": "charge",
    "charge.failed": "charge",
    "charge.captured": "charge",
    "charge.expired": "charge",
    "charge.updated": "charge",
    "charge.refunded": "charge",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
    "charge.dispute.created": "dispute",
    "charge.dispute.updated": "dispute",
    "charge.dispute.closed": "dispute",
    "charge.dispute.funds_withdrawn": "dispute",
    "charge.dispute.funds_reinstated": "dispute",
}


def kind_of(event_type: str) -> str:
    """Return the kind of object that an event of this type changes; nothing where it is not mirrored."""
    return _KIND_OF.get(event_type, "")


async def read_changed(desk: Desk) -> None:
    """Read every object again to which something happened, a hundred at a time, until none is left."""
    while rows := await desk.store.write(lambda session: mirror.take_due(session, desk.now())):
        gate, asked = asyncio.Semaphore(_AT_ONCE), desk.now()

        async def read(row: Mirrored) -> Copy | None:
            async with gate:  # noqa: B023  # each group has its own, and is awaited below
                return await _one(desk, row, asked)  # noqa: B023  # the same

        found = await asyncio.gather(*map(read, rows))
        await desk.store.write(lambda session: _write_read(session, rows, found, asked))  # noqa: B023  # the same
        if None in found:
            return


async def fill(desk: Desk) -> None:
    """Go on filling the mirror until it holds everything; what Stripe cannot tell now is asked later."""
    try:
        while await fill_page(desk.store, desk.payments, desk.now()):
            continue
    except (StripeUnavailableError, StripeRefusedError) as error:
        log.warning("the mirror could not be filled", why=str(error))


async def fill_page(store: Store, payments: Payments, now: datetime) -> str:
    """Read one page into the mirror and note how far it is; return the kind, or nothing when all is there.

    Whoever was stopped goes on where the last page ended. Raises StripeUnavailableError, StripeRefusedError.
    """
    reached = await store.read(lambda session: {kind: marks.at(session, _mark(kind)) for kind in KINDS})
    kind = next((kind for kind in KINDS if reached[kind] != FILLED), "")
    if not kind:
        return ""
    # From the day's beginning, so that what one page ended with is on the list that the next page goes on in.
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = datetime.fromtimestamp(0, now.tzinfo) if kind in _ALL else day - _HISTORY
    try:
        page = await payments.copies.page(kind, since, reached[kind])
    except NotFoundError:  # what the last page ended with was deleted since
        page, following = [], ""
    else:
        following = page[-1].id if page else FILLED

    def write(session: Session) -> None:
        if marks.move(session, _mark(kind), following, reached[kind]):
            for copy in page:
                mirror.write(session, copy, now)

    await store.write(write)
    return kind


async def missing_kinds(desk: Desk) -> list[str]:
    """Return the kinds that the mirror does not hold in full yet."""

    def read(session: Session) -> list[str]:
        return [kind for kind in KINDS if marks.at(session, _mark(kind)) != FILLED]

    return await desk.store.read(read)


async def compare(desk: Desk) -> None:
    """Compare the mirror with Stripe when it is time, mend what differs, and say so when it is too much."""
    health, now = desk.playbook.health, desk.now()
    before = await desk.store.read(lambda session: marks.at(session, CHECKED))
    if health is None or (before and now < datetime.fromisoformat(before) + health.check_every):
        return
    if await missing_kinds(desk):
        return
    try:
        listed = await _listed(desk, health, now)
        changed = await _changed(desk, before, health, now)
        found = await _differing(desk, listed, changed, health, now)
    except (StripeUnavailableError, StripeRefusedError, NotFoundError) as error:
        log.warning("the mirror could not be compared", why=str(error))
        return
    subject = await desk.store.write(lambda session: _mend(desk, session, found, before, health, now))
    if subject:
        desk.show_soon(subject)


@dataclass(slots=True)
class _Found:
    """What a comparison found: the drift, and the readings that mend it."""

    drift: Drift
    fresh: list[Copy] = field(default_factory=list)


async def _one(desk: Desk, row: Mirrored, now: datetime) -> Copy | None:
    try:
        return await desk.payments.copies.one(row.kind, row.id, now)
    except (StripeUnavailableError, StripeRefusedError):
        return None


def _write_read(
    session: Session, rows: Sequence[Mirrored], found: Sequence[Copy | None], asked: datetime
) -> None:
    for row, copy in zip(rows, found, strict=True):
        if copy is None:
            mirror.put_off(session, row, asked + timedelta(seconds=min(2**row.tried, 600)))
        else:
            mirror.write(session, copy, asked, taken_until=row.due_at)


async def _listed(desk: Desk, health: Health, now: datetime) -> dict[str, Copy]:
    """Return what Stripe lists: everything recent, and whatever is still open."""
    found: dict[str, Copy] = {}
    for kind in KINDS:
        for since in (now - health.recent, *((None,) if kind in OPEN else ())):
            after = ""
            while page := await desk.payments.copies.page(kind, since, after):
                found |= {copy.id: copy for copy in page}
                after = page[-1].id
    return found


async def _changed(desk: Desk, before: str, health: Health, now: datetime) -> dict[str, datetime]:
    """Return when something last happened to each object since the comparison before, by kind and id."""
    since = datetime.fromisoformat(before) - _JUST_NOW if before else now - health.recent
    found: dict[str, datetime] = {}
    async for event in desk.payments.copies.events(tuple(_KIND_OF), max(since, now - _KEPT_BY_STRIPE)):
        name = f"{_KIND_OF[event.type]}:{event.object_id}"
        found[name] = max(event.at, found.get(name, event.at))
    return found


async def _differing(
    desk: Desk, listed: Mapping[str, Copy], changed: Mapping[str, datetime], health: Health, now: datetime
) -> _Found:
    """Compare what Stripe lists with what we have; what it does not list is read one by one."""
    rows, unlisted = await desk.store.read(lambda session: _ours(session, listed, changed, health, now))
    found = _Found(Drift(compared=len(listed) + len(unlisted)))
    on_its_way = {name.partition(":")[2] for name, at in changed.items() if at > now - _JUST_NOW}
    for copy in listed.values():
        _compare(found, rows.get(copy.id), copy, on_its_way)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(kind: str, object_id: str) -> Copy:
        async with gate:
            return await desk.payments.copies.one(kind, object_id, now)

    for copy in await asyncio.gather(*(read(kind, one) for one, kind in unlisted.items())):
        _compare(found, rows.get(copy.id), copy, on_its_way)
    return found


def _compare(found: _Found, row: Mirrored | None, copy: Copy, on_its_way: set[str]) -> None:
    """Note how our row of an object differs from a fresh copy, unless it is just being read.

    What happened just now may still be on its way here. It is left alone: mended now, a webhook that
    never comes would be noticed by no later comparison.
    """
    if copy.id in on_its_way:
        return
    if row is None or row.read_at is None:
        if not copy.gone:
            found.drift.missing.append(copy.id)
        found.fresh.append(copy)
    elif not row.erased and row.due_at is None and row.digest != copy.digest:
        if not (row.gone and copy.gone):
            (found.drift.gone if copy.gone else found.drift.different).append(copy.id)
        found.fresh.append(copy)


def _ours(
    session: Session,
    listed: Mapping[str, Copy],
    changed: Mapping[str, datetime],
    health: Health,
    now: datetime,
) -> tuple[dict[str, Mirrored], dict[str, str]]:
    """Return our rows of what is compared, and the ids, with their kinds, that Stripe has to be asked for.

    Those are what it should have listed and did not, and what changed since we read it.
    """
    ours = {one: kind for kind in KINDS for one in mirror.since(session, kind, now - health.recent)}
    for kind, states in _LIVING.items():
        ours |= dict.fromkeys(mirror.in_states(session, kind, states), kind)
    happened = {name.partition(":")[2]: (name.partition(":")[0], at) for name, at in changed.items()}
    rows = mirror.known(session, {**listed, **ours, **happened})
    for object_id, (kind, at) in happened.items():
        row = rows.get(object_id)
        if at <= now - _JUST_NOW and (row is None or row.read_at is None or row.read_at < at):
            ours[object_id] = kind
    return rows, {one: kind for one, kind in ours.items() if one not in listed}


def _mend(desk: Desk, session: Session, found: _Found, before: str, health: Health, now: datetime) -> str:
    """Write what was read, the counts and when, and open or close the incident, in one transaction."""
    if not marks.move(session, CHECKED, now.isoformat(), before):
        return ""
    for copy in found.fresh:
        mirror.write(session, copy, now)
    drift = found.drift
    counts = {"compared": drift.compared} | {what: len(ids) for what, ids in drift.parts.items()}
    marks.put(session, DRIFT, msgspec.json.encode(counts).decode())
    if drifted(drift, health):
        return incidents.report(desk, session, health.sync_issue, drift_told(drift))
    if drift.count == 0:
        return incidents.over(desk, session, health.sync_issue, "A later comparison found no difference.")
    return ""


def _mark(kind: str) -> str:
    return f"mirror:{kind}"

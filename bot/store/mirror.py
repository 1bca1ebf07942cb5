"""The mirror of Stripe's objects: marked when something happened, written when they were read, looked up.

A reading is dated by when it was asked for, and an older one never overwrites a newer one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, TextClause, bindparam, func, text, update
from sqlmodel import Session, col, select

from bot.store.statements import add_once, change_where
from bot.store.tables import Mirrored
from bot.store.work import LEASE


class Copy(Struct, frozen=True):
    """One object. `status` of a charge that is authorised and not captured is `hold`; `gone`: deleted."""

    id: str
    kind: str
    created_at: datetime
    customer_id: str = ""
    charge_id: str = ""
    status: str = ""
    amount_minor: int = 0
    currency: str = ""
    email: str = ""
    name: str = ""
    last4: str = ""
    fingerprint: str = ""
    brand: str = ""
    country: str = ""
    decline_code: str = ""
    price: str = ""
    gone: bool = False

    @property
    def digest(self) -> str:
        """A short hash of all of it: two copies with the same one are the same."""
        # The time in the words that digests on disk were made of: another way to write it is no difference.
        values = asdict(self) | {"created_at": self.created_at.isoformat()}
        return hashlib.blake2b(msgspec.json.encode(values), digest_size=12).hexdigest()


_COLUMNS: Final[tuple[Column[Any], ...]] = tuple(Mirrored.__table__.c)  # type: ignore[attr-defined]  # every table model has it
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_OURS: Final = {"id", "kind", "due_at"}


def _statement(conflict: str) -> TextClause:
    places = ", ".join(f":{name}" for name in _NAMES)
    written = f"INSERT INTO mirrored ({', '.join(_NAMES)}) VALUES ({places}) ON CONFLICT (id) DO {conflict}"  # noqa: S608  # names of our own columns
    bound = [bindparam(column.name, type_=column.type) for column in _COLUMNS]
    return text(written).bindparams(*bound)


_MARK: Final = _statement("UPDATE SET due_at = excluded.due_at WHERE NOT mirrored.erased")
_WRITE: Final = _statement(
    "UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _OURS)
    + ", due_at = CASE WHEN mirrored.due_at = :taken_until THEN NULL ELSE mirrored.due_at END"
    " WHERE NOT mirrored.erased AND (mirrored.read_at IS NULL OR mirrored.read_at <= excluded.read_at)"
).bindparams(bindparam("taken_until", type_=Mirrored.__table__.c.due_at.type))  # type: ignore[attr-defined]  # as above
_BLANK: Final = {
    name: field.default for name, field in Mirrored.model_fields.items() if not field.is_required()
}


_ERASED: Final = {"email": "", "name": "", "last4": "", "fingerprint": "", "erased": True}


def mark(session: Session, object_id: str, kind: str, now: datetime) -> None:
    """Note that something happened to an object: it is to be read again. Marking twice is marking once."""
    session.connection().execute(
        _MARK, {**_BLANK, "id": object_id, "kind": kind, "created_at": now, "due_at": now}
    )


def write(session: Session, copy: Copy, read_at: datetime, taken_until: datetime | None = None) -> None:
    """Write what was read at `read_at`, unless a newer reading is there.

    `taken_until` is the lease under which it was read: it ends with this, unless something happened since.
    """
    given = {**_BLANK, **asdict(copy), "digest": copy.digest, "read_at": read_at, "taken_until": taken_until}
    owner = session.get(Mirrored, copy.customer_id) if copy.customer_id else None
    if owner and owner.erased:
        given |= _ERASED
    session.connection().execute(_WRITE, given)


def take_due(session: Session, now: datetime, limit: int = 100) -> Sequence[Mirrored]:
    """Take up objects that are to be read again, the longest due first; whoever takes them has a lease."""
    column = col(Mirrored.due_at)
    rows = session.exec(
        select(Mirrored).where(column.is_not(None), column <= now).order_by(column).limit(limit)
    ).all()
    taken = []
    for row in rows:
        until, tried = now + LEASE, row.tried + 1
        guard = {"id": row.id, "due_at": row.due_at}
        if change_where(session, Mirrored, guard, due_at=until, tried=tried) == 1:
            session.expunge(row)
            row.due_at, row.tried = until, tried
            taken.append(row)
    return taken


def put_off(session: Session, row: Mirrored, until: datetime) -> None:
    """Let an object that could not be read be read later."""
    change_where(session, Mirrored, {"id": row.id, "due_at": row.due_at}, due_at=until)


def known(session: Session, ids: Iterable[str]) -> dict[str, Mirrored]:
    """Return the rows of these objects, by id."""
    wanted = list(ids)
    found: dict[str, Mirrored] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found |= {row.id: row for row in session.exec(select(Mirrored).where(col(Mirrored.id).in_(part)))}
    return found


def since(session: Session, kind: str, start: datetime) -> Sequence[str]:
    """Return the ids of a kind that were created from `start` on and that should still be there."""
    return session.exec(
        select(Mirrored.id).where(
            Mirrored.kind == kind, Mirrored.created_at >= start, _is(gone=False, erased=False)
        )
    ).all()


def in_states(session: Session, kind: str, states: Sequence[str]) -> Sequence[str]:
    """Return the ids of a kind that are in one of `states`, as far as is known."""
    return session.exec(
        select(Mirrored.id).where(
            Mirrored.kind == kind, col(Mirrored.status).in_(states), _is(gone=False, erased=False)
        )
    ).all()


def attempts(session: Session, start: datetime, end: datetime, limit: int = 5000) -> Sequence[Mirrored]:
    """Return the charges created in [start, end), newest first, that were read."""
    return session.exec(
        select(Mirrored)
        .where(
            Mirrored.kind == "charge",
            Mirrored.created_at >= start,
            Mirrored.created_at < end,
            col(Mirrored.read_at).is_not(None),
        )
        .order_by(col(Mirrored.created_at).desc())
        .limit(limit)
    ).all()


def count_attempts(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    """Count the charges created in [start, end) by their status."""
    rows = session.execute(
        select(Mirrored.status, func.count())
        .where(Mirrored.kind == "charge", Mirrored.created_at >= start, Mirrored.created_at < end)
        .group_by(Mirrored.status)
    )
    return {status: count for status, count in rows if status}


def oldest_attempt(session: Session) -> datetime | None:
    """Return when the oldest charge that is known was made."""
    return session.exec(select(func.min(Mirrored.created_at)).where(Mirrored.kind == "charge")).one()


def by_last4(session: Session, last4: str, limit: int = 1000) -> Sequence[str]:
    """Return the customers who paid with a card of these last four digits, the newest charge first."""
    rows = session.exec(
        select(Mirrored.customer_id)
        .where(Mirrored.last4 == last4, Mirrored.customer_id != "")
        .order_by(col(Mirrored.created_at).desc())
        .limit(limit)
    )
    return list(dict.fromkeys(rows))


def on_card(session: Session, fingerprint: str, last4: str, around: datetime) -> Sequence[Mirrored]:
    """Return the charges within a day of `around` on this card, and those on one that looks like it."""
    day = timedelta(days=1)
    same = (Mirrored.fingerprint == fingerprint) if fingerprint else (Mirrored.last4 == last4)
    return session.exec(
        select(Mirrored).where(
            same,
            Mirrored.kind == "charge",
            Mirrored.created_at >= around - day,
            Mirrored.created_at <= around + day,
        )
    ).all()


def people(session: Session, customer_ids: Sequence[str]) -> dict[str, Mirrored]:
    """Return the customers that were read, by id."""
    return {key: row for key, row in known(session, customer_ids).items() if row.read_at}


def prices(session: Session, customer_ids: Iterable[str]) -> dict[tuple[str, int], str]:
    """Return the prices of these customers' subscriptions, by customer and amount in minor units."""
    wanted = [one for one in dict.fromkeys(customer_ids) if one]
    found: dict[tuple[str, int], str] = {}
    for start in range(0, len(wanted), 500):
        rows = session.exec(
            select(Mirrored).where(
                col(Mirrored.customer_id).in_(wanted[start : start + 500]), Mirrored.kind == "subscription"
            )
        )
        found |= {(row.customer_id, row.amount_minor): row.price for row in rows if row.price}
    return found


def erase(session: Session, customer_id: str, now: datetime) -> int:
    """Blank the customer's rows for good; return how many had something to blank.

    A row that stands for the customer stays, so that what is read of them later comes in blank as well.
    """
    rows = (
        update(Mirrored)
        .where(col(Mirrored.customer_id) == customer_id, col(Mirrored.erased).is_(False))
        .values(**_ERASED, due_at=None)
    )
    blanked = session.connection().execute(rows).rowcount
    owner = {"id": customer_id, "customer_id": customer_id, "kind": "customer"}
    add_once(session, Mirrored, **{**_BLANK, **_ERASED, **owner, "created_at": now})
    return blanked


def count_of(session: Session, customer_id: str) -> int:
    """Count the customer's rows that were not erased."""
    return session.exec(
        select(func.count())
        .select_from(Mirrored)
        .where(Mirrored.customer_id == customer_id, col(Mirrored.erased).is_(False))
    ).one()


def _is(**flags: bool) -> Any:  # noqa: ANN401  # a SQL expression
    gone, erased = col(Mirrored.gone).is_(flags["gone"]), col(Mirrored.erased).is_(flags["erased"])
    return gone & erased

"""What the local Stripe holds: every object of the account, in order of creation, with its events."""

from __future__ import annotations

import secrets
import string
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Final

import msgspec

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe.errors import Record, missing

API_VERSION: Final = "2026-10-28.endive"
ACCOUNT_ID: Final = "acct_1RkGoodsLocal0Desk"

_LETTERS: Final = string.ascii_letters + string.digits
_EVENTS_KEPT: Final = timedelta(days=30)


def _parent_subscription(invoice: Record) -> str | None:
    parent = invoice["parent"]
    return parent["subscription_details"]["subscription"] if parent else None


_Reader = Callable[[Record], str | None]

_INDEXES: Final[Mapping[str, Mapping[str, _Reader]]] = {
    "balance_transaction": {"source": itemgetter("source")},
    "charge": {"customer": itemgetter("customer"), "payment_intent": itemgetter("payment_intent")},
    "credit_note": {"customer": itemgetter("customer"), "invoice": itemgetter("invoice")},
    "customer_balance_transaction": {"customer": itemgetter("customer")},
    "dispute": {"charge": itemgetter("charge"), "payment_intent": itemgetter("payment_intent")},
    "invoice": {"customer": itemgetter("customer"), "subscription": _parent_subscription},
    "invoice_payment": {
        "invoice": itemgetter("invoice"),
        "payment_intent": lambda record: record["payment"]["payment_intent"],
    },
    "payment_intent": {"customer": itemgetter("customer")},
    "payment_method": {"customer": itemgetter("customer")},
    "radar.early_fraud_warning": {
        "charge": itemgetter("charge"),
        "payment_intent": itemgetter("payment_intent"),
    },
    "refund": {"charge": itemgetter("charge"), "payment_intent": itemgetter("payment_intent")},
    "subscription": {"customer": itemgetter("customer")},
}
"""The fields that lists are narrowed by; none of them changes after an object is made."""


def _created(record: Record) -> int:
    # A discount is the one kind that is dated by its start.
    created: int = record["created"] if "created" in record else record["start"]
    return created


class Ledger:
    """The account's objects by kind and id; lists are kept oldest first. Times are Unix seconds.

    Objects are dictionaries as the API sends them. To change one, assign new values to its top-level
    fields; nested values are shared between objects and are never changed in place.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._by_id: dict[str, dict[str, Record]] = {}
        self._in_order: dict[str, list[Record]] = {}
        self._indexed: dict[tuple[str, str, str], list[Record]] = {}
        self.cause: Record = {"id": None, "idempotency_key": None}
        """The request under way, as an event names it."""
        self.on_event: Callable[[Record], None] | None = None

    def now(self) -> int:
        """Return the sandbox's present in Unix seconds."""
        return int(self._clock.now().timestamp())

    def put(self, record: Record) -> Record:
        """Add a new object and return it."""
        kind = record["object"]
        self._by_id.setdefault(kind, {})[record["id"]] = record
        insort(self._in_order.setdefault(kind, []), record, key=_created)
        for name, read in _INDEXES.get(kind, {}).items():
            value = read(record)
            if value is not None:
                insort(self._indexed.setdefault((kind, name, value), []), record, key=_created)
        return record

    def leave(self, stub: Record) -> Record:
        """Put a stub in the place of an object that was deleted: it can be read, and is listed no more."""
        kind = stub["object"]
        gone = self._by_id[kind][stub["id"]]
        self._by_id[kind][stub["id"]] = stub
        self._in_order[kind].remove(gone)
        return stub

    def find(self, kind: str, identifier: str) -> Record | None:
        """Return the object, or None."""
        return self._by_id.get(kind, {}).get(identifier)

    def get(self, kind: str, identifier: str, param: str = "id", status: int = 404) -> Record:
        """Return the object. Raises ApiError `resource_missing` with `param` and `status`."""
        record = self.find(kind, identifier)
        if record is None:
            raise missing(kind, identifier, param, status)
        return record

    def all(self, kind: str) -> Sequence[Record]:
        """Return every object of a kind, oldest first."""
        return self._in_order.get(kind, [])

    def where(self, kind: str, field: str, value: str) -> Sequence[Record]:
        """Return the objects whose indexed `field` has `value`, oldest first."""
        return self._indexed.get((kind, field, value), [])

    def where_all(self, kind: str, wanted: Mapping[str, object]) -> Sequence[Record]:
        """Return the objects whose fields have the `wanted` values, oldest first."""
        readers = _INDEXES.get(kind, {})
        named = [
            (name, value) for name, value in wanted.items() if name in readers and isinstance(value, str)
        ]
        candidates = min((self.where(kind, *one) for one in named), key=len, default=self.all(kind))
        return [
            record
            for record in candidates
            if all(readers.get(name, itemgetter(name))(record) == value for name, value in wanted.items())
        ]

    def emit(
        self, type_: str, record: Record, previous: Record | None = None, created: int | None = None
    ) -> Record:
        """Record that `type_` happened to `record` as it is now, and tell whoever listens."""
        data: Record = {"object": msgspec.json.decode(msgspec.json.encode(record))}
        if previous is not None:
            data["previous_attributes"] = previous
        event = self.put(
            {
                "id": new_id("evt_1"),
                "object": "event",
                "account": None,
                "api_version": API_VERSION,
                "created": self.now() if created is None else created,
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": self.cause,
                "type": type_,
            }
        )
        if self.on_event is not None and created is None:
            self.on_event(event)
        return event

    def change(self, record: Record, type_: str | None = None, **values: object) -> Record:
        """Assign `values`; when that changes something, emit `type_` with what it was before."""
        previous = {name: record[name] for name, value in values.items() if record[name] != value}
        record.update(values)
        if previous and type_ is not None:
            self.emit(type_, record, previous)
        return record

    def events(self) -> list[Record]:
        """Return the events of the last 30 days, oldest first: older ones cannot be read any more."""
        since = self.now() - int(_EVENTS_KEPT.total_seconds())
        return [event for event in self.all("event") if event["created"] >= since]


def new_id(prefix: str) -> str:
    """Return a fresh id that no earlier run has used; it looks like Stripe's."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(26 - len(prefix)))

"""Lists as Stripe gives them: newest first, filtered, paged by a cursor (API reference, "Pagination")."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot.sandbox.stripe import shapes
from bot.sandbox.stripe.errors import ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger

_COMPARE: Final = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_KNOWN: Final = frozenset({"charge", "customer", "invoice", "payment_intent", "subscription"})


def page(
    ledger: Ledger,
    kind: str,
    url: str,
    params: Mapping[str, Any],
    *,
    by: Sequence[str] = (),
    keep: Callable[[Record], bool] | None = None,
    among: Sequence[Record] | None = None,
) -> Record:
    """Return one page of a kind (or of `among`, oldest first) as the list object of the API.

    Raises ParameterError for a limit outside 1..100 or two cursors, ApiError for an unknown id.
    """
    wanted = {name: params[name] for name in by if name in params}
    for name, value in wanted.items():
        if name in _KNOWN:
            ledger.get(name, value, param=name, status=400)
    records = ledger.where_all(kind, wanted) if among is None else among
    created = params.get("created")
    matching = [
        record
        for record in reversed(records)
        if (created is None or in_range(record["created"], created)) and (keep is None or keep(record))
    ]
    return _cut(matching, kind, url, params)


def in_range(value: int | None, wanted: int | Mapping[str, int]) -> bool:
    """Say whether a time is the one wanted or lies within its `gt`, `gte`, `lt` and `lte`."""
    if value is None:
        return False
    if isinstance(wanted, int):
        return value == wanted
    return all(_COMPARE[name](value, bound) for name, bound in wanted.items())


def _cut(records: list[Record], kind: str, url: str, params: Mapping[str, Any]) -> Record:
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        bound = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
        raise ParameterError(f"This value must be {bound}.", "limit", "parameter_invalid_integer")
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise ParameterError("You may only specify one of these parameters: ending_before, starting_after.")
    if before is not None:
        newer = records[: _position(records, kind, before, "ending_before")]
        return shapes.listing(url, newer[-limit:], has_more=len(newer) > limit)
    start = 0 if after is None else _position(records, kind, after, "starting_after") + 1
    return shapes.listing(url, records[start : start + limit], has_more=len(records) > start + limit)


def _position(records: list[Record], kind: str, identifier: str, param: str) -> int:
    for position, record in enumerate(records):
        if record["id"] == identifier:
            return position
    words = kind.replace("_", " ")
    raise ParameterError(f"No such {words}: '{identifier}'", param, "resource_missing")

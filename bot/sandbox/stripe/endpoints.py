"""What an endpoint is: its address, its parameters, the permission it takes and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct

from bot.sandbox.stripe.errors import Record
from bot.sandbox.stripe.ledger import Ledger
from bot.sandbox.stripe.lists import page


class Call(Struct, frozen=True):
    """A request whose parameters passed: the ids of its path and the typed parameters, without `expand`."""

    path: str
    ids: tuple[str, ...]
    params: dict[str, Any]


Handler: TypeAlias = Callable[[Ledger, Call], Record]


class Endpoint(Struct, frozen=True):
    """One row of the API: `{}` in `path` stands for an id; `params` names a parameter type of the SDK.

    `takes` lists the parameters that this Stripe acts on; the others of that type are refused, never ignored.
    """

    method: str
    path: str
    params: str
    permission: str
    handler: Handler
    takes: str = ""


def retrieving(kind: str, path: str, params: str, permission: str) -> Endpoint:
    """Return the endpoint that reads one object by its id."""

    def retrieve(ledger: Ledger, call: Call) -> Record:
        return ledger.get(kind, call.ids[-1])

    return Endpoint("GET", path, params, permission, retrieve)


def listing(kind: str, path: str, params: str, permission: str, by: str = "") -> Endpoint:
    """Return the endpoint that lists a kind newest first, filtered by equality of the fields in `by`."""
    fields = tuple(by.split())

    def browse(ledger: Ledger, call: Call) -> Record:
        return page(ledger, kind, call.path, call.params, by=fields)

    return Endpoint("GET", path, params, permission, browse, takes=f"{by} {PAGING}")


PAGING = "created limit starting_after ending_before"
"""The parameters of every list."""

"""Stripe's objects read for the mirror: one by its id, or page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from bot.errors import NotFoundError
from bot.payments.calls import Calls
from bot.store.mirror import Copy
from bot.stripe_copies import copied, lost
from bot.stripe_objects import instant

_PAGE: Final = 100
_TYPES: Final = 20
_EVERY: Final[dict[str, dict[str, str]]] = {"subscription": {"status": "all"}}
"""What a list has to be told so that it leaves nothing out."""
OPEN: Final[dict[str, dict[str, str]]] = {"subscription": {}, "invoice": {"status": "open"}}
"""How the kinds that stay open for long are listed while they are: Stripe leaves ended subscriptions out."""


class Event(Struct, frozen=True):
    """Something that happened to an object, as Stripe's list of events tells it."""

    type: str
    object_id: str
    at: datetime


class Copies(Calls):
    """Reads the six kinds of objects that are mirrored."""

    async def one(self, kind: str, object_id: str, now: datetime) -> Copy:
        """Read one object; one that was deleted, or that Stripe does not have, is gone.

        Raises StripeUnavailableError, StripeRefusedError.
        """
        try:
            found = await self._read(self._service(kind).retrieve_async(object_id))
        except NotFoundError:
            return lost(object_id, kind, now)
        return lost(object_id, kind, now) if found.get("deleted") else copied(found)

    async def page(self, kind: str, since: datetime | None, after: str = "") -> list[Copy]:
        """Return the next page behind the id `after`, newest first: of those created from `since` on.

        `since` None: of those that are open, whenever they were created. An empty page is the end.
        Raises NotFoundError when `after` is no more, StripeUnavailableError, StripeRefusedError.
        """
        params: dict[str, Any] = {"limit": _PAGE} | ({"starting_after": after} if after else {})
        if since is None:
            params |= OPEN[kind]
        else:
            params |= {"created": {"gte": int(since.timestamp())}} | _EVERY.get(kind, {})
        return [copied(one) for one in await self._list(self._service(kind).list_async(params))]

    async def events(self, types: Sequence[str], since: datetime) -> AsyncIterator[Event]:
        """Page through the events of `types` that were created at or after `since`.

        Stripe takes twenty types at once, and keeps events for 30 days. Raises StripeUnavailableError,
        StripeRefusedError.
        """
        for start in range(0, len(types), _TYPES):
            some = list(types[start : start + _TYPES])
            page = await self._call(
                self._client.v1.events.list_async(
                    {"created": {"gte": int(since.timestamp())}, "types": some, "limit": _PAGE}
                )
            )
            async for one in page.auto_paging_iter():
                yield Event(one.type, str(one.data.object["id"]), instant(one.created))

    def _service(self, kind: str) -> Any:  # noqa: ANN401  # six services of the SDK, which share no type
        return getattr(self._client.v1, f"{kind}s")

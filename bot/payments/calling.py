"""One call to Stripe's SDK: its object as a plain dictionary, its errors as the desk's sentences."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

import stripe
from stripe import StripeClient

from bot.payments.answers import refusal

T = TypeVar("T")


class Calls:
    """What calls Stripe; each raises NotFoundError, StripeRefusedError and StripeUnavailableError."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client

    async def _read(self, call: Awaitable[stripe.StripeObject]) -> dict[str, Any]:
        return plain(await self._call(call))

    async def _list(self, call: Awaitable[Any]) -> list[dict[str, Any]]:
        return [plain(one) for one in (await self._call(call)).data]

    async def _call(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except stripe.StripeError as error:
            raise refusal(error) from error


def plain(found: stripe.StripeObject) -> dict[str, Any]:
    """Return an object as a dictionary of JSON values."""
    return found.to_dict(for_json=True)

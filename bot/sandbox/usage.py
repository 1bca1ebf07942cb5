"""The team's own record of usage, as the sandbox has it: an HTTP server that answers as the docs say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.stripe import cast
from bot.sandbox.watching import Watch, unwatched


class Known(Struct, frozen=True):
    """What the record says of one customer; None: it does not say."""

    signed_in: bool | None
    used: bool | None
    says: str


_STORY: Final[Mapping[str, Known]] = {
    cast.LARGE_1250_CUSTOMER: Known(
        signed_in=True, used=True, says="14 sign-ins from Leeds, 1,112 emails sent, the last one yesterday"
    ),
    cast.EXACTLY_500_CUSTOMER: Known(signed_in=True, used=True, says="9 sign-ins, 318 emails sent"),
    cast.DUPLICATE_CUSTOMER: Known(
        signed_in=True, used=None, says="2 sign-ins; this plan keeps no count of emails"
    ),
    cast.EXACTLY_2000_CUSTOMER: Known(signed_in=False, used=False, says="No sign-in, no email sent"),
}


class UsageRecords:
    """The record and its server. `trouble` is the status it answers with instead, 0: none."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = dict(_STORY)
        self.asked: list[dict[str, str]] = []
        self.trouble = 0
        self.watch: Watch = unwatched
        self.app = Starlette(routes=[Route("/usage", self._answer)])

    async def _answer(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        self.watch("usage: came")
        if self.trouble:
            return Response(status_code=self.trouble)
        known = self.known.get(asked.get("customer", ""))
        if known is None:
            return Response(status_code=404)
        said: dict[str, Any] = {"signed_in": known.signed_in, "used": known.used, "says": known.says}
        return Response(msgspec.json.encode(said), media_type="application/json")

"""`POST /stripe/webhook`: verify the raw bytes, write the event down once, answer, then handle it."""

from __future__ import annotations

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from bot.desk import inbox
from bot.desk.desk import Desk
from bot.errors import StoreUnavailableError
from bot.payments import verified

log = structlog.get_logger()


class StripeWebhook:
    """The endpoint, for one signing secret."""

    def __init__(self, desk: Desk, secret: str) -> None:
        self._desk = desk
        self._secret = secret

    async def __call__(self, request: Request) -> Response:
        """Answer one event: 400 for what Stripe did not sign just now, 503 when it must come again."""
        raw = await request.body()
        if not verified(raw, request.headers.get("stripe-signature", ""), self._secret):
            return Response("The signature is not Stripe's, or too old.", 400)
        try:
            event = msgspec.json.decode(raw)
            event_id, kind = str(event["id"]), str(event["type"])
            object_id, livemode = str(event["data"]["object"].get("id", "")), bool(event["livemode"])
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            return Response("This is not an event.", 400)
        if livemode != self._desk.livemode:
            log.warning("event from the other mode", id=event_id, livemode=livemode)
            return Response("This event is from the other mode; nothing was done.")
        try:
            await inbox.receive(self._desk, event_id, kind, object_id)
        except StoreUnavailableError as error:
            return Response(str(error), 503)
        return Response("")

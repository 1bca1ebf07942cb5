"""Links to the customer portal, where customers see to their cards and subscriptions themselves."""

from __future__ import annotations

from typing import Final

from bot.sandbox.stripe.endpoints import Call, Endpoint
from bot.sandbox.stripe.errors import ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id

_CONFIGURATION: Final = "bpc_1RkGoodsCloudPortal01"
_RETURN_URL: Final = "https://goodscloud.example/account"


def _create(ledger: Ledger, call: Call) -> Record:
    if "customer" not in call.params:
        raise ParameterError("Missing required param: customer.", "customer", "parameter_missing")
    customer = ledger.get("customer", call.params["customer"], "customer", 400)
    session = {
        "id": new_id("bps_1"),
        "object": "billing_portal.session",
        "after_expiration": None,
        "configuration": _CONFIGURATION,
        "created": ledger.now(),
        "customer": customer["id"],
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": call.params.get("return_url", _RETURN_URL),
        "url": f"https://billing.stripe.com/p/session/test_{new_id('')}",
    }
    ledger.put(session)
    ledger.emit("billing_portal.session.created", session)
    return session


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/billing_portal/sessions",
        "billing_portal.SessionCreateParams",
        "customer_portal_write",
        _create,
        takes="customer return_url",
    ),
)

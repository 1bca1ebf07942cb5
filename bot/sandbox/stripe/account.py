"""The account itself: balance, events, uploaded files and coupons."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import Final

from bot.sandbox.stripe import shapes
from bot.sandbox.stripe.endpoints import PAGING, Call, Endpoint, listing, retrieving
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record, missing
from bot.sandbox.stripe.forms import Upload
from bot.sandbox.stripe.ledger import ACCOUNT_ID, Ledger, new_id
from bot.sandbox.stripe.lists import page
from bot.sandbox.stripe.params import merged_metadata, positive

_FILE_BYTES: Final = 5_000_000  # dispute evidence is at most 5 MB a file ("Dispute evidence" in the guides)


def _account(ledger: Ledger, call: Call) -> Record:
    if call.ids and call.ids[0] != ACCOUNT_ID:
        raise ApiError(
            403,
            f"The provided key does not have access to account '{call.ids[0]}' "
            "(or that account does not exist).",
            code="account_invalid",
        )
    return {
        "id": ACCOUNT_ID,
        "object": "account",
        "business_profile": {
            "mcc": "5734",
            "name": "Goods Cloud",
            "product_description": "Inventory software for shops",
            "support_email": "help@goodscloud.example",
            "support_phone": None,
            "support_url": None,
            "url": "https://goodscloud.example",
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": ledger.now() - 900 * 86_400,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "billing@goodscloud.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Goods Cloud", "timezone": "Etc/UTC"}},
        "type": "standard",
    }


def _balance(ledger: Ledger, call: Call) -> Record:  # noqa: ARG001 - every handler has the same arguments
    """Add up the movements: those of the last two days are pending."""
    now = ledger.now()
    sums: dict[str, Counter[str]] = {"available": Counter(), "pending": Counter()}
    for movement in ledger.all("balance_transaction"):
        state = "available" if movement["available_on"] <= now else "pending"
        sums[state][movement["currency"]] += movement["net"]
    listed = {
        state: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(by_currency.items())
        ]
        for state, by_currency in sums.items()
    }
    return {"object": "balance", "livemode": False, **listed}


def _list_events(ledger: Ledger, call: Call) -> Record:
    params = call.params
    if "type" in params and "types" in params:
        raise ParameterError("You may only specify one of these parameters: type, types.", "type")
    patterns = params.get("types") or [params.get("type", "*")]
    delivered = params.get("delivery_success")

    def keep(event: Record) -> bool:
        return any(fnmatchcase(event["type"], pattern) for pattern in patterns) and (
            delivered is None or delivered == (event["pending_webhooks"] == 0)
        )

    return page(ledger, "event", call.path, params, keep=keep, among=ledger.events())


def _retrieve_event(ledger: Ledger, call: Call) -> Record:
    for event in reversed(ledger.events()):
        if event["id"] == call.ids[0]:
            return event
    raise missing("event", call.ids[0])


def _upload(ledger: Ledger, call: Call) -> Record:
    upload = call.params["file"]
    if not isinstance(upload, Upload):
        raise ParameterError("The file must be uploaded as multipart/form-data.", "file")
    if len(upload.content) > _FILE_BYTES:
        raise ParameterError("The file is larger than 5 MB.", "file")
    identifier = new_id("file_1")
    return ledger.put(
        {
            "id": identifier,
            "object": "file",
            "created": ledger.now(),
            "expires_at": None,
            "filename": upload.filename,
            "links": shapes.listing(f"/v1/file_links?file={identifier}", []),
            "purpose": call.params["purpose"],
            "size": len(upload.content),
            "title": None,
            "type": upload.filename.rpartition(".")[2] or None,
            "url": f"https://files.stripe.com/v1/files/{identifier}/contents",
        }
    )


def _create_coupon(ledger: Ledger, call: Call) -> Record:
    params = call.params
    if ("percent_off" in params) == ("amount_off" in params):
        raise ParameterError("You must pass either percent_off or amount_off, and not both.", "percent_off")
    if "amount_off" in params and "currency" not in params:
        raise ParameterError(
            "You must pass currency when passing amount_off", "currency", "parameter_missing"
        )
    identifier = params.get("id") or new_id("")[:8]
    if ledger.find("coupon", identifier) is not None:
        raise ApiError(400, "Coupon already exists.", code="resource_already_exists", param="id")
    coupon = ledger.put(
        {
            "id": identifier,
            "object": "coupon",
            "amount_off": positive(params, "amount_off"),
            "created": ledger.now(),
            "currency": params.get("currency"),
            "duration": params.get("duration", "once"),
            "duration_in_months": params.get("duration_in_months"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged_metadata({}, params.get("metadata")),
            "name": params.get("name"),
            "percent_off": params.get("percent_off"),
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        }
    )
    ledger.emit("coupon.created", coupon)
    return coupon


ENDPOINTS: Final = (
    Endpoint("GET", "/v1/account", "AccountRetrieveCurrentParams", "account_read", _account),
    Endpoint("GET", "/v1/accounts/{}", "AccountRetrieveParams", "account_read", _account),
    Endpoint("GET", "/v1/balance", "BalanceRetrieveParams", "balance_read", _balance),
    Endpoint(
        "GET",
        "/v1/events",
        "EventListParams",
        "event_read",
        _list_events,
        takes=f"delivery_success type types {PAGING}",
    ),
    Endpoint("GET", "/v1/events/{}", "EventRetrieveParams", "event_read", _retrieve_event),
    Endpoint("POST", "/v1/files", "FileCreateParams", "file_write", _upload, takes="file purpose"),
    retrieving("file", "/v1/files/{}", "FileRetrieveParams", "file_read"),
    listing("file", "/v1/files", "FileListParams", "file_read", by="purpose"),
    Endpoint(
        "POST",
        "/v1/coupons",
        "CouponCreateParams",
        "coupon_write",
        _create_coupon,
        takes="amount_off currency duration duration_in_months id max_redemptions metadata name percent_off "
        "redeem_by",
    ),
    retrieving("coupon", "/v1/coupons/{}", "CouponRetrieveParams", "coupon_read"),
    listing("coupon", "/v1/coupons", "CouponListParams", "coupon_read"),
)

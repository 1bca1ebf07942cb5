from __future__ import annotations

import io
from typing import Any

from stripe import StripeClient, StripeObject
from stripe._api_version import _ApiVersion
from stripe._object_classes import get_object_class

from bot.sandbox.stripe import LocalStripe, cast
from bot.sandbox.stripe.ledger import API_VERSION

KINDS = (
    "balance_transaction charge customer dispute event invoice invoice_payment payment_intent payment_method "
    "radar.early_fraud_warning refund subscription credit_note coupon discount file "
    "customer_balance_transaction billing_portal.session"
).split()


def test_the_version_is_the_one_that_the_sdk_pins() -> None:
    assert API_VERSION == _ApiVersion.CURRENT


async def test_objects_have_the_fields_that_the_sdk_declares(
    client: StripeClient, local: LocalStripe
) -> None:
    await client.v1.coupons.create_async({"id": "HALF", "percent_off": 50})
    await client.v1.subscriptions.update_async(cast.MONTHLY_SUBSCRIPTION, {"discounts": [{"coupon": "HALF"}]})
    await client.v1.files.create_async({"purpose": "dispute_evidence", "file": io.BytesIO(b"text")})
    await client.v1.customers.balance_transactions.create_async(
        cast.EURO_CUSTOMER, {"amount": 1, "currency": "eur"}
    )
    await client.v1.credit_notes.create_async({"invoice": cast.PAST_DUE_TWO_INVOICES[0], "amount": 100})
    await client.v1.billing_portal.sessions.create_async({"customer": cast.EURO_CUSTOMER})
    wrong = [
        problem
        for kind in KINDS
        for record in [*local.ledger.all(kind)[:3], *local.ledger.all(kind)[-3:]]
        for problem in problems(record, get_object_class("V1", kind), kind)
    ]
    assert sorted(set(wrong)) == []
    assert [kind for kind in KINDS if not local.ledger.all(kind)] == []


def problems(record: dict[str, Any], cls: type[StripeObject], path: str) -> list[str]:
    """Name the fields that the SDK does not declare, and those that it promises and that are missing."""
    declared = {name: str(kind) for name, kind in cls.__annotations__.items()}
    found = [f"{path}.{name} is not declared" for name in record if name not in declared]
    found += [
        f"{path}.{name} is missing"
        for name, kind in declared.items()
        if name not in record and "Optional" not in kind and "None" not in kind and "ClassVar" not in kind
    ]
    for name, inner in getattr(cls, "_inner_class_types", {}).items():
        value = record.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                found += problems(one, inner, f"{path}.{name}")
    for name in ("items", "lines"):
        for one in record[name]["data"] if name in record else []:
            found += problems(one, get_object_class("V1", one["object"]), f"{path}.{name}")
    return found

from __future__ import annotations

import json

import httpx
import pytest
from stripe import (
    AuthenticationError,
    HTTPXClient,
    InvalidRequestError,
    PermissionError,  # noqa: A004 - the SDK's name for it
    StripeClient,
)

from bot.sandbox.stripe import LocalStripe, cast


async def test_a_key_is_required_and_has_to_be_the_right_one(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url, trust_env=False) as nobody:
        assert (await nobody.get("/v1/charges")).status_code == 401
    http_client = HTTPXClient(timeout=httpx.Timeout(5))
    stranger = StripeClient("sk_test_wrong", http_client=http_client, base_addresses={"api": base_url})
    with pytest.raises(AuthenticationError) as refusal:
        await stranger.v1.charges.list_async()
    assert "sk_test_wrong" not in str(refusal.value)
    await http_client.close_async()  # type: ignore[no-untyped-call]  # the SDK has no types here


async def test_a_permission_that_is_taken_away_answers_403(client: StripeClient, local: LocalStripe) -> None:
    local.deny("charge_write")
    with pytest.raises(PermissionError) as refusal:
        await client.v1.refunds.create_async({"charge": cast.EURO_CHARGE})
    assert refusal.value.error is not None
    assert refusal.value.error.code == "more_permissions_required"
    assert (await client.v1.charges.retrieve_async(cast.EURO_CHARGE)).refunded is False
    local.deny()
    assert (await client.v1.refunds.create_async({"charge": cast.EURO_CHARGE})).status == "succeeded"


async def test_malformed_requests_are_answered_as_stripe_words_them(browser: httpx.AsyncClient) -> None:
    async def answer(method: str, path: str, body: str = "") -> tuple[int, str | None, str | None]:
        response = await browser.request(method, path, content=body)
        error = response.json()["error"]
        assert response.headers["request-id"].startswith("req_")
        return response.status_code, error.get("code"), error.get("param")

    charge = f"charge={cast.EURO_CHARGE}"
    assert await answer("POST", "/v1/refunds", f"{charge}&note=x") == (400, "parameter_unknown", "note")
    assert await answer("POST", "/v1/refunds", f"{charge}&amount=12.5") == (
        400,
        "parameter_invalid_integer",
        "amount",
    )
    assert await answer("POST", "/v1/refunds", f"{charge}&amount=") == (
        400,
        "parameter_invalid_empty",
        "amount",
    )
    assert await answer("POST", "/v1/refunds", f"{charge}&metadata=x") == (400, None, "metadata")
    assert await answer("POST", "/v1/refunds", f"{charge}&a]b=x") == (400, None, "a]b")
    assert await answer("GET", "/v1/charges?created[since]=5") == (
        400,
        "parameter_unknown",
        "created[since]",
    )
    assert await answer("GET", "/v1/charges?limit=0") == (400, "parameter_invalid_integer", "limit")
    assert await answer("GET", "/v1/charges?limit=101") == (400, "parameter_invalid_integer", "limit")
    assert await answer("GET", "/v1/charges?starting_after=ch_x") == (
        400,
        "resource_missing",
        "starting_after",
    )
    assert await answer("GET", "/v1/charges?customer=cus_x") == (400, "resource_missing", "customer")
    assert await answer("GET", "/v1/charges/ch_x") == (404, "resource_missing", "id")
    assert await answer("GET", f"/v1/charges/{cast.HOLD}?expand[]=amount") == (400, None, "expand")
    assert await answer("GET", "/v1/horses") == (404, None, None)
    assert await answer("DELETE", "/v1/refunds") == (404, None, None)


async def test_another_api_version_is_refused(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/v1/balance", headers={"Stripe-Version": "2020-08-27"})
    assert response.json()["error"]["message"] == "Invalid Stripe API version: 2020-08-27"


async def test_pages_follow_each_other_in_both_directions(client: StripeClient, local: LocalStripe) -> None:
    ids = list(local.books())
    first = await client.v1.charges.list_async({"limit": 3})
    assert ([charge.id for charge in first.data], first.has_more) == (ids[:-4:-1], True)
    second = await client.v1.charges.list_async({"limit": 3, "starting_after": first.data[-1].id})
    assert [charge.id for charge in second.data] == ids[-4:-7:-1]
    back = await client.v1.charges.list_async({"limit": 3, "ending_before": second.data[0].id})
    assert ([charge.id for charge in back.data], back.has_more) == (ids[:-4:-1], False)
    everything = [
        charge.id async for charge in (await client.v1.charges.list_async({"limit": 100})).auto_paging_iter()
    ]
    assert everything == ids[::-1]


async def test_lists_are_filtered_by_customer_intent_and_time(client: StripeClient) -> None:
    of_customer = await client.v1.charges.list_async({"customer": cast.REFUNDED_CUSTOMER})
    assert [charge.id for charge in of_customer.data] == [cast.PARTLY_REFUNDED, cast.FULLY_REFUNDED]
    newer, older = of_customer.data
    since = await client.v1.charges.list_async(
        {"customer": cast.REFUNDED_CUSTOMER, "created": {"gt": older.created, "lte": newer.created}}
    )
    assert [charge.id for charge in since.data] == [cast.PARTLY_REFUNDED]
    of_intent = await client.v1.charges.list_async({"payment_intent": str(newer.payment_intent)})
    assert [charge.id for charge in of_intent.data] == [cast.PARTLY_REFUNDED]
    by_mail = await client.v1.customers.list_async({"email": "hugo@brandtcycles.example"})
    assert [customer.id for customer in by_mail.data] == [cast.REFUNDED_CUSTOMER]


async def test_ids_are_expanded_where_it_was_asked_for(client: StripeClient) -> None:
    page = await client.v1.charges.list_async(
        {
            "customer": cast.REFUNDED_CUSTOMER,
            "expand": ["data.customer", "data.payment_intent.latest_charge", "data.refunds"],
        }
    )
    charge = json.loads(str(page.data[0]))
    assert charge["customer"]["email"] == "hugo@brandtcycles.example"
    assert charge["payment_intent"]["latest_charge"]["id"] == charge["id"]
    assert [refund["id"] for refund in charge["refunds"]["data"]] == [cast.PARTIAL_REFUND]
    plain = json.loads(str(await client.v1.charges.retrieve_async(charge["id"])))
    assert plain["customer"] == cast.REFUNDED_CUSTOMER
    assert "refunds" not in plain


async def test_an_invoice_and_its_charge_are_linked_by_invoice_payments_only(client: StripeClient) -> None:
    charge = await client.v1.charges.retrieve_async(cast.RENEWAL_RECENT)
    assert not hasattr(charge, "invoice")
    payments = await client.v1.invoice_payments.list_async(
        {
            "payment": {"type": "payment_intent", "payment_intent": str(charge.payment_intent)},
            "expand": ["data.invoice"],
        }
    )
    invoice = json.loads(str(payments.data[0]))["invoice"]
    assert invoice["billing_reason"] == "subscription_cycle"
    assert invoice["parent"]["subscription_details"]["subscription"] == cast.RENEWAL_RECENT_SUBSCRIPTION
    assert {"payment_intent", "charge", "subscription"} & set(invoice) == set()
    subscription = json.loads(
        str(await client.v1.subscriptions.retrieve_async(cast.RENEWAL_RECENT_SUBSCRIPTION))
    )
    assert "current_period_end" not in subscription
    assert subscription["items"]["data"][0]["current_period_start"] == charge.created


async def test_a_customer_is_made_changed_and_given_credit(client: StripeClient) -> None:
    made = await client.v1.customers.create_async(
        {"email": "new@shop.example", "metadata": {"tenant_id": "tn_1"}}
    )
    changed = await client.v1.customers.update_async(
        made.id, {"name": "New Shop", "metadata": {"tier": "team"}}
    )
    assert changed.metadata is not None
    assert (changed.name, changed.metadata.to_dict()) == ("New Shop", {"tenant_id": "tn_1", "tier": "team"})
    await client.v1.customers.balance_transactions.create_async(made.id, {"amount": -500, "currency": "usd"})
    credit = await client.v1.customers.balance_transactions.list_async(made.id)
    assert [(one.amount, one.ending_balance) for one in credit.data] == [(-500, -500)]
    assert (await client.v1.customers.retrieve_async(made.id)).balance == -500


async def test_the_account_its_balance_and_its_cards_can_be_read(client: StripeClient) -> None:
    account = await client.v1.accounts.retrieve_current_async()
    assert (await client.v1.accounts.retrieve_async(account.id)).id == account.id
    balance = json.loads(str(await client.v1.balance.retrieve_async()))
    parts = [*balance["available"], *balance["pending"]]
    assert {part["currency"] for part in parts} == {"eur", "jpy", "kwd", "usd"}
    first = await client.v1.payment_methods.list_async({"customer": cast.SHARED_CARD_CUSTOMER_A})
    second = await client.v1.customers.payment_methods.list_async(cast.SHARED_CARD_CUSTOMER_B)
    cards = [page.data[0].card for page in (first, second)]
    assert cards[0] is not None
    assert cards[1] is not None
    assert cards[0].fingerprint == cards[1].fingerprint
    warnings = await client.v1.radar.early_fraud_warnings.list_async({"charge": cast.WARNED})
    assert [warning.id for warning in warnings.data] == [cast.FRAUD_WARNING]
    with pytest.raises(InvalidRequestError):
        await client.v1.radar.early_fraud_warnings.retrieve_async("issfr_x")

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import httpx
import pytest
from stripe import (
    APIConnectionError,
    APIError,
    IdempotencyError,
    InvalidRequestError,
    RateLimitError,
    StripeClient,
    StripeError,
)

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe import Fault, FaultKind, LocalStripe, cast
from tests.sandbox.stripe.conftest import API_KEY

CHARGE = cast.EXACTLY_2000


def refunded(local: LocalStripe) -> list[int]:
    return [refund["amount"] for refund in local.books()[CHARGE]["refunds"]]


async def refund(client: StripeClient, key: str = "key_1", amount: int = 700) -> str:
    made = await client.v1.refunds.create_async(
        {"charge": CHARGE, "amount": amount}, {"idempotency_key": key}
    )
    return made.id


@pytest.mark.parametrize(
    ("kind", "done"),
    [(FaultKind.DROP, []), (FaultKind.EXECUTE_THEN_DROP, [700]), (FaultKind.TRUNCATE, [700])],
)
async def test_a_lost_answer_is_a_connection_error_and_the_same_key_repeats_it(
    client: StripeClient,
    local: LocalStripe,
    caplog: pytest.LogCaptureFixture,
    kind: FaultKind,
    done: list[int],
) -> None:
    local.arrange(Fault(kind))
    with caplog.at_level(logging.WARNING), pytest.raises(APIConnectionError):
        await refund(client)
    assert caplog.records == []
    assert refunded(local) == done
    again = await refund(client)
    assert refunded(local) == [700]
    assert local.books()[CHARGE]["refunds"][0]["id"] == again


async def test_a_key_stands_for_what_was_executed_also_when_the_request_is_cut_off(
    local: LocalStripe,
) -> None:
    local.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=60))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(local.app),
        base_url="http://stripe.test",
        headers={"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": "key_1"},
    ) as within:
        asked = {"charge": CHARGE, "amount": "700"}
        first = asyncio.create_task(within.post("/v1/refunds", data=asked))
        async with asyncio.timeout(10):
            while not refunded(local):  # noqa: ASYNC110  # nobody tells us when a ledger changes
                await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        again = await within.post("/v1/refunds", data=asked)
    assert (200, "true") == (again.status_code, again.headers["Idempotent-Replayed"])
    assert [700] == refunded(local)


async def test_a_conflict_is_a_409_and_nothing_is_done(client: StripeClient, local: LocalStripe) -> None:
    local.arrange(Fault(FaultKind.CONFLICT))
    with pytest.raises(APIError) as error:
        await refund(client)
    assert error.value.error is not None
    assert (error.value.http_status, error.value.error.code) == (409, "idempotency_key_in_use")
    assert refunded(local) == []
    assert await refund(client) == local.books()[CHARGE]["refunds"][0]["id"]


async def test_a_rate_limit_says_when_to_come_back(client: StripeClient, local: LocalStripe) -> None:
    local.arrange(Fault(FaultKind.RATE_LIMIT, seconds=3))
    with pytest.raises(RateLimitError) as error:
        await refund(client)
    assert error.value.headers is not None
    assert error.value.headers["retry-after"] == "3"
    assert refunded(local) == []


@pytest.mark.parametrize("done", [[700], []])
async def test_a_stored_500_is_repeated_for_its_key_until_a_day_has_passed(
    client: StripeClient, local: LocalStripe, clock: SandboxClock, done: list[int]
) -> None:
    local.arrange(Fault(FaultKind.STORED_500, executed=bool(done)))
    for _ in range(2):
        with pytest.raises(APIError) as error:
            await refund(client)
        assert error.value.http_status == 500
    assert error.value.headers is not None
    assert error.value.headers["idempotent-replayed"] == "true"
    assert refunded(local) == done
    clock.advance(timedelta(hours=24))
    await refund(client)
    assert refunded(local) == [*done, 700]


async def test_a_plain_500_is_neither_done_nor_stored(client: StripeClient, local: LocalStripe) -> None:
    local.arrange(Fault(FaultKind.PLAIN_500))
    with pytest.raises(APIError):
        await refund(client)
    assert refunded(local) == []
    await refund(client)
    assert refunded(local) == [700]


async def test_a_refusal_has_the_code_that_was_arranged(client: StripeClient, local: LocalStripe) -> None:
    local.arrange(Fault(FaultKind.REFUSE, code="charge_disputed"))
    with pytest.raises(InvalidRequestError) as error:
        await refund(client)
    assert (error.value.http_status, error.value.code) == (400, "charge_disputed")
    assert refunded(local) == []


@pytest.mark.parametrize(("kind", "done"), [(FaultKind.DELAY, []), (FaultKind.EXECUTE_THEN_DELAY, [700])])
async def test_a_slow_request_keeps_its_key_until_it_is_answered(
    client: StripeClient, local: LocalStripe, kind: FaultKind, done: list[int]
) -> None:
    local.arrange(Fault(kind, seconds=60))
    slow = asyncio.create_task(refund(client))
    while not local.requests():  # noqa: ASYNC110 - the request log has no event to wait for
        await asyncio.sleep(0)
    with pytest.raises(APIError) as error:
        await refund(client)
    assert error.value.error is not None
    assert error.value.error.code == "idempotency_key_in_use"
    assert refunded(local) == done
    await local.aclose()
    assert await slow == local.books()[CHARGE]["refunds"][0]["id"]


async def test_a_key_repeats_its_answer_and_belongs_to_its_parameters(
    client: StripeClient, local: LocalStripe
) -> None:
    first = await refund(client)
    assert await refund(client) == first
    assert refunded(local) == [700]
    with pytest.raises(IdempotencyError):
        await refund(client, amount=701)
    with pytest.raises(IdempotencyError):
        await client.v1.refunds.update_async(first, {"metadata": {"a": "b"}}, {"idempotency_key": "key_1"})
    assert await refund(client, key="key_2") != first


async def test_a_refusal_is_stored_once_the_endpoint_began_but_bad_parameters_are_not(
    client: StripeClient, local: LocalStripe
) -> None:
    with pytest.raises(InvalidRequestError):
        await refund(client, amount=0)
    await refund(client)
    with pytest.raises(InvalidRequestError) as error:
        await refund(client, key="key_2", amount=999_999)
    await local.settle_refund(local.books()[CHARGE]["refunds"][0]["id"], "failed")
    with pytest.raises(StripeError) as replayed:
        await refund(client, key="key_2", amount=999_999)
    assert str(error.value.error) == str(replayed.value.error)
    assert replayed.value.headers is not None
    assert replayed.value.headers["original-request"] == error.value.request_id


async def test_faults_are_arranged_shown_and_cleared_over_http(browser: httpx.AsyncClient) -> None:
    fault = {"method": "GET", "path": "/v1/charges/*", "kind": "plain_500", "times": 2}
    assert (await browser.post("/sandbox/faults", json=fault)).status_code == 200
    assert (await browser.get(f"/v1/charges/{CHARGE}")).status_code == 500
    (left,) = (await browser.get("/sandbox/faults")).json()
    assert (left["kind"], left["times"]) == ("plain_500", 1)
    await browser.delete("/sandbox/faults")
    assert (await browser.get(f"/v1/charges/{CHARGE}")).status_code == 200
    for wrong in ({"kind": "flood"}, {"kind": "drop", "colour": "red"}, {"kind": "drop", "times": 0}):
        assert (await browser.post("/sandbox/faults", json=wrong)).status_code == 400


async def test_requests_are_remembered_and_a_reset_goes_back_to_the_seed(
    client: StripeClient, browser: httpx.AsyncClient, local: LocalStripe
) -> None:
    seeded = local.books()
    await refund(client)
    local.arrange(Fault(FaultKind.DROP, method="GET", path="/v1/balance"))
    with pytest.raises(APIConnectionError):
        await client.v1.balance.retrieve_async()
    seen = [
        (one["method"], one["path"], one["idempotency_key"], one["status"], one["fault"])
        for one in (await browser.get("/sandbox/requests")).json()
    ]
    assert seen == [
        ("POST", "/v1/refunds", "key_1", 200, None),
        ("GET", "/v1/balance", None, None, "drop"),
    ]
    assert (await browser.get("/sandbox/books")).json() != seeded
    await browser.post("/sandbox/reset")
    assert (await browser.get("/sandbox/books")).json() == seeded
    await browser.post("/sandbox/permissions", json={"denied": ["balance_read"]})
    assert (await browser.get("/v1/balance")).status_code == 403

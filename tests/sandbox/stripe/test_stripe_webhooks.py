from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stripe import SignatureVerificationError, StripeClient, WebhookSignature

from bot.sandbox.stripe import Fault, FaultKind, LocalStripe, Mode, Trick, cast
from bot.serving import serving

SECRET = "whsec_local_4242"


@dataclass
class Receiver:
    """A shop's endpoint: verifies, answers what it was told to and keeps what it accepted."""

    answers: list[int] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        body = (await request.body()).decode()
        try:
            WebhookSignature.verify_header(body, request.headers["stripe-signature"], SECRET, tolerance=300)
        except SignatureVerificationError:
            return Response(status_code=400)
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.accepted.append(json.loads(body))
            self.arrived.set()
        return Response(status_code=status)

    def types(self) -> list[str]:
        return [event["type"] for event in self.accepted]


@pytest.fixture
async def receiver(local: LocalStripe) -> AsyncIterator[Receiver]:
    shop = Receiver()
    async with serving(Starlette(routes=[Route("/hook", shop.take, methods=["POST"])])) as url:
        local.webhook_url = f"{url}/hook"
        yield shop
        await local.aclose()


async def test_a_refund_sends_signed_events_that_the_list_has_too(
    client: StripeClient, local: LocalStripe, receiver: Receiver
) -> None:
    refund = await client.v1.refunds.create_async({"charge": cast.EURO_CHARGE}, {"idempotency_key": "k"})
    await local.webhooks.idle()
    assert sorted(receiver.types()) == ["charge.refunded", "refund.created"]
    listed = await client.v1.events.list_async({"types": ["refund.created", "charge.refunded"]})
    assert {event.id for event in listed.data} == {event["id"] for event in receiver.accepted}
    created = await client.v1.events.list_async({"type": "refund.*"})
    assert json.loads(str(created.data[0].data.object))["id"] == refund.id
    assert created.data[0].request is not None
    assert created.data[0].request.idempotency_key == "k"
    charge = next(event for event in receiver.accepted if event["type"] == "charge.refunded")
    assert "refunds" not in charge["data"]["object"]


async def test_an_event_is_the_object_as_it_was_then(client: StripeClient, local: LocalStripe) -> None:
    refund = await client.v1.refunds.create_async({"charge": cast.BANK_DEBIT_CHARGE})
    await local.settle_refund(refund.id, "failed")
    events = (await client.v1.events.list_async({"type": "refund.*"})).data
    then = [(event.type, json.loads(str(event.data.object))["status"]) for event in reversed(events)]
    assert then == [("refund.created", "pending"), ("refund.updated", "failed"), ("refund.failed", "failed")]
    previous = json.loads(str(events[1].data.previous_attributes))
    assert previous["status"] == "pending"
    assert (await client.v1.events.retrieve_async(events[0].id)).type == "refund.failed"


async def test_an_unanswered_event_is_delivered_again(local: LocalStripe, receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    await local.warn_of_fraud(cast.EURO_CHARGE)
    await asyncio.wait_for(receiver.arrived.wait(), 5)
    await local.webhooks.idle()
    assert [one["status"] for one in local.webhooks.log] == [500, 503, 200]
    assert receiver.types() == ["radar.early_fraud_warning.created"]


async def test_held_events_come_in_any_order_and_more_than_once(
    local: LocalStripe, receiver: Receiver, browser: httpx.AsyncClient
) -> None:
    await browser.post("/sandbox/webhooks", json={"mode": "hold"})
    await local.refund_in_dashboard(cast.EURO_CHARGE)
    assert receiver.types() == []
    held = (await browser.get("/sandbox/webhooks")).json()["held"]
    await browser.post("/sandbox/webhooks/release", json={"event_ids": [held[1]], "copies": 2})
    assert receiver.types() == ["charge.refunded", "charge.refunded"]
    await browser.post("/sandbox/webhooks/release", json={})
    assert receiver.types()[2:] == ["refund.created"]
    await browser.post("/sandbox/webhooks", json={"mode": "hold"})
    await local.refund_in_dashboard(cast.LARGE_1250, 100)
    await browser.post("/sandbox/webhooks/release", json={"order": "reversed"})
    assert receiver.types()[3:] == ["charge.refunded", "refund.created"]
    missing = await browser.post("/sandbox/webhooks/release", json={"event_ids": ["evt_x"]})
    assert missing.status_code == 400


async def test_missed_events_stay_in_the_list_and_can_be_sent_again(
    client: StripeClient, local: LocalStripe, receiver: Receiver, browser: httpx.AsyncClient
) -> None:
    local.webhooks.mode = Mode.MISS
    await local.file_dispute(cast.EURO_CHARGE)
    local.webhooks.mode = Mode.DELIVER
    await local.webhooks.idle()
    assert receiver.types() == []
    (event, *_) = (await client.v1.events.list_async({"type": "charge.dispute.created"})).data
    answer = await browser.post("/sandbox/webhooks/redeliver", json={"event_id": event.id})
    assert answer.json() == {"status": 200}
    assert [one["id"] for one in receiver.accepted] == [event.id]
    assert (await browser.post("/sandbox/webhooks/redeliver", json={"event_id": "evt_x"})).status_code == 404


async def test_tricks_are_refused_or_recognisable(local: LocalStripe, receiver: Receiver) -> None:
    local.webhooks.mode = Mode.MISS
    warning = await local.warn_of_fraud(cast.EURO_CHARGE)
    answers = [await local.send_trick(trick) for trick in Trick]
    assert dict(zip(Trick, answers, strict=True)) == {
        Trick.FORGED: 400,
        Trick.STALE: 400,
        Trick.OTHER_MODE: 200,
        Trick.UNKNOWN_TYPE: 200,
    }
    other, unknown = receiver.accepted
    assert (other["livemode"], other["data"]["object"]["id"]) == (True, warning["id"])
    assert unknown["type"] == "weather.forecast.updated"


async def test_the_webhook_can_arrive_before_the_answer(
    client: StripeClient, local: LocalStripe, receiver: Receiver
) -> None:
    local.arrange(Fault(FaultKind.EXECUTE_THEN_DELAY, seconds=60))
    slow = asyncio.create_task(client.v1.refunds.create_async({"charge": cast.EURO_CHARGE}))
    await asyncio.wait_for(receiver.arrived.wait(), 5)
    assert not slow.done()
    await local.webhooks.idle()
    await local.aclose()
    assert (await slow).status == "succeeded"


async def test_seeded_disputes_have_events_that_were_never_delivered(
    client: StripeClient, receiver: Receiver
) -> None:
    events = await client.v1.events.list_async({"type": "charge.dispute.created", "delivery_success": True})
    disputes = [json.loads(str(event.data.object))["id"] for event in events.data]
    assert disputes == [cast.INQUIRY, cast.SMALL_DISPUTE, cast.DISPUTE]
    assert receiver.types() == []

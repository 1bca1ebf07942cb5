from __future__ import annotations

import io
import json

import pytest
from stripe import IdempotencyError, InvalidRequestError, StripeClient
from stripe.params import FileCreateParams

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe import LocalStripe, cast

DAY = 86_400


async def test_the_seeded_disputes_wait_for_an_answer(client: StripeClient, clock: SandboxClock) -> None:
    dispute = await client.v1.disputes.retrieve_async(cast.DISPUTE)
    assert (dispute.status, dispute.amount, dispute.is_charge_refundable) == ("needs_response", 31_000, False)
    due_by = dispute.evidence_details.due_by
    assert due_by is not None
    assert round((due_by - clock.now().timestamp()) / DAY) == 6
    small = await client.v1.disputes.list_async({"charge": cast.DISPUTED_SMALL})
    assert [(one.id, one.amount) for one in small.data] == [(cast.SMALL_DISPUTE, 1500)]


async def test_evidence_is_staged_and_then_submitted_once(client: StripeClient) -> None:
    file = await client.v1.files.create_async(
        {"purpose": "dispute_evidence", "file": io.BytesIO(b"a\r\nreceipt\0")}
    )
    assert (file.size, file.purpose) == (11, "dispute_evidence")
    assert [one.id for one in (await client.v1.files.list_async()).data] == [file.id]
    staged = await client.v1.disputes.update_async(
        cast.DISPUTE, {"evidence": {"receipt": file.id, "uncategorized_text": "Paid twice."}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    sent = await client.v1.disputes.update_async(cast.DISPUTE, {"evidence": {"customer_name": "Nadia Rahal"}})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert sent.evidence.uncategorized_text == "Paid twice."
    for params in ({"evidence": {"customer_name": "N."}}, {"submit": True}):
        with pytest.raises(InvalidRequestError):
            await client.v1.disputes.update_async(cast.DISPUTE, json.loads(json.dumps(params)))
    with pytest.raises(InvalidRequestError):
        await client.v1.disputes.close_async(cast.DISPUTE)


async def test_evidence_has_a_limit_and_its_files_must_exist(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as too_long:
        await client.v1.disputes.update_async(
            cast.DISPUTE, {"evidence": {"uncategorized_text": "x" * 150_000}, "submit": False}
        )
    assert too_long.value.param == "evidence"
    with pytest.raises(InvalidRequestError) as no_file:
        await client.v1.disputes.update_async(cast.DISPUTE, {"evidence": {"receipt": "file_x"}})
    assert no_file.value.param == "evidence[receipt]"


async def test_accepting_loses_for_good(client: StripeClient) -> None:
    assert (await client.v1.disputes.close_async(cast.SMALL_DISPUTE)).status == "lost"
    with pytest.raises(InvalidRequestError):
        await client.v1.disputes.close_async(cast.SMALL_DISPUTE)


async def test_the_bank_files_and_decides_and_the_money_follows(
    client: StripeClient, local: LocalStripe
) -> None:
    filed = await local.file_dispute(cast.LARGE_1250)
    assert local.books()[cast.LARGE_1250]["disputed"] is True
    with pytest.raises(ValueError, match="disputed already"):
        await local.file_dispute(cast.LARGE_1250)
    won = await local.decide_dispute(filed["id"], "won")
    assert (won["status"], [one["net"] for one in won["balance_transactions"]]) == (
        "won",
        [-126_500, 126_500],
    )
    with pytest.raises(ValueError, match="cannot become"):
        await local.decide_dispute(filed["id"], "lost")
    events = await client.v1.events.list_async({"type": "charge.dispute.*", "limit": 4})
    assert [event.type for event in events.data] == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
    ]


async def test_what_took_no_money_cannot_be_disputed(local: LocalStripe) -> None:
    for charge in (cast.HOLD, cast.FAILED_CHARGE):
        with pytest.raises(ValueError, match="took no money"):
            await local.file_dispute(charge)
    with pytest.raises(ValueError, match="no reason"):
        await local.file_dispute(cast.LARGE_2400, "spite")
    inquiry = await local.open_inquiry(cast.LARGE_2400)
    assert (inquiry["status"], inquiry["is_charge_refundable"]) == ("warning_needs_response", True)


async def test_a_dispute_may_have_no_day(local: LocalStripe) -> None:
    assert 0 == (await local.file_dispute(cast.LARGE_1250, due_by=0))["evidence_details"]["due_by"]


async def test_an_inquiry_becomes_a_chargeback_that_takes_the_money(local: LocalStripe) -> None:
    inquiry = await local.open_inquiry(cast.LARGE_1250)
    assert ([], True) == (inquiry["balance_transactions"], inquiry["is_charge_refundable"])
    chargeback = await local.charge_back_inquiry(inquiry["id"])
    assert ("needs_response", False) == (chargeback["status"], chargeback["is_charge_refundable"])
    assert [-125_000] == [one["amount"] for one in chargeback["balance_transactions"]]
    with pytest.raises(ValueError, match="no inquiry any more"):
        await local.charge_back_inquiry(inquiry["id"])


async def test_a_warning_is_no_longer_actionable_once_the_charge_is_disputed_or_paid_back(
    local: LocalStripe, client: StripeClient
) -> None:
    warnings = [await local.warn_of_fraud(charge) for charge in (cast.LARGE_1250, cast.LARGE_2400)]
    assert [True, True] == [one["actionable"] for one in warnings]
    await local.file_dispute(cast.LARGE_1250)
    await local.refund_in_dashboard(cast.LARGE_2400)
    for warning in warnings:
        found = await client.v1.radar.early_fraud_warnings.retrieve_async(warning["id"])
        assert not found.actionable


async def test_the_same_key_uploads_a_file_once_and_not_another_one(client: StripeClient) -> None:
    def params(content: bytes) -> FileCreateParams:
        return {"purpose": "dispute_evidence", "file": io.BytesIO(content)}

    first, again = [
        await client.v1.files.create_async(params(b"a receipt"), {"idempotency_key": "one"}) for _ in range(2)
    ]
    assert first.id == again.id
    with pytest.raises(IdempotencyError):
        await client.v1.files.create_async(params(b"another"), {"idempotency_key": "one"})

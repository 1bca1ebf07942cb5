from __future__ import annotations

import io
import json

import pytest
from stripe import InvalidRequestError, StripeClient

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

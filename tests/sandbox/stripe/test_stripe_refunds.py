from __future__ import annotations

import pytest
from stripe import InvalidRequestError, StripeClient
from stripe.params import RefundCreateParams

from bot.sandbox.stripe import LocalStripe, cast


async def test_a_card_refund_succeeds_at_once_and_is_on_the_books(
    client: StripeClient, local: LocalStripe
) -> None:
    refund = await client.v1.refunds.create_async(
        {"charge": cast.DUPLICATE_SECOND, "reason": "duplicate", "metadata": {"operation": "op_1"}}
    )
    assert (refund.status, refund.amount, refund.reason) == ("succeeded", 4900, "duplicate")
    assert refund.id.startswith("re_3")
    assert {
        "amount": 4900,
        "currency": "usd",
        "refunds": [
            {"id": refund.id, "amount": 4900, "status": "succeeded", "metadata": {"operation": "op_1"}}
        ],
        "amount_refunded": 4900,
        "disputed": False,
    } == local.books()[cast.DUPLICATE_SECOND]


async def test_partial_refunds_add_up_until_the_charge_is_refunded(client: StripeClient) -> None:
    charge = await client.v1.charges.retrieve_async(cast.LARGE_1250)
    await client.v1.refunds.create_async({"charge": charge.id, "amount": 25_000})
    partly = await client.v1.charges.retrieve_async(charge.id)
    assert (partly.amount_refunded, partly.refunded) == (25_000, False)
    assert charge.payment_intent is not None
    rest = await client.v1.refunds.create_async({"payment_intent": str(charge.payment_intent)})
    assert rest.amount == 100_000
    fully = await client.v1.charges.retrieve_async(charge.id)
    assert (fully.amount_refunded, fully.refunded) == (125_000, True)


REFUSED: list[tuple[RefundCreateParams, tuple[int, str | None, str | None]]] = [
    ({"charge": cast.FULLY_REFUNDED}, (400, "charge_already_refunded", None)),
    ({"charge": cast.PARTLY_REFUNDED, "amount": 12_001}, (400, None, "amount")),
    ({"charge": cast.DISPUTED}, (400, "charge_disputed", None)),
    ({"charge": cast.HOLD}, (400, None, "charge")),
    ({"charge": cast.FAILED_CHARGE}, (400, None, "charge")),
    ({"charge": "ch_nothing"}, (404, "resource_missing", "charge")),
    ({"payment_intent": "pi_nothing"}, (404, "resource_missing", "payment_intent")),
    ({}, (400, "parameter_missing", "charge")),
    ({"charge": cast.EURO_CHARGE, "payment_intent": "pi_x"}, (400, None, "charge")),
    ({"charge": cast.EURO_CHARGE, "amount": 0}, (400, "parameter_invalid_integer", "amount")),
    ({"charge": cast.EURO_CHARGE, "amount": -5}, (400, "parameter_invalid_integer", "amount")),
    ({"charge": cast.EURO_CHARGE, "reason": "because"}, (400, None, "reason")),
    ({"charge": cast.EURO_CHARGE, "reverse_transfer": True}, (400, None, "reverse_transfer")),
    ({"charge": cast.EURO_CHARGE, "metadata": {"k": "v" * 501}}, (400, None, "metadata[k]")),
    ({"charge": cast.EURO_CHARGE, "metadata": {"k" * 41: "v"}}, (400, None, f"metadata[{'k' * 41}]")),
    ({"charge": cast.EURO_CHARGE, "metadata": {f"k{n}": "v" for n in range(51)}}, (400, None, "metadata")),
]


async def test_a_refund_that_stripe_would_not_make_is_refused(
    client: StripeClient, local: LocalStripe
) -> None:
    before = local.books()
    answers = []
    for params, _ in REFUSED:
        with pytest.raises(InvalidRequestError) as refusal:
            await client.v1.refunds.create_async(params)
        assert refusal.value.request_id is not None
        answers.append((refusal.value.http_status, refusal.value.code, refusal.value.param))
    assert [expected for _, expected in REFUSED] == answers
    assert before == local.books()


async def test_the_message_of_an_over_refund_names_both_amounts(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"charge": cast.PARTLY_REFUNDED, "amount": 20_000})
    expected = "Refund amount ($200.00) is greater than unrefunded amount on charge ($120.00)"
    assert expected == refusal.value.user_message


async def test_an_inquiry_leaves_the_charge_refundable_and_a_full_refund_closes_it(
    client: StripeClient,
) -> None:
    await client.v1.refunds.create_async({"charge": cast.INQUIRED})
    inquiry = await client.v1.disputes.retrieve_async(cast.INQUIRY)
    assert inquiry.status == "warning_closed"


async def test_a_bank_debit_is_pending_until_the_bank_settles_it(
    client: StripeClient, local: LocalStripe
) -> None:
    refund = await client.v1.refunds.create_async({"charge": cast.BANK_DEBIT_CHARGE})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    await local.settle_refund(refund.id, "succeeded")
    settled = await client.v1.refunds.retrieve_async(refund.id)
    assert (settled.status, settled.pending_reason) == ("succeeded", None)


async def test_a_refund_that_fails_late_puts_the_money_back_on_the_charge(
    client: StripeClient, local: LocalStripe
) -> None:
    refund = await client.v1.refunds.create_async({"charge": cast.EURO_CHARGE})
    await local.settle_refund(refund.id, "failed", "expired_or_canceled_card")
    failed = await client.v1.refunds.retrieve_async(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    movement = failed.failure_balance_transaction
    assert movement is not None
    assert not isinstance(movement, str)
    assert movement.amount == 8990
    charge = await client.v1.charges.retrieve_async(cast.EURO_CHARGE)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    again = await client.v1.refunds.create_async({"charge": cast.EURO_CHARGE})
    assert again.status == "succeeded"


async def test_a_refund_by_instructions_can_be_cancelled_until_the_customer_acts(
    client: StripeClient,
) -> None:
    refund = await client.v1.refunds.create_async({"charge": cast.KONBINI_CHARGE})
    assert refund.status == "requires_action"
    assert refund.next_action is not None
    assert refund.next_action.type == "display_details"
    cancelled = await client.v1.refunds.cancel_async(refund.id)
    assert cancelled.status == "canceled"
    with pytest.raises(InvalidRequestError):
        await client.v1.refunds.cancel_async(refund.id)
    charge = await client.v1.charges.retrieve_async(cast.KONBINI_CHARGE)
    assert charge.amount_refunded == 0


@pytest.mark.parametrize(
    ("first", "then"), [("succeeded", "pending"), ("failed", "succeeded"), ("canceled", "failed")]
)
async def test_the_bank_cannot_undo_what_is_final(local: LocalStripe, first: str, then: str) -> None:
    refund = await local.refund_in_dashboard(cast.BANK_DEBIT_CHARGE)
    await local.settle_refund(refund["id"], first)
    with pytest.raises(ValueError, match="cannot become"):
        await local.settle_refund(refund["id"], then)


async def test_an_unknown_failure_reason_is_refused(local: LocalStripe) -> None:
    refund = await local.refund_in_dashboard(cast.BANK_DEBIT_CHARGE)
    with pytest.raises(ValueError, match="no failure reason"):
        await local.settle_refund(refund["id"], "failed", "bad_mood")


async def test_refunds_are_listed_by_charge_and_intent_newest_first(
    client: StripeClient, local: LocalStripe
) -> None:
    first = await local.refund_in_dashboard(cast.LARGE_2400, 100)
    second = await client.v1.refunds.create_async({"charge": cast.LARGE_2400, "amount": 200})
    by_charge = await client.v1.refunds.list_async({"charge": cast.LARGE_2400})
    assert [second.id, first["id"]] == [refund.id for refund in by_charge.data]
    by_intent = await client.v1.refunds.list_async({"payment_intent": first["payment_intent"], "limit": 1})
    assert ([second.id], True) == ([refund.id for refund in by_intent.data], by_intent.has_more)


async def test_metadata_is_merged_and_an_empty_value_removes_a_key(client: StripeClient) -> None:
    refund = await client.v1.refunds.create_async(
        {"charge": cast.YEN_CHARGE, "metadata": {"keep": "1", "drop": "2"}}
    )
    changed = await client.v1.refunds.update_async(refund.id, {"metadata": {"drop": "", "more": "3"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"keep": "1", "more": "3"}
    cleared = await client.v1.refunds.update_async(refund.id, {"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}


async def test_cancelling_the_intent_releases_a_hold(client: StripeClient) -> None:
    hold = await client.v1.charges.retrieve_async(cast.HOLD)
    assert (hold.captured, hold.amount_captured) == (False, 0)
    intent = await client.v1.payment_intents.cancel_async(str(hold.payment_intent))
    assert (intent.status, intent.amount_capturable) == ("canceled", 0)
    released = await client.v1.charges.retrieve_async(cast.HOLD)
    assert (released.refunded, released.amount_refunded) == (True, 12_000)


async def test_a_captured_hold_can_be_refunded_up_to_what_was_captured(client: StripeClient) -> None:
    captured = await client.v1.charges.capture_async(cast.HOLD, {"amount": 5000})
    assert (captured.captured, captured.amount_captured) == (True, 5000)
    with pytest.raises(InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"charge": cast.HOLD, "amount": 5001})
    assert refusal.value.param == "amount"
    refund = await client.v1.refunds.create_async({"charge": cast.HOLD})
    assert refund.amount == 5000

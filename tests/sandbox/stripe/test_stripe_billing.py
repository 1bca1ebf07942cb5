from __future__ import annotations

import pytest
from stripe import InvalidRequestError, StripeClient

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe import LocalStripe, cast

NEW = cast.YEARLY_NEW_SUBSCRIPTION


async def test_subscriptions_are_listed_without_the_cancelled_ones(
    client: StripeClient,
) -> None:
    two = await client.v1.subscriptions.list_async({"customer": cast.TWO_SUBSCRIPTIONS_CUSTOMER})
    assert [one.id for one in two.data] == [cast.TWO_SUBSCRIPTIONS_SECOND, cast.TWO_SUBSCRIPTIONS_FIRST]
    of_grace = {"customer": cast.AFTER_CANCELLATION_CUSTOMER}
    assert (await client.v1.subscriptions.list_async({"customer": of_grace["customer"]})).data == []
    ended = await client.v1.subscriptions.list_async({"customer": of_grace["customer"], "status": "all"})
    charge = await client.v1.charges.retrieve_async(cast.AFTER_CANCELLATION)
    assert [one.status for one in ended.data] == ["canceled"]
    assert ended.data[0].ended_at is not None
    assert ended.data[0].ended_at < charge.created


async def test_cancelling_without_proration_gives_no_credit_and_happens_once(
    client: StripeClient,
) -> None:
    cancelled = await client.v1.subscriptions.cancel_async(
        NEW, {"prorate": False, "cancellation_details": {"feedback": "unused"}}
    )
    assert cancelled.status == "canceled"
    assert cancelled.cancellation_details is not None
    assert cancelled.cancellation_details.feedback == "unused"
    assert (await client.v1.customers.retrieve_async(cast.YEARLY_NEW_CUSTOMER)).balance == 0
    with pytest.raises(InvalidRequestError) as again:
        await client.v1.subscriptions.cancel_async(NEW)
    assert (again.value.http_status, again.value.code) == (404, "resource_missing")
    assert (await client.v1.subscriptions.retrieve_async(NEW)).status == "canceled"


async def test_a_preview_shows_the_credit_that_prorated_cancelling_then_gives(client: StripeClient) -> None:
    preview = await client.v1.invoices.create_preview_async(
        {"subscription": NEW, "subscription_details": {"cancel_now": True}}
    )
    expected = -round(58_800 * 355 / 365)
    assert abs(preview.total - expected) <= 1
    await client.v1.subscriptions.cancel_async(NEW, {"prorate": True, "invoice_now": True})
    balance = (await client.v1.customers.retrieve_async(cast.YEARLY_NEW_CUSTOMER)).balance
    assert balance is not None
    assert abs(balance - expected) <= 1
    assert (await client.v1.refunds.list_async({"charge": cast.YEARLY_NEW_CHARGE})).data == []


async def test_the_next_invoice_is_the_price_of_the_next_period(client: StripeClient) -> None:
    preview = await client.v1.invoices.create_preview_async({"subscription": cast.MONTHLY_SUBSCRIPTION})
    assert (preview.amount_due, preview.status, preview.number) == (4900, "draft", None)


async def test_a_subscription_can_end_with_its_period_or_stay_after_all(
    client: StripeClient, clock: SandboxClock
) -> None:
    ending = await client.v1.subscriptions.update_async(NEW, {"cancel_at_period_end": True})
    assert ending.cancel_at == ending["items"].data[0].current_period_end
    assert ending.status == "active"
    staying = await client.v1.subscriptions.update_async(NEW, {"cancel_at_period_end": False})
    assert (staying.cancel_at, staying.canceled_at) == (None, None)
    soon = int(clock.now().timestamp()) + 3600
    assert (await client.v1.subscriptions.update_async(NEW, {"cancel_at": soon})).cancel_at == soon
    with pytest.raises(InvalidRequestError) as past:
        await client.v1.subscriptions.update_async(NEW, {"cancel_at": soon - 7200})
    assert past.value.param == "cancel_at"


async def test_a_coupon_is_a_discount_on_a_subscription(client: StripeClient) -> None:
    await client.v1.coupons.create_async({"id": "STAY20", "percent_off": 20, "duration": "once"})
    kept = await client.v1.subscriptions.update_async(
        NEW, {"discounts": [{"coupon": "STAY20"}], "expand": ["discounts"]}
    )
    discount = kept.discounts[0]
    assert not isinstance(discount, str)
    assert discount.source.coupon == "STAY20"
    assert (await client.v1.coupons.retrieve_async("STAY20")).times_redeemed == 1
    with pytest.raises(InvalidRequestError):
        await client.v1.coupons.create_async({"id": "STAY20", "percent_off": 20})
    with pytest.raises(InvalidRequestError):
        await client.v1.coupons.create_async({"amount_off": 500})


async def test_past_due_invoices_are_open_and_behind_their_date(
    client: StripeClient, clock: SandboxClock
) -> None:
    now = int(clock.now().timestamp())
    for customer, invoices in (
        (cast.PAST_DUE_TWO_CUSTOMER, cast.PAST_DUE_TWO_INVOICES),
        (cast.PAST_DUE_THREE_CUSTOMER, cast.PAST_DUE_THREE_INVOICES),
        (cast.PAST_DUE_FIVE_CUSTOMER, cast.PAST_DUE_FIVE_INVOICES),
    ):
        due = await client.v1.invoices.list_async(
            {"customer": customer, "status": "open", "due_date": {"lt": now}}
        )
        assert [invoice.id for invoice in reversed(due.data)] == list(invoices)
        assert {invoice.amount_remaining for invoice in due.data} == {4500}


async def test_an_open_invoice_is_paid_by_card_or_outside_or_voided(client: StripeClient) -> None:
    first, second, third, fourth, _ = cast.PAST_DUE_FIVE_INVOICES
    paid = await client.v1.invoices.pay_async(first)
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    payment = (await client.v1.invoice_payments.list_async({"invoice": first})).data[0]
    charges = await client.v1.charges.list_async({"payment_intent": str(payment.payment.payment_intent)})
    assert [charge.amount for charge in charges.data] == [4500]
    outside = await client.v1.invoices.pay_async(second, {"paid_out_of_band": True})
    assert outside.status == "paid"
    assert (await client.v1.invoice_payments.list_async({"invoice": second})).data == []
    assert (await client.v1.invoices.void_invoice_async(third)).status == "void"
    assert (await client.v1.invoices.mark_uncollectible_async(fourth)).status == "uncollectible"
    assert (await client.v1.invoices.void_invoice_async(fourth)).status == "void"
    for done in (first, third):
        with pytest.raises(InvalidRequestError):
            await client.v1.invoices.void_invoice_async(done)


async def test_a_credit_note_has_to_add_up_before_it_refunds(client: StripeClient) -> None:
    charge = await client.v1.charges.retrieve_async(cast.MONTHLY_CHARGE)
    payments = await client.v1.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": str(charge.payment_intent)}}
    )
    invoice = str(payments.data[0].invoice)
    with pytest.raises(InvalidRequestError):
        await client.v1.credit_notes.preview_async(
            {"invoice": invoice, "amount": 3000, "refund_amount": 2000}
        )
    note = await client.v1.credit_notes.create_async(
        {"invoice": invoice, "amount": 3000, "refund_amount": 2000, "credit_amount": 1000}
    )
    assert (note.post_payment_amount, note.pre_payment_amount, note.type) == (3000, 0, "post_payment")
    refund = await client.v1.refunds.retrieve_async(str(note.refunds[0].refund))
    assert (refund.charge, refund.amount) == (cast.MONTHLY_CHARGE, 2000)
    assert (await client.v1.customers.retrieve_async(cast.MONTHLY_CUSTOMER)).balance == -1000
    assert [one.id for one in (await client.v1.credit_notes.list_async({"invoice": invoice})).data] == [
        note.id
    ]


async def test_a_credit_note_lowers_an_open_invoice(client: StripeClient) -> None:
    invoice = cast.PAST_DUE_TWO_INVOICES[0]
    note = await client.v1.credit_notes.create_async({"invoice": invoice, "amount": 1500})
    assert (note.pre_payment_amount, note.type) == (1500, "pre_payment")
    assert (await client.v1.invoices.retrieve_async(invoice)).amount_remaining == 3000


async def test_what_is_not_offered_is_refused_and_not_ignored(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await client.v1.subscriptions.update_async(NEW, {"trial_end": "now"})
    assert refusal.value.param == "trial_end"


async def test_a_link_to_the_portal_is_made_for_a_customer_that_there_is(client: StripeClient) -> None:
    sessions = client.v1.billing_portal.sessions
    first = await sessions.create_async({"customer": cast.EURO_CUSTOMER})
    second = await sessions.create_async({"customer": cast.EURO_CUSTOMER})
    assert first.customer == cast.EURO_CUSTOMER
    assert first.url.startswith("https://billing.stripe.com/p/session/")
    assert first.url != second.url
    with pytest.raises(InvalidRequestError) as unknown:
        await sessions.create_async({"customer": "cus_nobody"})
    assert (unknown.value.code, unknown.value.param) == ("resource_missing", "customer")
    with pytest.raises(InvalidRequestError) as nobody:
        await sessions.create_async({})
    assert nobody.value.code == "parameter_missing"


async def test_an_open_invoice_is_sent_again_where_the_customer_pays_by_invoice(
    client: StripeClient, local: LocalStripe
) -> None:
    invoice = cast.PAST_DUE_TWO_INVOICES[0]
    assert (await client.v1.invoices.send_invoice_async(invoice)).status == "open"
    assert local.billing(cast.PAST_DUE_TWO_CUSTOMER)["sent"][invoice] == 1
    await local.pay_invoice(invoice)
    with pytest.raises(InvalidRequestError):
        await client.v1.invoices.send_invoice_async(invoice)


async def test_an_invoice_that_is_charged_by_itself_is_not_sent(
    client: StripeClient, local: LocalStripe
) -> None:
    invoice = cast.PAST_DUE_TWO_INVOICES[0]
    local.ledger.change(local.ledger.get("invoice", invoice), collection_method="charge_automatically")
    with pytest.raises(InvalidRequestError, match="collection_method=send_invoice"):
        await client.v1.invoices.send_invoice_async(invoice)


async def test_the_end_of_a_trial_moves_the_period_with_it_and_lies_ahead(
    client: StripeClient, local: LocalStripe
) -> None:
    now = local.ledger.now()
    moved = await client.v1.subscriptions.update_async(
        cast.MONTHLY_SUBSCRIPTION, {"trial_end": now + 86_400, "proration_behavior": "none"}
    )
    period = moved["items"]["data"][0]["current_period_end"]
    assert (moved.status, moved.trial_end, period) == ("trialing", now + 86_400, now + 86_400)
    for wrong in (now, now + 3 * 366 * 86_400):
        with pytest.raises(InvalidRequestError) as refused:
            await client.v1.subscriptions.update_async(cast.MONTHLY_SUBSCRIPTION, {"trial_end": wrong})
        assert refused.value.param == "trial_end"


async def test_what_the_customer_pays_or_cannot_pay_is_an_event(local: LocalStripe) -> None:
    first, second = cast.PAST_DUE_TWO_INVOICES
    await local.decline_invoice(first)
    await local.pay_invoice(second)
    happened = [(one["type"], one["data"]["object"]["id"]) for one in local.ledger.events()]
    assert ("invoice.payment_failed", first) in happened
    assert ("invoice.paid", second) in happened
    with pytest.raises(ValueError, match="cannot be paid"):
        await local.pay_invoice(second)

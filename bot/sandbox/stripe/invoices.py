"""Invoices and what paid them: listed, sent, paid, voided, written off and previewed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot.sandbox.stripe import billing_shapes, sales
from bot.sandbox.stripe.endpoints import PAGING, Call, Endpoint, retrieving
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.lists import in_range, page
from bot.sandbox.stripe.subscriptions import proration_line

_PAYABLE: Final = frozenset({"open", "uncollectible"})


def _require_status(invoice: Record, allowed: frozenset[str], wish: str) -> None:
    if invoice["status"] == "paid":
        raise ApiError(400, "Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in allowed:
        raise ApiError(400, f"You can only {wish} an open invoice. This one is {invoice['status']}.")


def _pay(ledger: Ledger, call: Call) -> Record:
    invoice = ledger.get("invoice", call.ids[0])
    _require_status(invoice, _PAYABLE, "pay")
    intent = None if call.params.get("paid_out_of_band") else _collect(ledger, invoice, call.params)
    return _settled(ledger, invoice, intent)


def _settled(ledger: Ledger, invoice: Record, intent: Record | None) -> Record:
    sales.settle_invoice(ledger, invoice, intent, ledger.now())
    ledger.emit("invoice.paid", invoice)
    if intent is not None:
        ledger.emit("invoice.payment_succeeded", invoice)
    return invoice


def _collect(ledger: Ledger, invoice: Record, params: dict[str, Any]) -> Record:
    """Charge the invoice to the given method, else the customer's newest one."""
    customer = ledger.get("customer", invoice["customer"])
    methods = ledger.where("payment_method", "customer", customer["id"])
    if "payment_method" in params:
        method = ledger.get("payment_method", params["payment_method"], "payment_method", 400)
    elif methods:
        method = methods[-1]
    else:
        raise ApiError(
            400,
            "There is no `default_payment_method` set on this Customer or Invoice. Please set one, or pass "
            "`payment_method`.",
            code="resource_missing",
            param="payment_method",
        )
    charge = sales.take(
        ledger,
        customer,
        method,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        text=f"Payment for Invoice {invoice['number']}",
        created=ledger.now(),
        ids=sales.Ids.fresh(),
    )
    ledger.emit("charge.succeeded", charge)
    return ledger.get("payment_intent", charge["payment_intent"])


def _send(ledger: Ledger, call: Call) -> Record:
    """Mail an invoice to the customer once more."""
    invoice = ledger.get("invoice", call.ids[0])
    _require_status(invoice, frozenset({"open"}), "send")
    if invoice["collection_method"] != "send_invoice":
        raise ApiError(400, "You can only manually send an invoice if its collection_method=send_invoice.")
    ledger.emit("invoice.sent", invoice)
    return invoice


def pay_by_link(ledger: Ledger, invoice: Record) -> Record:
    """Let the customer pay an invoice on its page. Raises ValueError for one that cannot be paid."""
    if invoice["status"] != "open":
        raise ValueError(f"{invoice['id']} is {invoice['status']} and cannot be paid.")
    return _settled(ledger, invoice, _collect(ledger, invoice, {}))


def decline(ledger: Ledger, invoice: Record) -> Record:
    """Let the customer's own payment of an open invoice fail."""
    if invoice["status"] != "open":
        raise ValueError(f"{invoice['id']} is {invoice['status']} and cannot be paid.")
    ledger.change(invoice, attempted=True, attempt_count=invoice["attempt_count"] + 1)
    ledger.emit("invoice.payment_failed", invoice)
    return invoice


def void(ledger: Ledger, invoice: Record) -> Record:
    """Void an invoice. Raises ApiError for one that is paid or void."""
    _require_status(invoice, _PAYABLE, "void")
    return _end(ledger, invoice, "void", "voided_at", "invoice.voided")


def _void(ledger: Ledger, call: Call) -> Record:
    return void(ledger, ledger.get("invoice", call.ids[0]))


def _write_off(ledger: Ledger, call: Call) -> Record:
    invoice = ledger.get("invoice", call.ids[0])
    _require_status(invoice, frozenset({"open"}), "mark as uncollectible")
    return _end(ledger, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")


def _end(ledger: Ledger, invoice: Record, status: str, stamp: str, type_: str) -> Record:
    transitions = {**invoice["status_transitions"], stamp: ledger.now()}
    ledger.change(invoice, "invoice.updated", status=status, status_transitions=transitions)
    ledger.emit(type_, invoice)
    return invoice


def _preview(ledger: Ledger, call: Call) -> Record:
    """Show the invoice that would follow: the next period, or the credit of cancelling now."""
    params = call.params
    if "subscription" not in params:
        raise ParameterError("Missing required param: subscription.", "subscription", "parameter_missing")
    subscription = ledger.get("subscription", params["subscription"], "subscription")
    customer = ledger.get("customer", subscription["customer"])
    if params.get("customer", customer["id"]) != customer["id"]:
        raise ParameterError("The subscription does not belong to that customer.", "customer")
    wishes = params.get("subscription_details", {})
    unknown = [name for name in wishes if name not in {"cancel_now", "proration_behavior", "proration_date"}]
    if unknown:
        raise ParameterError(
            f"`subscription_details[{unknown[0]}]` is not available in this account.", "subscription_details"
        )
    identifier = new_id("upcoming_in_1")
    lines = _upcoming_lines(ledger, subscription, wishes, identifier)
    invoice = billing_shapes.invoice(
        identifier, ledger.now(), customer, subscription, lines=lines, reason="upcoming", number=None
    )
    invoice |= {"status": "draft", "hosted_invoice_url": None, "invoice_pdf": None, "effective_at": None}
    invoice["status_transitions"] = {**invoice["status_transitions"], "finalized_at": None}
    return invoice


def _upcoming_lines(ledger: Ledger, subscription: Record, wishes: Record, identifier: str) -> list[Record]:
    if wishes.get("cancel_now"):
        if wishes.get("proration_behavior") == "none":
            return []
        at = wishes.get("proration_date", ledger.now())
        return [proration_line(subscription, at, identifier)]
    price = subscription["items"]["data"][0]["price"]
    if subscription["status"] == "canceled" or subscription["cancel_at_period_end"]:
        raise ApiError(
            404,
            f"No upcoming invoices for customer: {subscription['customer']}",
            code="invoice_upcoming_none",
        )
    return [
        billing_shapes.invoice_line(
            new_id("il_1"),
            identifier,
            subscription,
            amount=price["unit_amount"],
            text=f"1 × {price['product']}",
            proration=False,
        )
    ]


def _list(ledger: Ledger, call: Call) -> Record:
    due = call.params.get("due_date")
    return page(
        ledger,
        "invoice",
        call.path,
        call.params,
        by=("customer", "subscription", "status", "collection_method"),
        keep=None if due is None else lambda invoice: in_range(invoice["due_date"], due),
    )


def _list_payments(ledger: Ledger, call: Call) -> Record:
    params = dict(call.params)
    paid_by = params.pop("payment", {})
    among: Sequence[Record] | None = None
    if paid_by.get("type") == "payment_record":
        among = []
    elif "payment_intent" in paid_by:
        ledger.get("payment_intent", paid_by["payment_intent"], "payment[payment_intent]", 400)
        wanted = {"payment_intent": paid_by["payment_intent"]}
        wanted |= {name: params[name] for name in ("invoice", "status") if name in params}
        among = ledger.where_all("invoice_payment", wanted)
    return page(ledger, "invoice_payment", call.path, params, by=("invoice", "status"), among=among)


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/invoices/create_preview",
        "InvoiceCreatePreviewParams",
        "invoice_read",
        _preview,
        takes="customer subscription subscription_details",
    ),
    Endpoint(
        "POST",
        "/v1/invoices/{}/pay",
        "InvoicePayParams",
        "invoice_write",
        _pay,
        takes="off_session paid_out_of_band payment_method",
    ),
    Endpoint("POST", "/v1/invoices/{}/send", "InvoiceSendInvoiceParams", "invoice_write", _send),
    Endpoint("POST", "/v1/invoices/{}/void", "InvoiceVoidInvoiceParams", "invoice_write", _void),
    Endpoint(
        "POST",
        "/v1/invoices/{}/mark_uncollectible",
        "InvoiceMarkUncollectibleParams",
        "invoice_write",
        _write_off,
    ),
    retrieving("invoice", "/v1/invoices/{}", "InvoiceRetrieveParams", "invoice_read"),
    Endpoint(
        "GET",
        "/v1/invoices",
        "InvoiceListParams",
        "invoice_read",
        _list,
        takes=f"collection_method customer due_date status subscription {PAGING}",
    ),
    retrieving("invoice_payment", "/v1/invoice_payments/{}", "InvoicePaymentRetrieveParams", "invoice_read"),
    Endpoint(
        "GET",
        "/v1/invoice_payments",
        "InvoicePaymentListParams",
        "invoice_read",
        _list_payments,
        takes=f"invoice payment status {PAGING}",
    ),
)

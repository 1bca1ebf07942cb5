"""Credit notes: an invoice lowered before it is paid, or credited, refunded or settled outside afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from bot.sandbox.stripe import customers, refunds, shapes
from bot.sandbox.stripe.endpoints import Call, Endpoint, listing, retrieving
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.params import merged_metadata, positive

_TAKES: Final = "amount credit_amount invoice memo metadata out_of_band_amount reason refund_amount refunds"


class _Split(Struct, frozen=True):
    """How a credit note gives back its amount, all in minor units."""

    total: int
    before_payment: int
    credit: int
    refund: int
    out_of_band: int
    linked: tuple[Mapping[str, Any], ...]

    @property
    def after_payment(self) -> int:
        return self.total - self.before_payment


def _split(ledger: Ledger, invoice: Record, params: Mapping[str, Any]) -> _Split:
    """Check the amounts: refund + credit + out-of-band + linked refunds equal the part that was paid."""
    total = positive(params, "amount")
    if total is None:
        raise ParameterError("Missing required param: amount.", "amount", "parameter_missing")
    if invoice["status"] not in {"open", "paid"}:
        raise ApiError(400, f"You cannot credit an invoice that is {invoice['status']}.", param="invoice")
    credited = invoice["pre_payment_credit_notes_amount"] + invoice["post_payment_credit_notes_amount"]
    if total > invoice["total"] - credited:
        raise ApiError(400, "The credit note exceeds what is left to credit on the invoice.", param="amount")
    before = min(total, invoice["amount_remaining"])
    linked = tuple(params.get("refunds", ()))
    for one in linked:
        ledger.get("refund", one.get("refund", ""), "refunds", 400)
    parts = [params.get(name, 0) for name in ("credit_amount", "refund_amount", "out_of_band_amount")]
    given = sum(parts) + sum(_linked_amount(ledger, one) for one in linked)
    if given != total - before:
        raise ApiError(
            400,
            "The sum of refund_amount, credit_amount, out_of_band_amount and refunds must equal the "
            f"post-payment amount of {total - before}; it is {given}.",
        )
    credit, refund, out_of_band = parts
    return _Split(total, before, credit, refund, out_of_band, linked)


def _linked_amount(ledger: Ledger, one: Mapping[str, Any]) -> int:
    amount: int = one.get("amount_refunded") or ledger.get("refund", one["refund"], "refunds", 400)["amount"]
    return amount


def _charge_of(ledger: Ledger, invoice: Record) -> Record:
    payments = ledger.where("invoice_payment", "invoice", invoice["id"])
    if not payments:
        raise ApiError(
            400, "The invoice was not paid by a charge that can be refunded.", param="refund_amount"
        )
    intent = ledger.get("payment_intent", payments[-1]["payment"]["payment_intent"])
    return ledger.get("charge", intent["latest_charge"])


def _note(ledger: Ledger, invoice: Record, split: _Split, params: Mapping[str, Any]) -> Record:
    identifier = new_id("cn_1")
    sequence = len(ledger.where("credit_note", "invoice", invoice["id"])) + 1
    line: Record = {
        "id": new_id("cnli_1"),
        "object": "credit_note_line_item",
        "amount": split.total,
        "description": params.get("memo"),
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": split.total,
        "unit_amount_decimal": str(split.total),
    }
    kinds = {(True, False): "pre_payment", (False, True): "post_payment", (True, True): "mixed"}
    return {
        "id": identifier,
        "object": "credit_note",
        "amount": split.total,
        "amount_shipping": 0,
        "created": ledger.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": ledger.now(),
        "invoice": invoice["id"],
        "lines": shapes.listing(f"/v1/credit_notes/{identifier}/lines", [line]),
        "livemode": False,
        "memo": params.get("memo"),
        "metadata": merged_metadata({}, params.get("metadata")),
        "number": f"{invoice['number']}-CN-{sequence:02d}",
        "out_of_band_amount": split.out_of_band or None,
        "pdf": f"https://pay.stripe.com/credit_notes/local/{identifier}/pdf",
        "post_payment_amount": split.after_payment,
        "pre_payment_amount": split.before_payment,
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "refunds": [_refund_entry(one["refund"], _linked_amount(ledger, one)) for one in split.linked],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": split.total,
        "subtotal_excluding_tax": split.total,
        "total": split.total,
        "total_excluding_tax": split.total,
        "total_taxes": [],
        "type": kinds[split.before_payment > 0, split.after_payment > 0],
        "voided_at": None,
    }


def _refund_entry(refund: str, amount: int) -> Record:
    return {"amount_refunded": amount, "payment_record_refund": None, "refund": refund, "type": "refund"}


def _preview(ledger: Ledger, call: Call) -> Record:
    invoice = ledger.get("invoice", call.params["invoice"], "invoice")
    return _note(ledger, invoice, _split(ledger, invoice, call.params), call.params)


def _create(ledger: Ledger, call: Call) -> Record:
    invoice = ledger.get("invoice", call.params["invoice"], "invoice")
    split = _split(ledger, invoice, call.params)
    note = _note(ledger, invoice, split, call.params)
    if split.refund:
        refund = refunds.issue(ledger, _charge_of(ledger, invoice), split.refund, {})
        note["refunds"] = [*note["refunds"], _refund_entry(refund["id"], split.refund)]
    if split.credit:
        customer = ledger.get("customer", invoice["customer"])
        credit = customers.adjust_balance(
            ledger, customer, -split.credit, invoice["currency"], "credit_note", credit_note=note["id"]
        )
        note["customer_balance_transaction"] = credit["id"]
    invoice["pre_payment_credit_notes_amount"] += split.before_payment
    invoice["post_payment_credit_notes_amount"] += split.after_payment
    invoice["amount_due"] -= split.before_payment
    invoice["amount_remaining"] -= split.before_payment
    ledger.put(note)
    ledger.emit("credit_note.created", note)
    ledger.emit("invoice.updated", invoice)
    return note


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/v1/credit_notes/preview", "CreditNotePreviewParams", "invoice_read", _preview, takes=_TAKES
    ),
    Endpoint("POST", "/v1/credit_notes", "CreditNoteCreateParams", "invoice_write", _create, takes=_TAKES),
    retrieving("credit_note", "/v1/credit_notes/{}", "CreditNoteRetrieveParams", "invoice_read"),
    listing("credit_note", "/v1/credit_notes", "CreditNoteListParams", "invoice_read", by="customer invoice"),
)

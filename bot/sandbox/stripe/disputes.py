"""Disputes: filed by the bank, answered once or accepted, decided ("Disputes" in the API reference)."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.stripe import payments, sales, shapes
from bot.sandbox.stripe.endpoints import Call, Endpoint, listing, retrieving
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.params import merged_metadata

_DAYS_TO_ANSWER: Final = 9
_FEE: Final = 1500  # Stripe's dispute fee of 15.00 USD, counted here in the charge's own minor units
_EVIDENCE_CHARACTERS: Final = 150_000
_ANSWERABLE: Final = frozenset({"needs_response", "warning_needs_response"})
_OPEN: Final = _ANSWERABLE | {"under_review", "warning_under_review"}
REASONS: Final = frozenset(
    "bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized "
    "duplicate fraudulent general incorrect_account_details insufficient_funds noncompliant "
    "product_not_received product_unacceptable subscription_canceled unrecognized".split()
)
"""The reasons that a bank gives."""


def leaves_refundable(ledger: Ledger, charge: Record) -> bool:
    """Say whether every dispute of the charge lets it be refunded: inquiries do, chargebacks do not."""
    return all(one["is_charge_refundable"] for one in ledger.where("dispute", "charge", charge["id"]))


def open_dispute(
    ledger: Ledger,
    charge: Record,
    reason: str,
    *,
    identifier: str = "",
    created: int = 0,
    due_by: int | None = None,
) -> Record:
    """Charge a payment back: the money and a fee leave the balance until the bank decides.

    `due_by` 0 is a dispute for which Stripe names no day.

    Raises ValueError for an unknown reason or a charge that cannot be disputed (again).
    """
    _require_disputable(ledger, charge, reason)
    at = created or ledger.now()
    amount = charge["amount"] - charge["amount_refunded"]
    due_by = at + _DAYS_TO_ANSWER * 86_400 if due_by is None else due_by
    dispute = shapes.dispute(
        identifier or new_id("du_1"), at, charge, amount=amount, reason=reason, due_by=due_by
    )
    dispute["balance_transactions"] = [_move(ledger, dispute, at, -amount, _FEE)]
    ledger.put(dispute)
    ledger.change(charge, disputed=True)
    past = created or None
    ledger.emit("charge.dispute.created", dispute, created=past)
    ledger.emit("charge.dispute.funds_withdrawn", dispute, created=past)
    payments.settle_warnings(ledger, charge)
    return dispute


def open_inquiry(
    ledger: Ledger, charge: Record, reason: str, *, identifier: str = "", created: int = 0
) -> Record:
    """Let the bank ask before it charges back: no money moves and the charge stays refundable."""
    _require_disputable(ledger, charge, reason)
    at = created or ledger.now()
    amount = charge["amount"] - charge["amount_refunded"]
    due_by = at + _DAYS_TO_ANSWER * 86_400
    dispute = shapes.dispute(
        identifier or new_id("du_1"), at, charge, amount=amount, reason=reason, due_by=due_by
    )
    details = dispute["payment_method_details"]
    dispute["payment_method_details"] = {**details, "card": {**details["card"], "case_type": "inquiry"}}
    dispute |= {"status": "warning_needs_response", "is_charge_refundable": True}
    ledger.put(dispute)
    ledger.change(charge, disputed=True)
    ledger.emit("charge.dispute.created", dispute, created=created or None)
    return dispute


def charge_back(ledger: Ledger, dispute: Record) -> Record:
    """Let the bank turn its inquiry into a chargeback, which waits for an answer of its own.

    Raises ValueError for a dispute that is no open inquiry.
    """
    if dispute["status"] not in {"warning_needs_response", "warning_under_review"}:
        raise ValueError(f"A dispute that is {dispute['status']} is no inquiry any more.")
    at = ledger.now()
    details = dispute["payment_method_details"]
    taken = _move(ledger, dispute, at, -dispute["amount"], _FEE)
    ledger.change(
        dispute,
        "charge.dispute.updated",
        status="needs_response",
        is_charge_refundable=False,
        balance_transactions=[*dispute["balance_transactions"], taken],
        evidence_details={**dispute["evidence_details"], "due_by": at + _DAYS_TO_ANSWER * 86_400},
        payment_method_details={**details, "card": {**details["card"], "case_type": "chargeback"}},
    )
    ledger.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide(ledger: Ledger, dispute: Record, status: str) -> Record:
    """Let the bank decide: `won` gives the money back, `lost` keeps it. Raises ValueError otherwise."""
    if status not in {"won", "lost"} or dispute["status"] not in {"needs_response", "under_review"}:
        raise ValueError(f"A dispute that is {dispute['status']} cannot become {status}.")
    if status == "won":
        returned = _move(ledger, dispute, ledger.now(), dispute["amount"], -_FEE)
        dispute["balance_transactions"] = [*dispute["balance_transactions"], returned]
    ledger.change(dispute, status=status)
    ledger.emit("charge.dispute.closed", dispute)
    if status == "won":
        ledger.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def close_inquiries(ledger: Ledger, charge: Record) -> None:
    """Close the inquiries of a charge that was refunded in full: there is nothing left to charge back."""
    for one in ledger.where("dispute", "charge", charge["id"]):
        if one["status"].startswith("warning_") and one["status"] in _OPEN:
            ledger.change(one, "charge.dispute.closed", status="warning_closed")


def _require_disputable(ledger: Ledger, charge: Record, reason: str) -> None:
    if reason not in REASONS:
        raise ValueError(f"“{reason}” is no reason of a dispute.")
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise ValueError(f"Charge {charge['id']} took no money, so there is nothing to dispute.")
    if charge["payment_method_details"]["type"] != "card":
        raise ValueError(f"Charge {charge['id']} was not made by card; only those are disputed here.")
    if any(one["status"] in _OPEN for one in ledger.where("dispute", "charge", charge["id"])):
        raise ValueError(f"Charge {charge['id']} is disputed already.")


def _move(ledger: Ledger, dispute: Record, at: int, amount: int, fee: int) -> Record:
    return sales.move(ledger, new_id("txn_1"), at, dispute, "adjustment", amount=amount, fee=fee)


def _update(ledger: Ledger, call: Call) -> Record:
    dispute = ledger.get("dispute", call.ids[0])
    params = call.params
    metadata = merged_metadata(dispute["metadata"], params.get("metadata"))
    submit = params.get("submit", True)
    if "evidence" not in params and "submit" not in params:
        return ledger.change(dispute, "charge.dispute.updated", metadata=metadata)
    _require_answerable(ledger, dispute)
    evidence = {**dispute["evidence"], **_checked_evidence(ledger, dispute, params.get("evidence") or {})}
    details = {**dispute["evidence_details"], "has_evidence": True}
    status = dispute["status"]
    if submit:
        details |= {"submission_count": 1, "submission_method": "manual"}
        status = status.replace("needs_response", "under_review")
    return ledger.change(
        dispute,
        "charge.dispute.updated",
        evidence=evidence,
        evidence_details=details,
        metadata=metadata,
        status=status,
    )


def _require_answerable(ledger: Ledger, dispute: Record) -> None:
    if dispute["status"] in {"under_review", "warning_under_review"}:
        raise ApiError(400, "Evidence for this dispute has already been submitted.")
    if dispute["status"] not in _ANSWERABLE:
        raise ApiError(400, "This dispute is already closed")
    due_by = dispute["evidence_details"]["due_by"]
    if due_by and due_by < ledger.now():
        raise ApiError(400, "The deadline to submit evidence for this dispute has passed.")


def _checked_evidence(ledger: Ledger, dispute: Record, given: dict[str, Any]) -> Record:
    for name in shapes.FILE_EVIDENCE:
        if given.get(name):
            file = ledger.get("file", given[name], param=f"evidence[{name}]", status=400)
            if file["purpose"] != "dispute_evidence":
                raise ApiError(
                    400,
                    f"The file {file['id']} was not uploaded as `dispute_evidence`.",
                    param=f"evidence[{name}]",
                )
    given = {name: value if value != "" else None for name, value in given.items()}
    texts = {**dispute["evidence"], **given}
    characters = sum(len(text) for text in texts.values() if isinstance(text, str))
    if characters > _EVIDENCE_CHARACTERS:
        raise ParameterError(
            f"The combined character count of all text evidence fields is {characters}, "
            f"which exceeds the limit of {_EVIDENCE_CHARACTERS}.",
            "evidence",
        )
    return given


def _close(ledger: Ledger, call: Call) -> Record:
    dispute = ledger.get("dispute", call.ids[0])
    if dispute["status"] not in _ANSWERABLE:
        raise ApiError(400, "This dispute is already closed")
    inquiry = dispute["status"].startswith("warning_")
    return ledger.change(dispute, "charge.dispute.closed", status="warning_closed" if inquiry else "lost")


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/disputes/{}",
        "DisputeUpdateParams",
        "dispute_write",
        _update,
        takes="evidence metadata submit",
    ),
    Endpoint("POST", "/v1/disputes/{}/close", "DisputeCloseParams", "dispute_write", _close),
    retrieving("dispute", "/v1/disputes/{}", "DisputeRetrieveParams", "dispute_read"),
    listing("dispute", "/v1/disputes", "DisputeListParams", "dispute_read", by="charge payment_intent"),
)

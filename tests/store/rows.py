"""Rows that tests of the store begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.store.tables import Case, Ledger, Operation


def case(number: int, at: datetime, **changed: Any) -> Case:  # noqa: ANN401  # a column's value
    """Return a case that waits, on a charge of its own."""
    values: dict[str, Any] = {
        "id": f"RF-{number}",
        "state": "awaiting",
        "request_key": f"request-{number}",
        "charge_id": f"ch_{number}",
        "customer_id": f"cus_{number}",
        "currency": "USD",
        "amount_minor": 4900,
        "reason": "duplicate",
        "source": "email",
        "ticket": "T-1",
        "requested_by": "U1",
        "issue": "standard_refund",
        "route": "leads",
        "opened_at": at,
        "playbook": "0",
        "facts": {},
        "ruling": {},
    }
    return Case(**values | changed)


def operation(number: int, case_id: str, at: datetime, **changed: Any) -> Operation:  # noqa: ANN401  # as above
    """Return an operation that waits for Stripe's answer."""
    values: dict[str, Any] = {
        "id": f"OP-{number}",
        "case_id": case_id,
        "state": "executing",
        "charge_id": "ch_1",
        "amount_minor": 4900,
        "currency": "USD",
        "reason": "duplicate",
        "approver": "U2",
        "api_version": "0",
        "idempotency_key": f"key-{number}",
        "first_sent_at": at,
        "due_at": at,
    }
    return Operation(**values | changed)


def ledger(charge_id: str, **changed: int) -> Ledger:
    """Return the ledger of a charge of which nothing is refunded."""
    values = {"amount_minor": 4900, "refunded_minor": 0, "reserved_minor": 0} | changed
    return Ledger(charge_id=charge_id, currency="USD", **values)


def add(session: Session, *rows: Any) -> None:  # noqa: ANN401  # rows of any table
    """Write new rows; their columns can still be read afterwards."""
    session.add_all(rows)
    session.flush()

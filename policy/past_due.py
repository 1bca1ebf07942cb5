"""The two-invoice rule: which past-due invoices to collect, which to void, whether the account stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from policy.facts import Invoice, PastDueWish
from policy.model import PastDueTerms, Playbook
from policy.periods import counted


class Plan(Struct, frozen=True):
    """What to do with past-due invoices. `approval` is the issue whose route must agree, None: nobody.

    `refund_possible` says whether a refund may still be approved, once `collect` is paid.
    """

    headline: str
    steps: tuple[str, ...]
    tell_customer: tuple[str, ...]
    collect: tuple[Invoice, ...]
    void: tuple[Invoice, ...]
    close_account: bool
    refund_possible: bool
    approval: str | None
    sources: tuple[str, ...]


def past_due(invoices: Iterable[Invoice], now: datetime) -> tuple[Invoice, ...]:
    """Return the invoices that are open with their due date behind us, most recent first."""
    late = [
        invoice
        for invoice in invoices
        if invoice.status == "open" and invoice.due_at is not None and invoice.due_at < now
    ]
    return tuple(sorted(late, key=lambda invoice: (invoice.created_at, invoice.id), reverse=True))


def plan(invoices: Iterable[Invoice], wish: PastDueWish | None, playbook: Playbook, now: datetime) -> Plan:
    """Return what the rule says for a customer with these invoices and this wish.

    Source: the playbook's [past_due]. A playbook without it leaves everything as it is and refunds nothing.
    """
    terms, late = playbook.past_due, past_due(invoices, now)
    if terms is None:
        return _nothing(
            "This playbook has no rule for past-due invoices.", (), None, (), refund_possible=False
        )
    if wish is None:
        steps = (
            "Ask whether the customer wants to continue, or wants a refund and will pay, or will not pay.",
        )
        return _nothing(
            "Not refunded yet: nobody said what the customer wants.",
            steps,
            None,
            (terms.source,),
            refund_possible=False,
        )
    if wish is PastDueWish.CONTINUE:
        return _continue(terms, late)
    if len(late) < terms.applies_from:
        return _too_few(terms, late)
    if wish is PastDueWish.REFUND_PAYS_TWO:
        return _pays(terms, late)
    return _refuses(terms, late)


def _nothing(
    headline: str,
    steps: tuple[str, ...],
    approval: str | None,
    sources: tuple[str, ...],
    *,
    refund_possible: bool,
) -> Plan:
    return Plan(
        headline=headline,
        steps=steps,
        tell_customer=(),
        collect=(),
        void=(),
        close_account=False,
        refund_possible=refund_possible,
        approval=approval,
        sources=sources,
    )


def _continue(terms: PastDueTerms, late: tuple[Invoice, ...]) -> Plan:
    kept, void = late[: terms.collect], late[terms.collect :]
    steps = ["Keep the account open without interruption."]
    if kept:
        steps.insert(0, f"These stay due: {_names(kept)}.")
    if void:
        steps.insert(0, f"Void {_names(void)}.")
        steps.append("Write in the ticket why the invoices were voided.")
    voided = counted(len(void), "invoice")
    return Plan(
        headline=f"No refund is needed: the customer continues, {voided} voided, the account stays open.",
        steps=tuple(steps),
        tell_customer=(),
        collect=kept,
        void=void,
        close_account=False,
        refund_possible=False,
        approval=None,
        sources=(terms.source, terms.source_flowchart),
    )


def _too_few(terms: PastDueTerms, late: tuple[Invoice, ...]) -> Plan:
    headline = (
        f"{counted(len(late), 'past-due invoice')}: the rule holds from {terms.applies_from}. "
        "Nothing is voided; a refund needs approval."
    )
    steps = ("Void nothing.", "Write the outcome in the ticket before closing it.")
    sources = (terms.source_more_than, terms.source_flowchart)
    return _nothing(headline, steps, terms.issue, sources, refund_possible=True)


def _pays(terms: PastDueTerms, late: tuple[Invoice, ...]) -> Plan:
    collect, void = late[: terms.collect], late[terms.collect :]
    steps = [f"Collect {_names(collect)} before anything else."]
    if void:
        steps.append(f"Then void {_names(void)}.")
    steps.append("Write the outcome in the ticket before closing it.")
    collected = counted(len(collect), "invoice")
    return Plan(
        headline=f"Collect {collected} first, then void {len(void)}; a refund needs approval.",
        steps=tuple(steps),
        tell_customer=(),
        collect=collect,
        void=void,
        close_account=False,
        refund_possible=True,
        approval=terms.issue,
        sources=(terms.source_more_than, terms.source_flowchart),
    )


def _refuses(terms: PastDueTerms, late: tuple[Invoice, ...]) -> Plan:
    return Plan(
        headline=f"No refund: void all {len(late)} past-due invoices and close the account.",
        steps=(
            f"Void {_names(late)}.",
            "Close the account; do not void the invoices and leave it open.",
            "Confirm with the customer that they can start anew, and that the old data does not carry over.",
            "Write the outcome in the ticket before closing it.",
        ),
        tell_customer=terms.tell_on_closing,
        collect=(),
        void=late,
        close_account=True,
        refund_possible=False,
        approval=None,
        sources=(terms.source_more_than, terms.source_flowchart),
    )


def _names(invoices: tuple[Invoice, ...]) -> str:
    return ", ".join(f"{invoice.number or invoice.id} ({invoice.amount_due})" for invoice in invoices)

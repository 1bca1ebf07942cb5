"""Past-due invoices settled: the rule's plan, or somebody's deviation from it, as steps in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from policy.changes import ChangeKind, Declined, Proposal, Step, StepKind
from policy.facts import Invoice, PastDueWish
from policy.model import Playbook
from policy.money import Money
from policy.past_due import Plan, past_due, plan
from policy.periods import counted

_WRITE: Final = "Write the outcome in the ticket before closing it."
_CONFIRM: Final = (
    "Confirm with the customer that they can start anew, and that the old data does not carry over."
)


class Collecting(StrEnum):
    """How an invoice is collected."""

    SEND = "send"
    CHARGE = "charge"


class Account(Struct, frozen=True):
    """What belongs to a customer: their subscriptions that are not over, and how an invoice can be collected.

    `sendable` are the invoices that Stripe mails; `method` is the payment method to charge, called `card`.
    """

    customer_id: str
    subscriptions: tuple[tuple[str, str], ...] = ()
    """Id and name of each."""
    sendable: frozenset[str] = frozenset()
    method: str = ""
    card: str = ""

    def ways_to_collect(self, invoices: Sequence[Invoice]) -> tuple[Collecting, ...]:
        """Return how these invoices can be collected, the gentler way first."""
        send = all(invoice.id in self.sendable for invoice in invoices)
        return (*((Collecting.SEND,) if send else ()), *((Collecting.CHARGE,) if self.method else ()))


class Deviation(Struct, frozen=True):
    """What somebody asks for instead of what the rule says, by the invoices' ids."""

    collect: frozenset[str] = frozenset()
    void: frozenset[str] = frozenset()
    close_account: bool = False


def clearing(
    invoices: Sequence[Invoice],
    wish: PastDueWish,
    account: Account,
    collecting: Collecting | None,
    playbook: Playbook,
    now: datetime,
) -> Proposal | Declined:
    """Return what the two-invoice rule has done for this customer. Source: the playbook's [past_due].

    `collecting` is how to collect what has to be paid first; None: the gentler way that is possible.
    """
    made = plan(invoices, wish, playbook, now)
    collect = made.collect if made.refund_possible else ()
    if not collect and not made.void:
        return Declined(made.headline, made.steps)
    steps = _steps(collect, made.void, account, collecting, close=made.close_account)
    if isinstance(steps, Declined):
        return steps
    return Proposal(
        kind=ChangeKind.PAST_DUE,
        target=account.customer_id,
        headline=made.headline,
        steps=steps,
        by_hand=_by_hand(made, wish),
        tell_customer=made.tell_customer,
        issue=made.approval,
        sources=made.sources,
        sums=_sums(collect, made.void),
        refund_possible=made.refund_possible,
    )


def deviating(
    invoices: Sequence[Invoice],
    wanted: Deviation,
    account: Account,
    collecting: Collecting | None,
    playbook: Playbook,
    now: datetime,
) -> Proposal | Declined:
    """Return what somebody asks for against the rule; it needs approval, and has its limits.

    All void with the account left open is refused whoever asks. Source: the playbook's [past_due].
    """
    terms, late = playbook.past_due, past_due(invoices, now)
    if terms is None:
        return Declined(
            "This playbook has no rule for past-due invoices, so there is nothing to deviate from."
        )
    collect = tuple(invoice for invoice in late if invoice.id in wanted.collect)
    void = tuple(invoice for invoice in late if invoice.id in wanted.void)
    if set(collect) & set(void):
        return Declined("An invoice is either collected or voided, not both.")
    if not collect and not void and not wanted.close_account:
        return Declined("Choose what to collect, what to void, or to close the account.")
    if late and len(void) == len(late) and not wanted.close_account:
        return Declined(
            "All invoices void and the account still open is never possible.",
            ("Collect at least one of them, or close the account as well.",),
        )
    steps = _steps(collect, void, account, collecting, close=wanted.close_account)
    if isinstance(steps, Declined):
        return steps
    done = [f"collect {len(collect)}"] if collect else []
    done += [f"void {len(void)}"] if void else []
    closing = f"{', '.join(done)} of {counted(len(late), 'invoice')}" if done else ""
    closing = " and ".join(filter(None, [closing, "close the account" if wanted.close_account else ""]))
    return Proposal(
        kind=ChangeKind.PAST_DUE,
        target=account.customer_id,
        headline=f"Not what the rule says: {closing}.",
        steps=steps,
        by_hand=(_WRITE,),
        tell_customer=terms.tell_on_closing if wanted.close_account else (),
        issue=terms.issue,
        sources=(terms.source, terms.source_flowchart),
        sums=_sums(collect, void),
    )


def _sums(collect: Sequence[Invoice], void: Sequence[Invoice]) -> tuple[tuple[str, str], ...]:
    """Add up what is collected and what is given up, each currency for itself."""
    found = []
    for label, some in (("To collect", collect), ("To void", void)):
        totals: dict[str, Money] = {}
        for one in some:
            due = one.amount_due
            totals[due.currency] = totals.get(due.currency, Money(0, due.currency)) + due
        if totals:
            found.append((label, ", ".join(str(total) for total in totals.values())))
    return tuple(found)


def _by_hand(made: Plan, wish: PastDueWish) -> tuple[str, ...]:
    """Return what a plan leaves to a person."""
    kept = made.collect if wish is PastDueWish.CONTINUE else ()
    return (
        *((f"Still due: {', '.join(_named(one) for one in kept)}.",) if kept else ()),
        *((_CONFIRM,) if made.close_account else ()),
        _WRITE,
    )


def _steps(
    collect: Sequence[Invoice],
    void: Sequence[Invoice],
    account: Account,
    collecting: Collecting | None,
    *,
    close: bool,
) -> tuple[Step, ...] | Declined:
    """Put the steps in order: collect, close the account, void.

    Stopped anywhere, this order never leaves an account open with all of its invoices void.
    """
    ways = account.ways_to_collect(collect)
    if collect and (not ways or collecting not in {None, *ways}):
        return Declined(
            "Stripe can neither send these invoices nor charge them: there is no card on file.",
            ("Ask the customer to add a payment method in the portal, then try again.",),
        )
    steps = _collecting(collect, collecting or ways[0], account) if collect else []
    if close:
        steps += [
            Step(StepKind.CANCEL_NOW, subscription, f"Cancel the subscription “{name}” now")
            for subscription, name in account.subscriptions
        ]
        steps.append(Step(StepKind.FLAG_CUSTOMER, account.customer_id, "Flag the account as closed"))
    steps += [Step(StepKind.VOID_INVOICE, one.id, f"Void invoice {_named(one)}") for one in void]
    return tuple(steps)


def _collecting(collect: Sequence[Invoice], way: Collecting, account: Account) -> list[Step]:
    if way is Collecting.CHARGE:
        method: dict[str, str | int] = {"method": account.method}
        return [
            Step(StepKind.PAY_INVOICE, one.id, f"Charge invoice {_named(one)} to {account.card}", method)
            for one in collect
        ]
    sent = [Step(StepKind.SEND_INVOICE, one.id, f"Send invoice {_named(one)}") for one in collect]
    return sent + [
        Step(StepKind.AWAIT_PAYMENT, one.id, f"The customer pays {_named(one)}") for one in collect
    ]


def _named(invoice: Invoice) -> str:
    return f"{invoice.number or invoice.id} ({invoice.amount_due})"

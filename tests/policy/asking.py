"""Complete, correct requests for the policy's tests, to be changed in one place each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from policy.facts import (
    Actor,
    Ask,
    Charge,
    Customer,
    Facts,
    History,
    Identity,
    Invoice,
    Reason,
    Source,
    Subscription,
)
from policy.money import Money
from policy.playbook import Playbook, load
from policy.ruling import Escalate, Grant, Ruling, rule

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
PLAYBOOKS: Final = Path(__file__).parents[2] / "policy" / "playbooks"


def playbook(name: str = "default") -> Playbook:
    """Return one of the packaged playbooks."""
    return load(PLAYBOOKS / f"{name}.toml")


def usd(text: str) -> Money:
    """Return US dollars: `usd("49.00")`."""
    return Money(int(text.replace(".", "").replace(",", "")), "USD")


def charge(amount: Money | str = "49.00", **changes: Any) -> Charge:  # noqa: ANN401 - any field of a charge
    """Return a charge of three days ago that was paid and can be refunded."""
    paid = Charge(
        id="ch_1",
        amount=usd(amount) if isinstance(amount, str) else amount,
        created_at=NOW - 3 * DAY,
        customer_id="cus_1",
        card_last4="4242",
        card_fingerprint="print_1",
        billing_reason="subscription_cycle",
    )
    return replace(paid, **changes)


def request(
    reason: Reason = Reason.ACCIDENTAL_RENEWAL,
    on: Charge | None = None,
    *,
    subscription: Subscription | None = None,
    siblings: Iterable[Charge] = (),
    invoices: Iterable[Invoice] = (),
    history: History | None = None,
    customer: Customer | None = None,
    **ask: Any,  # noqa: ANN401 - any field of an ask
) -> Facts:
    """Return a complete request, by default for an accidental renewal, which is granted."""
    about = on or charge()
    complete = Ask(
        charge_id=about.id,
        reason=reason,
        source=Source.EMAIL,
        ticket="4711",
        note="The customer wrote to us.",
        identity=Identity(email=True, organisation=True, tenant=True),
    )
    return Facts(
        ask=replace(complete, **ask),
        charge=about,
        customer=customer or Customer("cus_1"),
        actor=Actor("U1", "Ana"),
        subscription=subscription,
        siblings=tuple(siblings),
        invoices=tuple(invoices),
        history=history or History(),
    )


def decided(facts: Facts, by: Playbook, now: datetime = NOW) -> tuple[str, str, str]:
    """Return what was decided: the outcome, the issue of an escalation, and the amount."""
    return summary(rule(facts, by, now))


def summary(ruling: Ruling) -> tuple[str, str, str]:
    """Return a ruling's outcome, issue and amount, as the tables of these tests write them."""
    if isinstance(ruling, Grant):
        return "grant", "", str(ruling.amount)
    if isinstance(ruling, Escalate):
        return "escalate", ruling.issue, str(ruling.amount) if ruling.amount else ""
    return "refuse", "", ""

"""What a failed payment means, what to tell the customer, and what never to tell."""

from __future__ import annotations

from policy.model import Decline, Playbook

GENERIC = "generic_decline"
NEEDS_ANOTHER_CARD = frozenset(
    {
        "authentication_required",
        "incorrect_number",
        "lost_card",
        "pickup_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "transaction_not_allowed",
    }
)
"""After these Stripe keeps its dates and charges nothing on them, unless there is another card by then
(Stripe documentation, Automate payment retries)."""


def decline(playbook: Playbook, code: str) -> Decline:
    """Return what the playbook says about Stripe's decline `code`, else about a decline without a reason.

    Raises KeyError when the playbook has neither: it says nothing about failed payments.
    """
    known = playbook.declines.get(code)
    return playbook.declines[GENERIC] if known is None else known


def retries(playbook: Playbook) -> tuple[str, ...]:
    """Return, in sentences, what happens by itself and which link helps; none where nothing is said."""
    payments = playbook.payments
    if payments is None:
        return ()
    return (
        f"Stripe tries again by itself, {payments.retries} times over {payments.over.days} days.",
        payments.update_link,
    )

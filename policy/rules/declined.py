"""Explain a payment that failed: what the decline means, what to tell the customer, what happens next."""

from __future__ import annotations

from policy.facts import Charge
from policy.model import Playbook
from policy.rules.verdict import Stop
from policy.troubleshooting import decline, retries


def explained(stop: Stop, charge: Charge | None, playbook: Playbook) -> Stop:
    """Add to a gate that found a declined charge what the playbook knows about the decline."""
    if charge is None or not charge.decline_code or not playbook.declines:
        return stop
    known = decline(playbook, charge.decline_code)
    never = (f"Do not tell the customer: {known.never_tell}",) if known.never_tell else ()
    return stop._replace(
        next_steps=(*stop.next_steps, known.meaning, *never, *retries(playbook)),
        tell_customer=(*stop.tell_customer, known.tell),
    )

"""How a subscription is cancelled, and how free access is given and by whom."""

from __future__ import annotations

from policy.model import Playbook

_WAYS = {
    "at_period_end": "Cancel at the end of the period, so that the customer keeps what is paid for.",
    "immediately": "Cancel immediately.",
}


def cancelling(playbook: Playbook) -> tuple[str, ...]:
    """Return the steps of a cancellation in their order; none where the playbook is silent."""
    terms = playbook.cancellation
    return () if terms is None else (terms.first, terms.by_hand, _WAYS[terms.preferred])


def giving_access(playbook: Playbook) -> tuple[str, ...]:
    """Return the steps of a comp or an extension; none where the playbook is silent."""
    comps = playbook.comps
    if comps is None:
        return ()
    called = playbook.routes[comps.granted_by].called
    return (f"Ask {called} first: only they may grant it.", comps.where, *comps.ways.values())

"""The evidence of a challenge: Stripe's fields, how long the texts may be, and what is still missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from policy.model import Paper, Playbook

TEXTS: Final = frozenset(
    "access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal "
    "customer_email_address customer_name customer_purchase_ip duplicate_charge_explanation "
    "duplicate_charge_id product_description refund_policy_disclosure refund_refusal_explanation "
    "service_date shipping_address shipping_carrier shipping_date shipping_tracking_number "
    "uncategorized_text".split()
)
"""The fields that take words (Stripe API, dispute evidence)."""
FILES: Final = frozenset(
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation "
    "receipt refund_policy service_documentation shipping_documentation uncategorized_file".split()
)
"""The fields that take a file."""
FIELDS: Final = TEXTS | FILES
CHARACTERS: Final = 150_000
"""How long all texts together may be (Stripe API, dispute evidence)."""
_MORE: Final = (
    Paper("Anything else the bank should read", "uncategorized_text"),
    Paper("Any other file", "uncategorized_file"),
)


def checklist(playbook: Playbook, reason: str) -> tuple[Paper, ...]:
    """Return the papers that win a dispute of this reason; none where the playbook has no disputes."""
    if playbook.disputes is None:
        return ()
    return playbook.disputes.evidence.get(reason, playbook.disputes.evidence["general"])


def with_more(papers: tuple[Paper, ...]) -> tuple[Paper, ...]:
    """Return a checklist with a place for words and for a file that it does not ask for."""
    taken = {paper.field for paper in papers}
    return (*papers, *(paper for paper in _MORE if paper.field not in taken))


def missing(papers: tuple[Paper, ...], there: Collection[str]) -> tuple[Paper, ...]:
    """Return the papers of which nothing is there yet."""
    return tuple(paper for paper in papers if paper.field not in there)


def characters(lengths: Mapping[str, int]) -> int:
    """Add up the texts among these fields, given how long each is."""
    return sum(length for field, length in lengths.items() if field in TEXTS)

"""Read what the desk knows besides: past-due invoices, disputes, failed payments, cancelling, comps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policy.evidence import FIELDS
from policy.model import (
    Cancellation,
    CompLimits,
    Comps,
    Decline,
    DisputeTerms,
    Issue,
    Paper,
    PastDueTerms,
    Payments,
    Route,
)
from policy.reading.table import Table

GROUPS: Final = ("wait", "fix_card", "authenticate", "call_bank", "never_tell")
WAYS_TO_CANCEL: Final = ("at_period_end", "immediately")
WAYS_TO_GIVE: Final = ("coupon", "trial")


def read_payout(top: Table) -> tuple[str, tuple[str, ...], str]:
    """Return how long a refund takes, what to tell the customer, and the source; empty where silent."""
    table = top.optional_table("payout")
    if table is None:
        return "", (), ""
    read = table.text("arrives_within"), table.texts("tell_customer"), table.text("source")
    table.finish()
    return read


def read_past_due(top: Table, issues: Mapping[str, Issue]) -> PastDueTerms | None:
    """Return the two-invoice rule, or None where the file has none."""
    table = top.optional_table("past_due")
    if table is None:
        return None
    terms = PastDueTerms(
        applies_from=table.count("applies_from", at_least=1),
        collect=table.count("collect", at_least=1),
        issue=table.choice("issue", issues),
        tell_on_closing=table.texts("tell_on_closing"),
        says=table.text("says"),
        source=table.text("source"),
        source_more_than=table.text("source_more_than"),
        source_flowchart=table.text("source_flowchart"),
    )
    if terms.applies_from < terms.collect:
        raise table.error(
            "“applies_from” cannot be less than “collect”: there must be that many to collect.",
            "applies_from",
        )
    table.finish()
    return terms


def read_disputes(top: Table, reference: str) -> DisputeTerms | None:
    """Return when a dispute is accepted and with which papers it is challenged, or None."""
    table = top.optional_table("disputes")
    if table is None:
        return None
    evidence = table.table("evidence")
    papers = {reason: _papers(evidence, reason) for reason in evidence.names()}
    if "general" not in papers:
        raise evidence.error(
            "“general” is missing in [disputes.evidence]: it serves the reasons that are not listed."
        )
    terms = DisputeTerms(
        accept_below=table.money("accept_below", reference),
        ask=table.texts("ask"),
        evidence=papers,
        source=table.text("source"),
    )
    table.finish()
    return terms


def _papers(evidence: Table, reason: str) -> tuple[Paper, ...]:
    """Return the papers of one reason. Raises PlaybookError: no field of Stripe's, or one field twice."""
    papers: list[Paper] = []
    for table in evidence.tables(reason):
        paper = Paper(table.text("paper"), table.choice("goes_in", FIELDS))
        if paper.field in {other.field for other in papers}:
            raise evidence.error(
                f"Two papers go in “{paper.field}”; Stripe has one place for each. Put them together, "
                "or choose another field.",
                reason,
            )
        table.finish()
        papers.append(paper)
    return tuple(papers)


def read_payments(top: Table) -> Payments | None:
    """Return what happens by itself when a payment fails, or None."""
    table = top.optional_table("payments")
    if table is None:
        return None
    payments = Payments(
        retries=table.count("retries"),
        over=table.duration("over"),
        update_link=table.text("update_link"),
        source=table.text("source"),
    )
    table.finish()
    return payments


def read_declines(top: Table) -> dict[str, Decline]:
    """Return the decline codes. Raises PlaybookError: one that must not be told but says nothing of it."""
    return {code: _decline(code, table) for code, table in top.children("declines").items()}


def _decline(code: str, table: Table) -> Decline:
    group = table.choice("group", GROUPS)
    decline = Decline(
        code=code,
        group=group,
        meaning=table.text("meaning"),
        tell=table.text("tell"),
        never_tell=table.text("never_tell")
        if group == "never_tell"
        else table.optional_text("never_tell") or "",
        source=table.text("source"),
    )
    table.finish()
    return decline


def read_cancellation(top: Table, issues: Mapping[str, Issue]) -> Cancellation | None:
    """Return how a subscription is cancelled, or None."""
    table = top.optional_table("cancellation")
    if table is None:
        return None
    approval = table.optional_table("approval")
    cancellation = Cancellation(
        first=table.text("first"),
        by_hand=table.text("by_hand"),
        preferred=table.choice("preferred", WAYS_TO_CANCEL),
        source=table.text("source"),
        approval=_approval(approval, issues) if approval else None,
        approval_source=approval.text("source") if approval else "",
    )
    for part in (approval, table):
        if part is not None:
            part.finish()
    return cancellation


def _approval(table: Table, issues: Mapping[str, Issue]) -> dict[str, str]:
    """Return the issue of each way to cancel that needs an approval."""
    named = {way: table.optional_choice(way, issues) for way in WAYS_TO_CANCEL}
    return {way: issue for way, issue in named.items() if issue}


def read_comps(top: Table, routes: Mapping[str, Route], issues: Mapping[str, Issue]) -> Comps | None:
    """Return how free access is given and who may give it, or None.

    Raises PlaybookError: a way that there is not, or limits whose issue goes to others than those who grant.
    """
    table = top.optional_table("comps")
    if table is None:
        return None
    ways, limits = table.table("ways"), table.optional_table("limits")
    comps = Comps(
        granted_by=table.choice("granted_by", routes),
        where=table.text("where"),
        ways={name: words for name in WAYS_TO_GIVE if (words := ways.optional_text(name))},
        limits=_limits(limits, issues) if limits else None,
        source=table.text("source"),
        source_granted_by=table.text("source_granted_by"),
    )
    if limits and comps.limits and issues[comps.limits.issue].route != comps.granted_by:
        raise limits.error(
            f"“{comps.limits.issue}” goes to {issues[comps.limits.issue].route}, "
            f"but only {comps.granted_by} may grant free access.",
            "issue",
        )
    for part in (ways, limits, table):
        if part is not None:
            part.finish()
    return comps


def _limits(table: Table, issues: Mapping[str, Issue]) -> CompLimits:
    return CompLimits(
        issue=table.choice("issue", issues),
        per_agent=table.count("per_agent"),
        within=table.duration("within"),
        longest=table.duration("longest"),
        source=table.text("source"),
    )

"""What a playbook says, as frozen values: routes, issues, gates, reasons, amounts and what else it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from policy.facts import Facts, Reason
from policy.money import Money

if TYPE_CHECKING:
    from policy.ruling import Ruling  # a ruling is made from a playbook, and a playbook decides on rulings

Decide = Callable[[Facts, datetime], "Ruling"]


class Route(Struct, frozen=True):
    """Who decides: `label` as a title, `called` within a sentence; `next_route` hears of a breach."""

    id: str
    label: str
    called: str
    channel: str
    approvers: str
    next_route: str | None
    source: str


class Issue(Struct, frozen=True):
    """Something to escalate: the route it takes, how long they have, and when they are reminded."""

    id: str
    label: str
    route: str
    sla: timedelta
    remind_ahead: timedelta
    remind_every: timedelta
    source: str


class Gate(Struct, frozen=True):
    """What must hold before any refund. With an `issue` the request is sent there, else it is refused."""

    id: str
    says: str
    source: str
    issue: str | None = None
    checks: tuple[str, ...] = ()
    hold_drops_in: str = ""
    tell_customer: tuple[str, ...] = ()


class Renewal(Struct, frozen=True):
    """An accidental renewal: refundable for so many days."""

    within_days: int


class Termination(Struct, frozen=True):
    """A terminated subscription: whether it is refunded at all, and for how many days in full."""

    enabled: bool
    full_within_days: int


class Service(Struct, frozen=True):
    """A failed visit: how the share of work done is found, in order of precedence."""

    measures: tuple[str, ...]


Terms = Renewal | Termination | Service | None


class ReasonRule(Struct, frozen=True):
    """A reason for a refund: what the bot checks by itself, its terms, and where it always goes, if named."""

    id: Reason
    label: str
    description: str
    says: str
    check: str
    terms: Terms
    issue: str | None
    tell_customer: tuple[str, ...]
    source: str


class Otherwise(Struct, frozen=True):
    """What happens to a reason that the playbook does not name; without an `issue` it is refused."""

    says: str
    issue: str | None
    source: str


class Tier(Struct, frozen=True):
    """A band of amounts, in minor units of the reference currency; `issue` None: automatic.

    It starts at `start` (and includes it), or just above it; `end` None means without limit.
    """

    start: int
    includes_start: bool
    end: int | None
    includes_end: bool
    issue: str | None
    says: str
    source: str

    def words(self, reference: str) -> str:
        """Write the band: `below 500.00 USD`, `from 500.00 USD up to 2,000.00 USD`, `any amount`."""
        low = f"{'from' if self.includes_start else 'above'} {Money(self.start, reference)}"
        if self.end is None:
            return low if self.start else "any amount"
        high = f"{'up to' if self.includes_end else 'below'} {Money(self.end, reference)}"
        return f"{low} {high}" if self.start else high


class Together(Struct, frozen=True):
    """Refunds to one customer are judged together over this many days."""

    days: int
    source: str


class Ceilings(Struct, frozen=True):
    """What may be granted in 24 hours without a person looking; amounts in reference minor units."""

    agent_count: int
    agent_minor: int
    all_count: int
    all_minor: int
    source: str


class Amounts(Struct, frozen=True):
    """How much needs whom. `tiers` are sorted, without gap or overlap."""

    tiers: tuple[Tier, ...]
    review: str
    exception: str | None
    above_eligible: str | None
    together: Together | None
    ceilings: Ceilings | None
    documented_above: Money | None
    documented_source: str
    customer_tiers: Mapping[str, Money]
    customer_tiers_source: str
    source: str


class Rates(Struct, frozen=True):
    """The dated rate table: one unit of a currency in the reference currency, as a fraction."""

    reference: str
    as_of: date
    unknown: str
    one: Mapping[str, tuple[int, int]]
    source: str


class PastDueTerms(Struct, frozen=True):
    """The two-invoice rule: from how many past-due invoices it holds, and how many are collected."""

    applies_from: int
    collect: int
    issue: str
    tell_on_closing: tuple[str, ...]
    says: str
    source: str
    source_more_than: str
    source_flowchart: str


class Paper(Struct, frozen=True):
    """One paper of a challenge, and the field of Stripe's evidence that it goes in."""

    name: str
    field: str


class DisputeTerms(Struct, frozen=True):
    """Below which amount a dispute is accepted, what to ask first, and the papers by Stripe's reason."""

    accept_below: Money
    ask: tuple[str, ...]
    evidence: Mapping[str, tuple[Paper, ...]]
    source: str


class Decline(Struct, frozen=True):
    """Why a payment failed: what it means, what to tell the customer, what never to tell."""

    code: str
    group: str
    meaning: str
    tell: str
    never_tell: str
    source: str


class Payments(Struct, frozen=True):
    """What Stripe does by itself when a payment fails, and the link that helps."""

    retries: int
    over: timedelta
    update_link: str
    source: str


class Cancellation(Struct, frozen=True):
    """How a subscription is cancelled: what comes first, by hand, and which way is preferred.

    `approval` names the issue for each way that somebody must approve; None: the playbook does not say.
    """

    first: str
    by_hand: str
    preferred: str
    source: str
    approval: Mapping[str, str] | None
    approval_source: str


class CompLimits(Struct, frozen=True):
    """How much free access an agent may ask for: so many times `within` that time, each `longest` at most."""

    issue: str
    per_agent: int
    within: timedelta
    longest: timedelta
    source: str


class Comps(Struct, frozen=True):
    """Free access: the ways to give it, the route that may, and the limits; None: it cannot be asked for."""

    granted_by: str
    where: str
    ways: Mapping[str, str]
    limits: CompLimits | None
    source: str
    source_granted_by: str


class Health(Struct, frozen=True):
    """When payments that fail, or a mirror that drifts, are somebody's incident.

    `failures` is the least number of failures, of as many customers, within `window`; `times` how many times
    the usual share of `baseline` has to fail; `chance` how unlikely that has to be.
    """

    window: timedelta
    baseline: timedelta
    failures: int
    times: float
    chance: float
    calm_for: timedelta
    payments_issue: str
    check_every: timedelta
    recent: timedelta
    drift_count: int
    drift_share: float
    sync_issue: str
    source: str


class Playbook(Struct, frozen=True, dict=True):
    """A playbook that was read and compiled; `version` is a short hash of its text.

    `decide` is the compiled rules: `policy.ruling.rule` calls it.
    """

    name: str
    title: str
    version: str
    local_days: bool
    local_days_source: str
    routes: Mapping[str, Route]
    issues: Mapping[str, Issue]
    gates: Mapping[str, Gate]
    reasons: Mapping[Reason, ReasonRule]
    otherwise: Otherwise | None
    amounts: Amounts
    rates: Rates
    arrives_within: str
    arrives_source: str
    tell_on_grant: tuple[str, ...]
    past_due: PastDueTerms | None
    disputes: DisputeTerms | None
    payments: Payments | None
    declines: Mapping[str, Decline]
    cancellation: Cancellation | None
    comps: Comps | None
    health: Health | None
    compile: Callable[[Playbook], Decide]

    @cached_property
    def decide(self) -> Decide:
        """The rules of this playbook, compiled when they are first asked."""
        return self.compile(self)

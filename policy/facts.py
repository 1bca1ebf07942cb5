"""The frozen facts that a ruling is made of: what was asked, what Stripe holds, what was refunded before."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from policy.money import Money
from policy.periods import Moment


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the facts. A document with a key that it does not know is refused."""


class Reason(StrEnum):
    """Why the customer asks for money back: the reason categories of the playbooks."""

    DUPLICATE = "duplicate"
    AFTER_CANCELLATION = "after_cancellation"
    ACCIDENTAL_RENEWAL = "accidental_renewal"
    TECHNICAL_ERROR = "technical_error"
    TERMINATION = "termination"
    FAILED_SERVICE = "failed_service"
    UNUSED_MODULE = "unused_module"
    NOT_USING = "not_using"
    DISSATISFACTION = "dissatisfaction"
    CARD_NOT_RECOGNISED = "card_not_recognised"
    PAST_DUE = "past_due"
    OTHER = "other"


class Source(StrEnum):
    """How the request came in."""

    PORTAL = "portal"
    EMAIL = "email"
    PHONE = "phone"
    FIELD_REPORT = "field_report"
    SLACK = "slack"


class Chargeback(StrEnum):
    """What the customer said about a chargeback with their bank."""

    NONE = "none"
    THREATENED = "threatened"
    FILED = "filed"


class PastDueWish(StrEnum):
    """What a customer with past-due invoices wants."""

    CONTINUE = "continue"
    REFUND_PAYS_TWO = "refund_pays_two"
    REFUND_REFUSES = "refund_refuses"


class Identity(Fact, frozen=True):
    """The three identity checks that the agent made before asking."""

    email: bool = False
    organisation: bool = False
    tenant: bool = False


class ServiceReport(Fact, frozen=True):
    """A failed service visit, as the service record has it; None means that nobody said."""

    completed_percent: int | None = None
    onsite_minutes: int | None = None
    booked_minutes: int | None = None
    parts_used: Money | None = None
    sla_met: bool | None = None
    surcharge: Money | None = None
    complex: bool = False


class Ask(Fact, frozen=True):
    """What the agent asks for. `amount` None means all that is left on the charge."""

    charge_id: str
    reason: Reason
    source: Source
    amount: Money | None = None
    ticket: str = ""
    note: str = ""
    chargeback: Chargeback = Chargeback.NONE
    identity: Identity = Identity()
    past_due_wish: PastDueWish | None = None
    service: ServiceReport | None = None


class Customer(Fact, frozen=True):
    """A customer as Stripe has them; `timezone` is an IANA name, from the customer's metadata, else UTC."""

    id: str
    email: str = ""
    name: str = ""
    organisation: str = ""
    tenant_id: str = ""
    tier: str = ""
    timezone: str = "UTC"


class Charge(Fact, frozen=True):
    """A charge as Stripe has it. `captured` False is an authorisation hold. Times are aware, in UTC.

    `decline_code` is why the bank said no, where it did.
    """

    id: str
    amount: Money
    created_at: Moment
    customer_id: str = ""
    payment_intent_id: str = ""
    status: str = "succeeded"
    decline_code: str = ""
    captured: bool = True
    refunded_minor: int = 0
    disputed: bool = False
    dispute_refundable: bool = False
    description: str = ""
    card_brand: str = ""
    card_last4: str = ""
    card_fingerprint: str = ""
    receipt_email: str = ""
    invoice_id: str = ""
    subscription_id: str = ""
    billing_reason: str = ""
    livemode: bool = False

    @property
    def left(self) -> Money:
        """What has not been refunded yet."""
        return Money(self.amount.minor - self.refunded_minor, self.amount.currency)


class Subscription(Fact, frozen=True):
    """A subscription as Stripe has it; `interval` is day, week, month or year. Times are aware, in UTC."""

    id: str
    status: str
    started_at: Moment
    interval: str = "month"
    interval_count: int = 1
    price: Money | None = None
    period_start: Moment | None = None
    period_end: Moment | None = None
    cancelled_at: Moment | None = None
    ends_at: Moment | None = None
    """The confirmed date from which the cancellation holds: Stripe's `ended_at`, else `cancel_at`."""


class Invoice(Fact, frozen=True):
    """An unpaid or paid invoice; past due is `open` with `due_at` behind us."""

    id: str
    status: str
    amount_due: Money
    due_at: Moment | None
    created_at: Moment
    number: str = ""


class PastRefund(Fact, frozen=True):
    """A refund that this customer was given, from us or outside."""

    at: Moment
    amount: Money
    charge_id: str


class History(Fact, frozen=True):
    """What the desk's own rows say: earlier refunds, today's automatic grants, an open case on the charge.

    `automatic_*` count grants of the last 24 hours that no person decided; amounts are in US cents
    by the playbook's rate table, as `policy.ruling.in_reference_currency` converts them.
    """

    refunds: tuple[PastRefund, ...] = ()
    automatic_by_agent: int = 0
    automatic_by_agent_minor: int = 0
    automatic_in_all: int = 0
    automatic_in_all_minor: int = 0
    open_case: str | None = None


class Actor(Fact, frozen=True):
    """The agent who asks: a Slack user id and the name to show."""

    id: str
    name: str = ""


class Facts(Fact, frozen=True):
    """All that `rule` looks at, with `now`. `siblings` are other charges of the same customer or card."""

    ask: Ask
    charge: Charge | None
    customer: Customer | None
    actor: Actor
    subscription: Subscription | None = None
    siblings: tuple[Charge, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    history: History = History()

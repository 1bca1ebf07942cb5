"""What a look-up answers: a customer's subscription card, or the list of those who may be meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.cards import blocks as b
from bot.cards.blocks import Block, Message
from bot.cards.case import plain_standing as case_standing
from bot.cards.change import plain_standing as change_standing
from bot.cards.escalation import plain_standing as escalation_standing
from bot.cards.text import dashboard, day, escape, link, shortened
from bot.store.lookups import Here, Match
from bot.store.tables import BillingChange, Case, Dispute, Escalation
from policy.accounts import Account, GivenBack, Plan
from policy.facts import Charge
from policy.money import Money
from policy.periods import counted

_SHOWN: Final = 5
_NAME: Final = 100
_STATUS: Final = {
    "active": "✅ active",
    "trialing": "🆓 on trial",
    "past_due": "⚠️ past due",
    "unpaid": "⚠️ unpaid",
    "paused": "⏸️ paused",
    "incomplete": "⏳ the first payment is not through",
    "incomplete_expired": "⛔ never begun: the first payment failed",
    "canceled": "⛔ canceled",
}


def card(now: datetime, account: Account, here: Here, note: str, *, livemode: bool) -> Message:
    """Draw the customer: plan, status and renewal first, then money, then what is here."""
    customer = account.customer
    name = shortened(customer.name or customer.email or customer.id, _NAME)
    at_stripe = link(dashboard("customers", customer.id, livemode=livemode), "open in Stripe")
    about = " · ".join(escape(shortened(one, _NAME)) for one in _about(account) if one)
    blocks = [
        b.header(name),
        b.section(f"{about} · {at_stripe}" if about else at_stripe),
        *_flags(account, here),
        b.section("*Subscriptions*\n" + _plans(account, now)),
        b.section("*Payments*\n" + _charges(account.charges)),
        b.section("*Refunds*\n" + _refunds(account.refunds, here)),
        b.section("*Here*\n" + _here(here)),
        *_buttons(account),
        b.context(" · ".join(filter(None, [f"`{customer.id}`", "read in Stripe just now", escape(note)]))),
    ]
    return Message(f"{name}: {_in_short(account)}", blocks)


def pick_list(query: str, found: Sequence[Match], more: int, note: str) -> Message:
    """Ask which of several customers is meant."""
    told = f"{len(found) + more} customers fit “{escape(shortened(query, _NAME))}”. Whom do you mean?"
    options = [b.option(one.name, one.customer_id, one.why) for one in found]
    element = b.choice("static_select", options, placeholder="Choose a customer")
    small = [f"{more} more are not in the list." if more else "", escape(note)]
    blocks = [b.section(told), b.actions([element | {"action_id": "customer_pick"}])]
    if any(small):
        blocks.append(b.context(" ".join(filter(None, small))))
    return Message(told, blocks)


def charge_line(charge: Charge) -> str:
    """Write a charge in a line: amount, day, card, what became of it."""
    card_used = f"{charge.card_brand.title()} •••• {charge.card_last4}" if charge.card_last4 else ""
    parts = [f"*{charge.amount}*", day(charge.created_at), card_used, _became(charge)]
    return " · ".join(filter(None, parts))


def _about(account: Account) -> list[str]:
    customer = account.customer
    since = f"customer since {day(account.since)}" if account.since else ""
    return [customer.email, customer.organisation, customer.tenant_id, customer.tier, since]


def _flags(account: Account, here: Here) -> list[Block]:
    told = []
    if account.deleted:
        told.append("⚠️ *This customer was deleted in Stripe.* Their charges are still there.")
    if account.flag:
        told.append(f"🚩 *Flagged in Stripe:* {escape(shortened(account.flag, 200))}")
    if any(charge.disputed for charge in account.charges) or here.disputes:
        told.append("⚠️ *There is a chargeback in this customer's history.*")
    return [b.section("\n".join(told))] if told else []


def _in_short(account: Account) -> str:
    if account.deleted:
        return "deleted in Stripe"
    living = [plan for plan in account.plans if plan.living]
    return ", ".join(f"{plan.name} {plan.status.replace('_', ' ')}" for plan in living) or "no subscription"


def _plans(account: Account, now: datetime) -> str:
    if account.deleted and not account.plans:
        return "Not known any more."
    if not account.plans:
        return "None."
    shown = sorted(account.plans, key=lambda plan: not plan.living)[:_SHOWN]
    lines = [_plan(plan, now) for plan in shown]
    if len(account.plans) > _SHOWN:
        lines.append(f"and {len(account.plans) - _SHOWN} more")
    if account.open_invoices:
        late = sum(1 for one in account.open_invoices if one.due_at and one.due_at < now)
        owed = counted(len(account.open_invoices), "open invoice")
        lines.append(f"⚠️ {owed}" + (f", {late} past due" if late else ""))
    return "\n".join(lines)


def _plan(plan: Plan, now: datetime) -> str:
    price = f"{plan.price} a {plan.per}" if plan.price and plan.per[0].isalpha() else _every(plan)
    parts = [f"*{escape(shortened(plan.name, _NAME))}*", price, _STATUS.get(plan.status, plan.status)]
    if plan.ends_at:
        parts.append(f"{'ended' if plan.ends_at <= now else 'ends'} on {day(plan.ends_at)}")
    elif plan.trial_ends_at and plan.trial_ends_at > now:
        parts.append(f"trial until {day(plan.trial_ends_at)}")
    elif plan.living and plan.renews_at:
        parts.append(f"renews on {day(plan.renews_at)}")
    return " · ".join(filter(None, parts))


def _every(plan: Plan) -> str:
    return f"{plan.price} every {plan.per}" if plan.price else ""


def _charges(charges: Sequence[Charge]) -> str:
    lines = [charge_line(charge) for charge in charges[:_SHOWN]]
    if len(charges) > _SHOWN:
        lines.append(f"and {len(charges) - _SHOWN} older ones")
    return "\n".join(lines) or "None."


def _became(charge: Charge) -> str:
    if charge.status == "failed":
        return "⛔ failed"
    if charge.status != "succeeded":
        return f"⏳ {charge.status}"
    if not charge.captured:
        return "released" if charge.refunded_minor else "⏳ a hold, not a charge"
    if charge.disputed:
        return "⚠️ disputed"
    if charge.refunded_minor:
        return "refunded" if not charge.left.minor else f"{charge.left} left after refunds"
    return "paid"


def _refunds(refunds: Sequence[GivenBack], here: Here) -> str:
    lines = [
        f"*{one.amount}* · {day(one.at)} · {one.status.replace('_', ' ')} · `{one.id}`"
        for one in refunds[:_SHOWN]
    ]
    if len(refunds) > _SHOWN:
        lines.append(f"and {len(refunds) - _SHOWN} more")
    if here.outside:
        lines.append(f"{len(here.outside)} of this customer's refunds were made outside Makegood")
    return "\n".join(lines) or "None."


def _here(here: Here) -> str:
    rows = here.all
    if not rows:
        return "No case, escalation, dispute or change."
    waiting = {row.id for row in here.open}
    rows.sort(key=lambda row: (row.id not in waiting, -row.opened_at.timestamp()))
    lines = [f"{'⏳' if row.id in waiting else '•'} {_row(row)}" for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        lines.append(f"and {len(rows) - _SHOWN} more")
    return "\n".join(lines)


def _row(row: Case | Escalation | Dispute | BillingChange) -> str:
    if isinstance(row, BillingChange):
        return (
            f"{row.id} · {escape(row.proposal['headline'])} · {change_standing(row)} · {day(row.opened_at)}"
        )
    if isinstance(row, Escalation):
        return f"{row.id} · {row.issue.replace('_', ' ')} · {escalation_standing(row)} · {day(row.opened_at)}"
    amount = Money(row.amount_minor, row.currency)
    if isinstance(row, Dispute):
        return f"Chargeback of {amount} · {row.status.replace('_', ' ')} · {day(row.opened_at)}"
    return f"{row.id} · {amount} refund · {case_standing(row)} · {day(row.opened_at)}"


def _buttons(account: Account) -> list[Block]:
    customer_id = account.customer.id
    paid = [one for one in account.charges if one.status == "succeeded"]
    living = any(plan.living for plan in account.plans)
    wanted = [
        ("Refund", "customer_refund", any(one.captured and one.left.minor for one in paid)),
        ("Payment failed?", "customer_failed", any(one.status == "failed" for one in account.charges)),
        ("Charged twice?", "customer_twice", bool(paid)),
        ("Past-due invoices", "pastdue_open", bool(account.open_invoices)),
        ("Cancel", "cancel_open", living),
        ("Give free access", "comp_open", living),
    ]
    buttons = [b.button(label, action, customer_id) for label, action, offered in wanted if offered]
    return [b.actions(buttons)] if buttons else []

"""The two complaints in forms of their own: “my payment failed”, and “I was charged twice”."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.cards import blocks as b
from bot.cards.blocks import Block
from bot.cards.customer import charge_line
from bot.cards.text import dashboard, escape, link, shortened, when
from policy.accounts import Failed
from policy.facts import Charge, Customer
from policy.periods import counted
from policy.playbook import Playbook
from policy.troubleshooting import GENERIC, NEEDS_ANOTHER_CARD, decline
from policy.twice import Pair, Twice

CALLBACK: Final = "customer_trouble"
_GROUPS: Final = {
    "wait": "⏳ *Wait, or try again later*",
    "fix_card": "💳 *The customer has to correct the card, or use another one*",
    "authenticate": "🔐 *The customer has to confirm the payment with their bank*",
    "call_bank": "📞 *The customer has to call their bank, or use another card*",
    "never_tell": "📞 *The customer has to call their bank, or use another card*",
}
_PAIRS: Final = 10


def skeleton(title: str) -> Block:
    """Draw the form while Stripe is being asked."""
    return b.modal(title, CALLBACK, [b.section("Looking in Stripe …")])


def refusal(title: str, sentence: str) -> Block:
    """Say in the form why there is nothing to show."""
    return b.modal(title, CALLBACK, [b.section(f"⛔ {sentence}")])


def failed_payments(
    playbook: Playbook,
    now: datetime,
    customer: Customer,
    found: Sequence[Failed],
    portal: str = "",
    *,
    livemode: bool,
) -> Block:
    """Explain the newest failed charges; `portal` is a link that was just made for the customer."""
    blocks: list[Block] = [b.section(_who(customer, livemode=livemode))]
    if not found:
        blocks.append(b.section("No payment of this customer failed lately."))
    for one in found:
        blocks += [b.divider(), *_explained(playbook, one, now)]
    blocks += [b.divider(), *_portal(customer, portal)]
    return b.modal("Payment failed", CALLBACK, blocks)


def charged_twice(
    playbook: Playbook, customer: Customer, found: Twice, note: str, *, livemode: bool
) -> Block:
    """Tell duplicates, holds and second accounts apart."""
    blocks: list[Block] = [b.section(_who(customer, livemode=livemode))]
    for pair in found.pairs[:_PAIRS]:
        blocks += [b.divider(), *_pair(pair, livemode=livemode)]
    for hold in found.holds[:_PAIRS]:
        blocks += [b.divider(), *_hold(playbook, hold)]
    if not found.pairs and not found.holds:
        blocks.append(
            b.section(
                "*Nothing was charged twice in the last 60 days*, here or to another customer on the "
                "same card. Ask for a screenshot of the bank statement: it may be two periods of the "
                "subscription, or another company's charge."
            )
        )
    if note:
        blocks.append(b.context(escape(note)))
    return b.modal("Charged twice", CALLBACK, blocks)


def _who(customer: Customer, *, livemode: bool) -> str:
    name = shortened(customer.name or customer.email or customer.id, 100)
    return f"*{link(dashboard('customers', customer.id, livemode=livemode), name)}*"


def _explained(playbook: Playbook, failed: Failed, now: datetime) -> list[Block]:
    charge = failed.charge
    blocks = [b.section(charge_line(charge))]
    if not {charge.decline_code, GENERIC} & playbook.declines.keys():
        return [*blocks, b.section("The playbook says nothing about failed payments."), _tries(failed, now)]
    known = decline(playbook, charge.decline_code)
    if known.group == "never_tell":
        # What may never be told stands above, in words about it; what may be copied stands alone below.
        blocks.append(
            b.section(f"🔒 *Between us only. Never write this to the customer:*\n{escape(known.never_tell)}")
        )
        blocks.append(b.section(_GROUPS[known.group]))
    else:
        blocks.append(b.section(f"{_GROUPS[known.group]}\n{escape(known.meaning)}"))
    return [*blocks, _to_copy(known.tell), _tries(failed, now), b.context(escape(known.source))]


def _to_copy(sentence: str) -> Block:
    return b.section(f"*Tell the customer* (to copy as it stands)\n```{escape(sentence)}```")


def _tries(failed: Failed, now: datetime) -> Block:
    """Say where Stripe's own tries stand, as Stripe has them and not as the playbook expects."""
    if not failed.invoice_id:
        return b.section("🔁 No invoice belongs to this payment, so Stripe does not try it again.")
    tried = counted(failed.tries, "time")
    if failed.invoice_status == "paid":
        return b.section(f"✅ The invoice is paid by now, after Stripe had tried {tried}.")
    if failed.invoice_status != "open":
        return b.section(f"🔁 The invoice is {failed.invoice_status}: Stripe does not try it again.")
    if failed.next_try_at and failed.next_try_at > now:
        again = when(failed.next_try_at)
        if failed.charge.decline_code in NEEDS_ANOTHER_CARD:
            another = f"after this decline it tries again, {again}, only if there is another card by then"
            return b.section(f"🔁 Stripe has tried {tried}; {another}.")
        return b.section(f"🔁 Stripe has tried {tried}, and tries again by itself {again}.")
    return b.section(f"🔁 Stripe has tried {tried}, and does not try again by itself.")


def _portal(customer: Customer, portal: str) -> list[Block]:
    make = b.button("Make a link to send", "customer_portal", customer.id, style="" if portal else "primary")
    explained = b.section(
        "*A new card, by the customer themselves*\nStripe's billing portal lets them change the card and pay "
        "what is open. The link logs them in: send it to the customer's own address only."
    )
    if not portal:
        return [explained, b.actions([make])]
    made = b.section(f"```{portal}```")
    return [explained, made, b.context("It was made just now, and expires by itself."), b.actions([make])]


def _pair(pair: Pair, *, livemode: bool) -> list[Block]:
    lines = [f"{number}. {charge_line(one)}" for number, one in ((1, pair.earlier), (2, pair.later))]
    if pair.two_accounts:
        accounts = [_account(one, livemode=livemode) for one in (pair.earlier, pair.later)]
        lines = [f"{line} · {account}" for line, account in zip(lines, accounts, strict=True)]
        head = "👥 *Two accounts on one card*" if not pair.doubts else "👥 *Perhaps two accounts on one card*"
        lines.append("Ask which account to keep, and cancel the other, so that it is not charged again.")
    else:
        head = "🔁 *Charged twice on one day*" if not pair.doubts else "❔ *Perhaps charged twice on one day*"
    if pair.doubts:
        lines.append(f"It is not sure: {escape(pair.doubts)}. A person decides.")
    refund = b.button(
        f"Refund the second, {pair.later.left}", "duplicate_refund", pair.later.id, style="primary"
    )
    return [b.section("\n".join([head, *lines])), b.actions([refund])]


def _account(charge: Charge, *, livemode: bool) -> str:
    if not charge.customer_id:
        return "no customer"
    return link(dashboard("customers", charge.customer_id, livemode=livemode), charge.customer_id)


def _hold(playbook: Playbook, hold: Charge) -> list[Block]:
    gate = playbook.gates.get("captured")
    drops = f" It disappears by itself in {gate.hold_drops_in}." if gate else ""
    told = [b.section(f"⏳ *A hold, and no charge*\n{charge_line(hold)}\nNothing was taken.{drops}")]
    if gate and gate.tell_customer:
        told.append(_to_copy(" ".join(gate.tell_customer)))
    return told

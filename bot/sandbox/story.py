"""The story's control panel: what happens outside Slack, at the push of a button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from bot.sandbox.clock import SandboxClock
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.stripe import Fault, FaultKind, LocalStripe, Mode, cast
from policy.money import Money

_HOURS: Final = ("1", "24", "48")
_DECLINES: Final = (
    "insufficient_funds",
    "expired_card",
    "do_not_honor",
    "authentication_required",
    "stolen_card",
)
_DOZEN: Final = 12
_NONE: Final = "none is open"


class Story:
    """The acts that the page offers; each says in a sentence what it did."""

    def __init__(self, clock: SandboxClock, stripe: LocalStripe, mailbox: Mailbox) -> None:
        self._clock = clock
        self._stripe = stripe
        self._mailbox = mailbox
        self.after_clock: Callable[[], None] = lambda: None
        self._acts: dict[str, Callable[[dict[str, str]], Awaitable[str]]] = {
            "dispute": self._dispute,
            "inquiry": self._inquiry,
            "fraud_warning": self._fraud_warning,
            "bank_decides": self._bank_decides,
            "lost_answer": self._lost_answer,
            "clock": self._clock_ahead,
            "dashboard_refund": self._dashboard_refund,
            "settle": self._settle,
            "payment_fails": self._payment_fails,
            "payments_fail": self._payments_fail,
            "payments_recover": self._payments_recover,
            "webhooks_lost": self._webhooks_lost,
            "pay_invoice": self._pay_invoice,
            "cancel_in_dashboard": self._cancel_in_dashboard,
        }

    def acts(self) -> list[dict[str, Any]]:
        """Describe the buttons."""
        charges = list(self._charges())
        return [
            _act(
                "dispute",
                "A customer files a chargeback",
                "The bank opens a dispute, and Stripe tells the desk.",
                _field("charge", "Charge", charges),
                _field(
                    "reason",
                    "Reason",
                    ["fraudulent", "duplicate", "product_not_received", "subscription_canceled"],
                ),
            ),
            _act(
                "inquiry",
                "A bank inquires about a charge",
                "No money moves yet, and the charge can still be refunded.",
                _field("charge", "Charge", charges),
            ),
            _act(
                "fraud_warning",
                "A card's issuer warns of fraud",
                "There is no chargeback yet; a refund may prevent one.",
                _field("charge", "Charge", charges),
            ),
            _act(
                "bank_decides",
                "The bank decides a chargeback",
                "The oldest one that it has evidence for, or else the oldest.",
                _field("outcome", "Outcome", ["won", "lost"]),
            ),
            _act(
                "lost_answer",
                "Stripe makes the next refund, and its answer is lost",
                "The refund is made, then the connection breaks. The desk has to find out.",
            ),
            _act(
                "clock",
                "The clock jumps ahead",
                "Deadlines pass, reminders come.",
                _field("hours", "Hours", list(_HOURS)),
            ),
            _act(
                "dashboard_refund",
                "Somebody refunds in the Stripe Dashboard",
                "A refund that nobody asked for here.",
                _field("charge", "Charge", charges),
            ),
            _act(
                "settle",
                "The bank settles pending refunds",
                "Refunds that are pending succeed.",
            ),
            _act(
                "payment_fails",
                "A customer's payment fails",
                "The renewal is declined. Look the customer up with /customer and press “Payment failed?”.",
                _field("customer", "Customer", list(self._subscribers())),
                _field("code", "Decline code", list(_DECLINES)),
            ),
            _act(
                "payments_fail",
                "Payments fail everywhere",
                "A dozen renewals are declined, on cards of one country. #eng-critical hears of it.",
            ),
            _act(
                "payments_recover",
                "Payments go through again",
                "Forty minutes later two dozen payments succeed; after a calm the incident closes itself.",
            ),
            _act(
                "webhooks_lost",
                "A dozen of Stripe's webhooks are lost",
                "An hour later the desk compares itself with Stripe, and #eng-platform hears of it.",
            ),
            _act(
                "pay_invoice",
                "A customer pays an invoice that is past due",
                "They pay it on its page, and Stripe tells the desk.",
                _field("invoice", "Invoice", list(self._invoices()) or [_NONE]),
            ),
            _act(
                "cancel_in_dashboard",
                "Somebody cancels in the Stripe Dashboard",
                "A subscription ends at once, and nobody asked for it here.",
                _field("subscription", "Subscription", list(self._subscriptions())),
            ),
        ]

    async def run(self, act_id: str, values: dict[str, str]) -> str:
        """Do one of the acts. Raises KeyError for one that there is not."""
        return await self._acts[act_id](values)

    def mail(self) -> list[dict[str, Any]]:
        """Return the mail that went out, newest first."""
        return [
            {
                "to": str(message["To"]),
                "from": str(message["From"]),
                "subject": str(message["Subject"]),
                "text": message.get_content(),
                "at": parsedate_to_datetime(message["Date"]).isoformat(),
            }
            for message in reversed(self._mailbox.messages)
        ]

    def now(self) -> datetime:
        """Return the sandbox's present."""
        return self._clock.now()

    def _charges(self) -> dict[str, str]:
        """Return the story's charges that are not disputed, by the words that people know them by."""
        named = {
            value for name, value in vars(cast).items() if name.isupper() and str(value).startswith("ch_")
        }
        found = {}
        for charge_id, page in self._stripe.books().items():
            if charge_id in named and not page["disputed"]:
                charge = self._stripe.ledger.get("charge", charge_id)
                amount = Money(page["amount"], page["currency"].upper())
                found[f"{amount} · {charge['billing_details']['name']} · {charge_id[-4:]}"] = charge_id
        return dict(sorted(found.items(), key=lambda one: one[0].partition(" · ")[2]))

    async def _dispute(self, values: dict[str, str]) -> str:
        await self._stripe.file_dispute(self._charges()[values["charge"]], values["reason"])
        return f"The bank opened a dispute: {values['charge']}. Finance hears of it in #finance."

    async def _inquiry(self, values: dict[str, str]) -> str:
        await self._stripe.open_inquiry(self._charges()[values["charge"]])
        return f"The bank asks about {values['charge']}. Finance hears of it in #finance."

    async def _fraud_warning(self, values: dict[str, str]) -> str:
        await self._stripe.warn_of_fraud(self._charges()[values["charge"]])
        return f"The card's issuer warns of fraud: {values['charge']}. Finance hears of it in #finance."

    async def _bank_decides(self, values: dict[str, str]) -> str:
        waiting = self._stripe.ledger.all("dispute")
        open_now = [one for one in waiting if one["status"] in {"needs_response", "under_review"}]
        open_now.sort(key=lambda one: (one["status"] != "under_review", one["created"]))
        if not open_now:
            return "There is no chargeback to decide."
        await self._stripe.decide_dispute(open_now[0]["id"], values["outcome"])
        return f"{open_now[0]['id']} is {values['outcome']}."

    async def _lost_answer(self, _values: dict[str, str]) -> str:
        self._stripe.arrange(Fault(method="POST", path="/v1/refunds", kind=FaultKind.EXECUTE_THEN_DROP))
        return "The next refund is made at Stripe, and its answer is lost on the way back."

    async def _clock_ahead(self, values: dict[str, str]) -> str:
        now = self._clock.advance(timedelta(hours=int(values["hours"])))
        self.after_clock()
        return f"It is {now:%A, %d %B, %H:%M} UTC now."

    async def _dashboard_refund(self, values: dict[str, str]) -> str:
        refund = await self._stripe.refund_in_dashboard(self._charges()[values["charge"]])
        return f"{refund['id']} was made in the Dashboard."

    async def _settle(self, _values: dict[str, str]) -> str:
        pages = self._stripe.books().values()
        waiting = [one["id"] for page in pages for one in page["refunds"] if one["status"] == "pending"]
        for refund_id in waiting:
            await self._stripe.settle_refund(refund_id, "succeeded")
        return f"{len(waiting)} pending refunds went through." if waiting else "No refund is pending."

    def _subscribers(self) -> dict[str, str]:
        """Return customers whose subscription renews by card, by name."""
        ledger, found = self._stripe.ledger, {}
        for plan in ledger.all("subscription"):
            customer = ledger.get("customer", plan["customer"])
            if plan["status"] == "active" and customer.get("name"):
                found[f"{customer['name']} · {customer['email'] or 'no address'}"] = customer["id"]
        return dict(sorted(found.items()))

    async def _payment_fails(self, values: dict[str, str]) -> str:
        await self._stripe.fail_payment(self._subscribers()[values["customer"]], values["code"])
        return f"The payment of {values['customer']} was declined: {values['code']}."

    async def _payments_fail(self, _values: dict[str, str]) -> str:
        for customer_id in list(self._subscribers().values())[:_DOZEN]:
            await self._stripe.fail_payment(customer_id, "do_not_honor", "BR")
        return f"{_DOZEN} payments on Brazilian cards were declined. The desk looks every ten seconds."

    async def _payments_recover(self, _values: dict[str, str]) -> str:
        self._clock.advance(timedelta(minutes=40))
        for customer_id in list(self._subscribers().values())[: 2 * _DOZEN]:
            await self._stripe.take_payment(customer_id)
        self.after_clock()
        return "It is forty minutes later, and payments go through. A quarter of an hour of calm closes it."

    async def _webhooks_lost(self, _values: dict[str, str]) -> str:
        before, self._stripe.webhooks.mode = self._stripe.webhooks.mode, Mode.MISS
        for customer_id in list(self._subscribers().values())[-_DOZEN:]:
            await self._stripe.take_payment(customer_id)
        self._stripe.webhooks.mode = before
        self._clock.advance(timedelta(minutes=61))
        self.after_clock()
        return f"{_DOZEN} webhooks never arrived, and it is an hour later. The desk compares in a moment."

    def _invoices(self) -> dict[str, str]:
        """Return the invoices that are past due, by the words that people know them by."""
        ledger = self._stripe.ledger
        return {
            f"{one['number']} · {one['customer_name']}": one["id"]
            for one in ledger.all("invoice")
            if one["status"] == "open" and one["due_date"]
        }

    async def _pay_invoice(self, values: dict[str, str]) -> str:
        if values["invoice"] == _NONE:
            return "No invoice is past due."
        invoice = await self._stripe.pay_invoice(self._invoices()[values["invoice"]])
        return f"{invoice['number']} is paid."

    def _subscriptions(self) -> dict[str, str]:
        """Return the story's subscriptions that are not over, by the words that people know them by."""
        ledger = self._stripe.ledger
        named = {
            value for name, value in vars(cast).items() if str(value).startswith("sub_") and name.isupper()
        }
        return {
            f"{ledger.get('customer', one['customer'])['name']} · {one['description']}": one["id"]
            for one in ledger.all("subscription")
            if one["id"] in named and one["status"] != "canceled"
        }

    async def _cancel_in_dashboard(self, values: dict[str, str]) -> str:
        await self._stripe.cancel_in_dashboard(self._subscriptions()[values["subscription"]])
        return f"{values['subscription']} was cancelled in the Dashboard."


def _act(act_id: str, label: str, words: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"id": act_id, "label": label, "help": words, "fields": list(fields)}


def _field(field_id: str, label: str, options: list[str]) -> dict[str, Any]:
    return {"id": field_id, "label": label, "options": options}

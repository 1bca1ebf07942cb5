"""The story without a browser: everybody's part is played over the same HTTP, and each step is checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from operator import contains

from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import (
    ENG_CRITICAL,
    ENG_PLATFORM,
    FINANCE,
    FINANCE_GROUP,
    GUS,
    JONAS,
    LEADS_GROUP,
    LENA,
    MAYA,
    NOOR,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    REGGIE_GROUP,
    SAM,
    SECURITY,
    SECURITY_GROUP,
    SUPPORT,
    SUPPORT_LEADS,
    TOM,
)
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World, inhabited, prepare, world


async def tour(database_url: str) -> int:
    """Play the story and print it. Returns 0 when every step came out as told, else 1."""
    prepare(database_url)
    async with world() as here, inhabited(here, database_url):
        guide = _Guide(here)
        for chapter in (
            _automatic,
            _approval,
            _refusals,
            _lost_answer,
            _chargeback,
            _challenge,
            _fraud_warning,
            _escalation,
            _past_due,
            _cancellation,
            _free_access,
            _clock,
            _look_up,
            _failed_payment,
            _mass_failure,
            _drift,
        ):
            await chapter(guide)
    print(f"\n{guide.seen} things were checked, {len(guide.wrong)} came out differently.")
    return 1 if guide.wrong else 0


class _Guide:
    """Tells what happens, checks it, and remembers what came out differently."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.play = Play(here.slack)
        self.seen = 0
        self.wrong: list[str] = []

    def chapter(self, title: str) -> None:
        print(f"\n{title}\n{'─' * len(title)}")

    def says(self, who: str, words: str) -> None:
        print(f"  {who}: {_readable(words)}")

    def shows(self, where: str, words: str) -> None:
        first, *rest = [line for line in _readable(words).splitlines() if line.strip()][:6] or [""]
        print(f"    {where} │ {first}")
        for line in rest:
            print(f"    {' ' * len(where)} │ {line[:120]}")

    async def sees(self, what: str, holds: Callable[[], object]) -> None:
        self.seen += 1
        try:
            await self.play.until(holds, within=30)
        except TimeoutError:
            self.wrong.append(what)
            print(f"  ✗ {what}")
            return
        print(f"  ✓ {what}")

    async def story(self, act: str) -> None:
        """Press a button of the story's panel, and print what it says it did."""
        print(f"  ({await self.here.story.run(act, {})})")

    def refunded(self, charge: str) -> int:
        """What Stripe's books say was refunded on a charge, in minor units."""
        return int(self.here.stripe.books()[charge]["amount_refunded"])


async def _automatic(guide: _Guide) -> None:
    guide.chapter("A duplicate that Stripe confirms is refunded at once")
    line = f'{cast.DUPLICATE_SECOND} 49.00 duplicate "charged twice, ticket 4711" verified via email'
    guide.says("Maya", f"/refund {line}")
    guide.shows("only Maya", await guide.play.line(MAYA, SUPPORT, line))
    await guide.sees(
        "Stripe holds one refund of 49.00 USD", lambda: guide.refunded(cast.DUPLICATE_SECOND) == 4900
    )
    await guide.sees(
        "the customer has one mail", lambda: len(guide.here.mailbox.to("dana@harborbooks.example")) == 1
    )
    await guide.sees(
        "the case is closed with its ticket",
        lambda: "Resolved — Refund issued" in str(guide.play.card(SUPPORT_LEADS, PRIYA, "Dana Whitfield")),
    )


async def _approval(guide: _Guide) -> None:
    guide.chapter("1,250 USD need a lead")
    play = guide.play
    guide.says("Maya", "fills in the form for Marsh Outfitters")
    await play.ask(
        MAYA,
        SUPPORT,
        cast.LARGE_1250_CUSTOMER,
        cast.LARGE_1250,
        reason="technical_error",
        source="portal",
        ticket="4712",
        note="The import failed for a week.",
    )
    guide.shows("Maya's form", play.told(MAYA))
    await guide.sees("the leads have a card", lambda: play.card(SUPPORT_LEADS, PRIYA, "1,250.00 USD"))
    guide.says("Tom", "clicks Approve, though he is no lead")
    await play.click(TOM, SUPPORT_LEADS, "case_approve", "1,250.00 USD")
    await guide.sees(
        "Tom is told who may", lambda: any("to decide" in one for one in play.whispers(SUPPORT_LEADS, TOM))
    )
    guide.says("Priya and Jonas", "click Approve and Deny")
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve", "1,250.00 USD")
    await play.click(JONAS, SUPPORT_LEADS, "case_deny", "1,250.00 USD")
    await guide.sees(
        "Jonas is told that Priya was first",
        lambda: any("already approved" in one for one in play.whispers(SUPPORT_LEADS, JONAS)),
    )
    await guide.sees(
        "Stripe holds one refund of 1,250.00 USD", lambda: guide.refunded(cast.LARGE_1250) == 125000
    )
    await guide.sees(
        "Maya has the outcome directly",
        lambda: any("1,250.00" in one and "arrives" in one for one in play.direct(MAYA)),
    )
    await guide.sees(
        "the thread holds the trail", lambda: len(play.trail(SUPPORT_LEADS, PRIYA, "1,250.00 USD")) >= 5
    )


async def _refusals(guide: _Guide) -> None:
    guide.chapter("What the playbook refuses, and what it sends on")
    play = guide.play
    for charge, reason, extra, expected in (
        (cast.HOLD, "duplicate", "", "hold"),
        (cast.FULLY_REFUNDED, "duplicate", "", "refunded"),
        (cast.RENEWAL_LATE, "accidental_renewal", "", "7 days"),
        (cast.EURO_CHARGE, "technical_error", "filed", "chargeback"),
        (cast.YEN_CHARGE, "card_not_recognised", "", "ecurity"),
        (cast.DINAR_CHARGE, "technical_error", "threatened", "Reggie"),
    ):
        line = f'{charge} {reason} {extra} "ticket 4713" verified via phone'
        guide.says("Maya", f"/refund {line}")
        told = await play.line(MAYA, SUPPORT, line)
        guide.shows("only Maya", told)
        await guide.sees(f"the answer speaks of “{expected}”", partial(contains, told, expected))
    await guide.sees("security has the card that was not recognised", lambda: play.card(SECURITY, SAM))
    await guide.sees(
        "nothing was refunded on any of them",
        lambda: guide.refunded(cast.HOLD) == guide.refunded(cast.YEN_CHARGE) == 0,
    )


async def _lost_answer(guide: _Guide) -> None:
    guide.chapter("Stripe makes the refund, and its answer is lost")
    play = guide.play
    guide.here.stripe.arrange(Fault(method="POST", path="/v1/refunds", kind=FaultKind.EXECUTE_THEN_DROP))
    line = f'{cast.RENEWAL_RECENT} 49.00 accidental_renewal "ticket 4714" verified via email'
    guide.says("Maya", f"/refund {line}")
    guide.shows("only Maya", await play.line(MAYA, SUPPORT, line))
    await guide.sees(
        "it comes to its end by itself", lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA, "Mara"))
    )
    await guide.sees(
        "Stripe holds it once", lambda: len(guide.here.stripe.books()[cast.RENEWAL_RECENT]["refunds"]) == 1
    )


async def _chargeback(guide: _Guide) -> None:
    guide.chapter("A customer files a chargeback")
    play = guide.play
    await guide.here.stripe.file_dispute(cast.EXACTLY_500, "product_not_received")
    await guide.sees("finance has an alert", lambda: play.card(FINANCE, LENA, "500.00 USD chargeback"))
    guide.shows("#finance", str(play.card(FINANCE, LENA, "chargeback")["text"]))
    guide.says("Lena", "accepts it, after the confirmation")
    await play.click(LENA, FINANCE, "dispute_accept", "500.00 USD chargeback")
    await guide.sees(
        "Stripe has closed it", lambda: "Stripe closed the dispute" in str(play.trail(FINANCE, LENA))
    )


async def _challenge(guide: _Guide) -> None:
    guide.chapter("A chargeback is challenged with evidence")
    play, stripe = guide.play, guide.here.stripe
    dispute = (await stripe.file_dispute(cast.DUPLICATE_FIRST, "product_not_received"))["id"]
    await guide.sees("finance has an alert", lambda: play.card(FINANCE, LENA, dispute))
    await guide.sees(
        "the card says what the record of usage found",
        lambda: "Signed in" in str(play.card(FINANCE, LENA, dispute)),
    )
    guide.says("Lena", "clicks Challenge, and fills in the form with a log and a file")
    await play.click(LENA, FINANCE, "dispute_challenge", dispute)
    form = await play.modal(LENA, "evidence_form")
    file = play.slack.attach(LENA, "usage.pdf", b"%PDF-1.4 what Dana used")
    filled = {
        "access_activity_log": {"access_activity_log": {"value": "1 Oct, 09:12: signed in from 203.0.113.7"}},
        "service_documentation": {"service_documentation": {"files": [file["id"]]}},
    }
    await play.slack.submit(LENA, form["id"], filled)
    await guide.sees(
        "Stripe has both, and the bank has nothing yet",
        lambda: stripe.ledger.get("dispute", dispute)["evidence"]["service_documentation"],
    )
    await guide.sees(
        "the card says what is missing",
        lambda: "2 of the 3 papers" in str(play.card(FINANCE, LENA, dispute)),
    )
    guide.says("Lena", "submits it, after the confirmation")
    await play.click(LENA, FINANCE, "dispute_submit", dispute)
    await guide.sees(
        "the bank has the evidence", lambda: "with the bank" in str(play.card(FINANCE, LENA, dispute))
    )
    await stripe.decide_dispute(dispute, "won")
    await guide.sees("Lena hears that it was won", lambda: any("*Won:*" in one for one in play.direct(LENA)))


async def _fraud_warning(guide: _Guide) -> None:
    guide.chapter("A card's issuer warns of fraud")
    play = guide.play
    await guide.here.stripe.warn_of_fraud(cast.EURO_CHARGE)
    await guide.sees(
        "finance hears that a refund may prevent the chargeback",
        lambda: "may prevent one" in str(play.card(FINANCE, LENA, "may be fraudulent")),
    )


async def _escalation(guide: _Guide) -> None:
    guide.chapter("Payments fail everywhere")
    play = guide.play
    guide.says("Tom", "/escalate mass_payment_failure every card is declined since 10:00")
    await play.slack.command(
        TOM, SUPPORT, "/escalate", "mass_payment_failure every card is declined since 10:00"
    )
    await guide.sees("engineering has a card", lambda: play.card(ENG_CRITICAL, NOOR, "every card"))
    guide.says("Noor", "acknowledges it, and resolves it")
    await play.click(NOOR, ENG_CRITICAL, "escalation_acknowledge")
    await guide.sees("the card says who is on it", lambda: "is on it" in str(play.card(ENG_CRITICAL, NOOR)))
    await play.click(NOOR, ENG_CRITICAL, "escalation_resolve")
    await play.say_why(NOOR, "The bank's gateway was down; payments go through again.")
    await guide.sees("it is resolved", lambda: "Resolved" in str(play.card(ENG_CRITICAL, NOOR)))
    await guide.sees(
        "the card says that nobody has told the customer yet",
        lambda: "Nobody has written down yet" in str(play.card(ENG_CRITICAL, NOOR)),
    )
    guide.says("Noor", "clicks “I told the customer”")
    await play.click(NOOR, ENG_CRITICAL, "customer_told")
    await guide.sees(
        "the card says who told them", lambda: "told the customer" in str(play.card(ENG_CRITICAL, NOOR))
    )


async def _past_due(guide: _Guide) -> None:
    guide.chapter("Five invoices are past due, and a refund is asked for")
    play, stripe, customer = guide.play, guide.here.stripe, cast.PAST_DUE_FIVE_CUSTOMER
    guide.says("Maya", "/pastdue ruth@mbekicatering.example")
    await open_form(play, MAYA, SUPPORT, "/pastdue", "ruth@mbekicatering.example")
    guide.says("Maya", "answers: a refund is asked for, and they will pay two")
    await choose(play, MAYA, "past_due_refund", "yes")
    await choose(play, MAYA, "past_due_pays", "yes")
    await send(play, MAYA, ticket="4716")
    guide.shows("Maya's form", play.told(MAYA))
    await guide.sees("Reggie has it", lambda: play.card(REGGIE_CHANNEL, REGGIE, "Past-due invoices"))
    guide.says("Reggie", "clicks Approve")
    await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Past-due invoices")
    await guide.sees(
        "it waits for the customer to pay",
        lambda: "for the customer to pay" in str(play.card(REGGIE_CHANNEL, REGGIE, "Past-due invoices")),
    )
    *old, older, newest = cast.PAST_DUE_FIVE_INVOICES
    await guide.sees(
        "nothing is void yet", lambda: "void" not in stripe.billing(customer)["invoices"].values()
    )
    guide.says("Ruth Mbeki", "pays the two invoices that she was sent")
    for invoice in (newest, older):
        await stripe.pay_invoice(invoice)
    await guide.sees(
        "then the three old ones are void",
        lambda: [stripe.billing(customer)["invoices"][one] for one in old] == ["void"] * len(old),
    )
    await guide.sees(
        "the card offers the refund that is possible now",
        lambda: "change_refund" in str(play.card(REGGIE_CHANNEL, REGGIE, "Past-due invoices")),
    )


async def _cancellation(guide: _Guide) -> None:
    guide.chapter("A yearly subscription is cancelled at once")
    play, charge = guide.play, cast.YEARLY_OLD_CHARGE
    guide.says("Tom", "/cancel peter@novakjoinery.example")
    await open_form(play, TOM, SUPPORT, "/cancel", "peter@novakjoinery.example")
    guide.says("Tom", "chooses “Immediately”")
    await choose(play, TOM, "cancel_way", "immediately")
    await guide.sees("the form shows what comes back", lambda: "490.00 USD" in play.told(TOM))
    await send(play, TOM, ticket="4717", note="They close their workshop.")
    await guide.sees("the leads have a card", lambda: play.card(SUPPORT_LEADS, PRIYA, "Cancellation:"))
    guide.says("Priya", "clicks Approve")
    await play.click(PRIYA, SUPPORT_LEADS, "change_approve", "Cancellation:")
    await guide.sees("Stripe holds one refund of 490.00 USD", lambda: guide.refunded(charge) == 49000)
    await guide.sees(
        "and no credit besides",
        lambda: guide.here.stripe.billing(cast.YEARLY_OLD_CUSTOMER)["balance"] == 0,
    )


async def _free_access(guide: _Guide) -> None:
    guide.chapter("Two months for free, after an outage")
    play = guide.play
    guide.says("Maya", "/comp ella@sorensentea.example")
    await open_form(play, MAYA, SUPPORT, "/comp", "ella@sorensentea.example")
    await choose(play, MAYA, "comp_months", "2")
    await send(play, MAYA, ticket="4719", note="The outage of last week.")
    guide.shows("Maya's form", play.told(MAYA))
    await guide.sees("Reggie has it", lambda: play.card(REGGIE_CHANNEL, REGGIE, "Free access:"))
    guide.says("Reggie", "clicks Approve")
    await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Free access:")
    await guide.sees(
        "the coupon is on the subscription",
        lambda: len(guide.here.stripe.billing(cast.MONTHLY_CUSTOMER)["coupons"]) == 1,
    )


async def _clock(guide: _Guide) -> None:
    guide.chapter("Nobody answers for a day")
    play = guide.play
    await play.ask(
        MAYA,
        SUPPORT,
        cast.EXACTLY_2000_CUSTOMER,
        cast.EXACTLY_2000,
        reason="technical_error",
        source="email",
        ticket="4715",
    )
    await guide.sees("the leads have a card", lambda: play.card(SUPPORT_LEADS, PRIYA, "2,000.00 USD"))
    guide.here.clock.advance(timedelta(hours=25))
    guide.here.slack.tell_time()
    guide.says("The clock", "is 25 hours on")
    await guide.sees(
        "the leads are reminded in the thread",
        lambda: "due" in play.trail(SUPPORT_LEADS, PRIYA, "2,000.00 USD")[-1],
    )
    await guide.sees("Reggie has it too", lambda: play.card(REGGIE_CHANNEL, REGGIE, "2,000.00 USD"))
    guide.says("Reggie", "clicks Approve")
    await play.click(REGGIE, REGGIE_CHANNEL, "case_approve", "2,000.00 USD")
    await guide.sees(
        "Stripe holds one refund of 2,000.00 USD", lambda: guide.refunded(cast.EXACTLY_2000) == 200000
    )
    await guide.sees(
        "both cards show it",
        lambda: (
            "Resolved" in str(play.card(REGGIE_CHANNEL, REGGIE, "2,000.00 USD"))
            and "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA, "2,000.00 USD"))
        ),
    )


async def _look_up(guide: _Guide) -> None:
    guide.chapter("Who is this customer?")
    play = guide.play
    for query in ("ella@sorensentea.example", cast.PAST_DUE_THREE_CUSTOMER, "ticket 4712"):
        guide.says("Tom", f"/customer {query}")
        await play.slack.command(TOM, SUPPORT, "/customer", query)
        guide.shows("only Tom", play.whispers(SUPPORT, TOM)[-1])
        await guide.sees(
            "the card says how the subscription stands",
            partial(contains, play.whispers(SUPPORT, TOM)[-1], "*Subscriptions*"),
        )
    guide.says("Gus", f"/customer {cast.MONTHLY_CUSTOMER}, though he is a guest")
    await play.slack.command(GUS, SUPPORT, "/customer", cast.MONTHLY_CUSTOMER)
    await guide.sees("a guest is refused", lambda: "full members" in play.whispers(SUPPORT, GUS)[-1])


async def _failed_payment(guide: _Guide) -> None:
    guide.chapter("“My payment failed”, and “I was charged twice”")
    play = guide.play
    await guide.here.stripe.fail_payment(cast.MONTHLY_CUSTOMER, "stolen_card")
    for query, button, expected in (
        (cast.MONTHLY_CUSTOMER, "customer_failed", "Never write this to the customer"),
        (cast.HOLD_CUSTOMER, "customer_twice", "A hold, and no charge"),
    ):
        guide.says("Tom", f"/customer {query}")
        await play.slack.command(TOM, SUPPORT, "/customer", query)
        answer = [one for one in play.slack.messages(SUPPORT, TOM) if one["ephemeral"]][-1]
        await play.slack.click(TOM, button, channel=SUPPORT, ts=answer["ts"])
        await guide.sees(f"the form says “{expected}”", lambda: expected in play.told(TOM))  # noqa: B023  # awaited here
        guide.shows("Tom's form", play.told(TOM))
        await play.slack.close(TOM, (play.slack.modal(TOM) or {})["id"])


async def _mass_failure(guide: _Guide) -> None:
    guide.chapter("Cards of one country are declined")
    play = guide.play
    await guide.story("payments_fail")
    await guide.sees(
        "engineering has one incident, by itself",
        lambda: play.card(ENG_CRITICAL, NOOR, "payments failed in the last 30 minutes"),
    )
    guide.shows("#eng-critical", words(play.card(ENG_CRITICAL, NOOR, "payments failed in the last")))
    await guide.story("payments_recover")
    await guide.sees(
        "it sees that payments go through", lambda: "24 payments" in str(play.card(ENG_CRITICAL, NOOR))
    )
    guide.here.clock.advance(timedelta(minutes=20))
    await guide.sees(
        "it closes itself", lambda: "*Resolved* by the clock" in str(play.card(ENG_CRITICAL, NOOR))
    )


async def _drift(guide: _Guide) -> None:
    guide.chapter("A dozen webhooks are lost")
    play = guide.play
    await guide.story("webhooks_lost")
    await guide.sees(
        "engineering hears which objects differed",
        lambda: "12 of" in str(play.card(ENG_PLATFORM, NOOR, "Stripe sync error")),
    )
    guide.shows("#eng-platform", words(play.card(ENG_PLATFORM, NOOR, "Stripe sync error")))
    guide.here.clock.advance(timedelta(minutes=61))
    await guide.sees(
        "a clean comparison closes it",
        lambda: "*Resolved* by the clock" in str(play.card(ENG_PLATFORM, NOOR, "Stripe sync error")),
    )


_GROUPS = {
    LEADS_GROUP: "support-leads",
    REGGIE_GROUP: "reggie",
    FINANCE_GROUP: "finance",
    SECURITY_GROUP: "security",
}


def _readable(words: str) -> str:
    """Take Slack's markup out of a text."""
    words = re.sub(r"<!subteam\^(\w+)>", lambda found: f"@{_GROUPS.get(found[1], found[1])}", words)
    words = re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", words)
    words = re.sub(r"<[^>|]*\|([^>]*)>", r"\1", words)
    return (
        words.replace("*", "")
        .replace("`", "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )

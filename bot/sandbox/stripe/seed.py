"""Goods Cloud, the company of the demo: a cast with fixed ids before a crowd of ordinary customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.sandbox.stripe import cast, disputes, payments
from bot.sandbox.stripe.crowd import add_crowd
from bot.sandbox.stripe.ledger import Ledger
from bot.sandbox.stripe.seeding import DAY, Plan, Telling

_STARTER: Final = Plan("Starter", 2900, "month")
_STARTER_YEAR: Final = Plan("Starter", 24_000, "year")
_BASIC: Final = Plan("Basic", 4500, "month")
_TEAM: Final = Plan("Team", 4900, "month")
_TEAM_YEAR: Final = Plan("Team", 58_800, "year")
_MINUTE: Final = 1 / 1440


def goods_cloud(ledger: Ledger) -> None:
    """Fill an empty ledger. All dates are relative to the ledger's present; ids are the same each time."""
    telling = Telling(ledger)
    for chapter in (
        _duplicates,
        _unpaid,
        _renewals,
        _amounts,
        _refunded,
        _disputed,
        _currencies,
        _past_due,
        _subscriptions,
        _others,
    ):
        chapter(telling)
    add_crowd(telling)


def _duplicates(tell: Telling) -> None:
    dana = tell.payer(
        cast.DUPLICATE_CUSTOMER, "Dana Whitfield", "Harbor Books", "dana@harborbooks.example", tier="team"
    )
    tell.billed(dana, tell.subscribe(dana, _TEAM, ago=130, renewed=10), ago=10)
    # Both lie on one day, in UTC at least: a pair just after midnight moves to before it.
    ago = 48 * _MINUTE if tell.now % DAY > 60 * 60 or tell.now % DAY < 40 * 60 else 75 * _MINUTE
    tell.sale(dana, 4900, "Team, extra seat", ago, cast.DUPLICATE_FIRST)
    tell.sale(dana, 4900, "Team, extra seat", ago - 4 * _MINUTE, cast.DUPLICATE_SECOND)
    card = "Xt5EWLLDS7FJjR1c"
    asha = tell.payer(
        cast.SHARED_CARD_CUSTOMER_A,
        "Asha Nair",
        "Lumen Studio",
        "asha@lumenstudio.example",
        fingerprint=card,
    )
    arjun = tell.payer(
        cast.SHARED_CARD_CUSTOMER_B,
        "Arjun Nair",
        "Lumen Studio West",
        "arjun@lumenstudio.example",
        fingerprint=card,
    )
    since_midnight = tell.now % DAY / DAY
    tell.sale(asha, 7900, "Business, monthly", since_midnight + 0.5, cast.SHARED_CARD_FIRST)
    tell.sale(arjun, 7900, "Business, monthly", since_midnight + 0.45, cast.SHARED_CARD_SECOND)


def _unpaid(tell: Telling) -> None:
    owen = tell.payer(cast.HOLD_CUSTOMER, "Owen Birch", "Birch & Daughters", "owen@birchdaughters.example")
    tell.hold(owen, 12_000, "Onboarding session, authorised", 1, cast.HOLD)
    helga = tell.payer(cast.FAILED_CUSTOMER, "Helga Fischer", "Fischer Optik", "helga@fischeroptik.example")
    tell.declined(helga, 3500, "Starter, monthly", 2, cast.FAILED_CHARGE)


def _renewals(tell: Telling) -> None:
    mara = tell.payer(
        cast.RENEWAL_RECENT_CUSTOMER,
        "Mara Lindqvist",
        "Northwind Yoga",
        "mara@northwindyoga.example",
        since=368,
        timezone="Europe/Stockholm",
        tier="team",
    )
    yearly = tell.subscribe(mara, _TEAM_YEAR, 368, 3, cast.RENEWAL_RECENT_SUBSCRIPTION)
    tell.billed(mara, yearly, 368, reason="subscription_create")
    tell.billed(mara, yearly, 3, cast.RENEWAL_RECENT)
    tomas = tell.payer(
        cast.RENEWAL_LATE_CUSTOMER,
        "Tomás Ibarra",
        "Ibarra Ceramics",
        "tomas@ibarraceramics.example",
        since=374,
    )
    yearly = tell.subscribe(tomas, _TEAM_YEAR, 374, 9, cast.RENEWAL_LATE_SUBSCRIPTION)
    tell.billed(tomas, yearly, 374, reason="subscription_create")
    tell.billed(tomas, yearly, 9, cast.RENEWAL_LATE)
    grace = tell.payer(
        cast.AFTER_CANCELLATION_CUSTOMER, "Grace Okafor", "Okafor Florals", "grace@okaforflorals.example"
    )
    ended = tell.subscribe(grace, _STARTER, 95, 5, cast.AFTER_CANCELLATION_SUBSCRIPTION)
    tell.billed(grace, ended, 35)
    tell.billed(grace, ended, 5, cast.AFTER_CANCELLATION)
    ended |= {"status": "canceled", "canceled_at": tell.at(13), "ended_at": tell.at(12)}
    ended["cancellation_details"] = {
        "comment": "Confirmed to the customer by mail.",
        "feedback": "unused",
        "reason": "cancellation_requested",
    }


def _amounts(tell: Telling) -> None:
    for customer, name, organisation, email, amount, ago, charge in (
        (
            cast.EXACTLY_500_CUSTOMER,
            "Ines Duarte",
            "Duarte Supply",
            "ines@duartesupply.example",
            50_000,
            6,
            cast.EXACTLY_500,
        ),
        (
            cast.LARGE_1250_CUSTOMER,
            "Colin Marsh",
            "Marsh Outfitters",
            "colin@marshoutfitters.example",
            125_000,
            8,
            cast.LARGE_1250,
        ),
        (
            cast.EXACTLY_2000_CUSTOMER,
            "Yuki Tanabe",
            "Tanabe Imports",
            "yuki@tanabeimports.example",
            200_000,
            4,
            cast.EXACTLY_2000,
        ),
        (
            cast.LARGE_2400_CUSTOMER,
            "Renée Caron",
            "Caron Logistics",
            "renee@caronlogistics.example",
            240_000,
            7,
            cast.LARGE_2400,
        ),
    ):
        payer = tell.payer(customer, name, organisation, email, tier="enterprise")
        tell.sale(payer, amount, "Enterprise, annual top-up", ago, charge)


def _refunded(tell: Telling) -> None:
    hugo = tell.payer(cast.REFUNDED_CUSTOMER, "Hugo Brandt", "Brandt Cycles", "hugo@brandtcycles.example")
    full = tell.sale(hugo, 6400, "Data import", 40, cast.FULLY_REFUNDED)
    tell.refund(full, 6400, 35, cast.FULL_REFUND)
    partial = tell.sale(hugo, 18_000, "Training, three sessions", 20, cast.PARTLY_REFUNDED)
    tell.refund(partial, 6000, 15, cast.PARTIAL_REFUND)


def _disputed(tell: Telling) -> None:
    ledger = tell.ledger
    nadia = tell.payer(cast.DISPUTED_CUSTOMER, "Nadia Rahal", "Rahal Textiles", "nadia@rahaltextiles.example")
    large = tell.sale(nadia, 31_000, "Business, quarterly", 25, cast.DISPUTED)
    small = tell.sale(nadia, 1500, "Extra seat", 18, cast.DISPUTED_SMALL)
    asked = tell.sale(nadia, 9500, "Data import", 12, cast.INQUIRED)
    due_by = tell.now + 6 * DAY
    disputes.open_dispute(
        ledger, large, "fraudulent", identifier=cast.DISPUTE, created=tell.at(3), due_by=due_by
    )
    disputes.open_dispute(ledger, small, "duplicate", identifier=cast.SMALL_DISPUTE, created=tell.at(2))
    disputes.open_inquiry(ledger, asked, "unrecognized", identifier=cast.INQUIRY, created=tell.at(1))
    felix = tell.payer(cast.WARNED_CUSTOMER, "Felix Amsel", "Amsel Audio", "felix@amselaudio.example")
    warned = tell.sale(felix, 7200, "Team, quarterly", 5, cast.WARNED)
    payments.warn_of_fraud(ledger, warned, identifier=cast.FRAUD_WARNING, created=tell.at(1))


def _currencies(tell: Telling) -> None:
    chiara = tell.payer(
        cast.EURO_CUSTOMER,
        "Chiara Bellini",
        "Bellini Vini",
        "chiara@bellinivini.example",
        timezone="Europe/Rome",
    )
    tell.sale(chiara, 8990, "Business, monthly", 3, cast.EURO_CHARGE, currency="eur")
    haruto = tell.payer(
        cast.YEN_CUSTOMER,
        "Haruto Mori",
        "Mori Stationery",
        "haruto@moristationery.example",
        timezone="Asia/Tokyo",
    )
    tell.sale(haruto, 4900, "Team, monthly", 3, cast.YEN_CHARGE, currency="jpy")
    at_the_shop = tell.pays_by(haruto, "konbini", {})
    tell.sale(at_the_shop, 6200, "Label printer rental", 6, cast.KONBINI_CHARGE, currency="jpy")
    fatima = tell.payer(
        cast.DINAR_CUSTOMER,
        "Fatima Al-Sabah",
        "Gulf Pantry",
        "fatima@gulfpantry.example",
        timezone="Asia/Kuwait",
    )
    tell.sale(fatima, 12_750, "Team, monthly", 3, cast.DINAR_CHARGE, currency="kwd")
    walter = tell.payer(
        cast.BANK_DEBIT_CUSTOMER, "Walter Pruitt", "Pruitt Hardware", "walter@pruitthardware.example"
    )
    account = {
        "account_holder_type": "company",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "fingerprint": "FFDMA0xfhBjWSZLu",
        "last4": "6789",
        "routing_number": "110000000",
    }
    debit = tell.pays_by(walter, "us_bank_account", account)
    tell.sale(debit, 14_000, "Business, quarterly", 11, cast.BANK_DEBIT_CHARGE)


def _past_due(tell: Telling) -> None:
    people: Sequence[tuple[str, str, str, str, Sequence[str], str]] = (
        (
            cast.PAST_DUE_TWO_CUSTOMER,
            "Sofia Marchetti",
            "Marchetti Prints",
            "sofia@marchettiprints.example",
            cast.PAST_DUE_TWO_INVOICES,
            cast.PAST_DUE_TWO_CHARGE,
        ),
        (
            cast.PAST_DUE_THREE_CUSTOMER,
            "Ben Adler",
            "Adler Fitness",
            "ben@adlerfitness.example",
            cast.PAST_DUE_THREE_INVOICES,
            cast.PAST_DUE_THREE_CHARGE,
        ),
        (
            cast.PAST_DUE_FIVE_CUSTOMER,
            "Ruth Mbeki",
            "Mbeki Catering",
            "ruth@mbekicatering.example",
            cast.PAST_DUE_FIVE_INVOICES,
            cast.PAST_DUE_FIVE_CHARGE,
        ),
    )
    for customer, name, organisation, email, invoices, charge in people:
        payer = tell.payer(customer, name, organisation, email, since=300)
        paid_ago = 20 + 30 * len(invoices)
        subscription = tell.subscribe(payer, _BASIC, paid_ago + 60, 20)
        tell.billed(payer, subscription, paid_ago, charge)
        for position, invoice in enumerate(invoices, start=1):
            tell.owed(payer, subscription, paid_ago - 30 * position, invoice)


def _subscriptions(tell: Telling) -> None:
    amara = tell.payer(
        cast.YEARLY_NEW_CUSTOMER, "Amara Diallo", "Diallo Design", "amara@diallodesign.example", since=10
    )
    new = tell.subscribe(amara, _TEAM_YEAR, 10, 10, cast.YEARLY_NEW_SUBSCRIPTION)
    tell.billed(amara, new, 10, cast.YEARLY_NEW_CHARGE, "subscription_create")
    peter = tell.payer(
        cast.YEARLY_OLD_CUSTOMER, "Peter Novak", "Novak Joinery", "peter@novakjoinery.example", since=40
    )
    old = tell.subscribe(peter, _TEAM_YEAR, 40, 40, cast.YEARLY_OLD_SUBSCRIPTION)
    tell.billed(peter, old, 40, cast.YEARLY_OLD_CHARGE, "subscription_create")
    ella = tell.payer(
        cast.MONTHLY_CUSTOMER,
        "Ella Sørensen",
        "Sørensen Tea",
        "ella@sorensentea.example",
        timezone="Europe/Copenhagen",
    )
    monthly = tell.subscribe(ella, _TEAM, 94, 4, cast.MONTHLY_SUBSCRIPTION)
    tell.billed(ella, monthly, 94, reason="subscription_create")
    for ago in (64, 34):
        tell.billed(ella, monthly, ago)
    tell.billed(ella, monthly, 4, cast.MONTHLY_CHARGE)
    jonah = tell.payer(
        cast.TWO_SUBSCRIPTIONS_CUSTOMER, "Jonah Reyes", "Reyes Records", "jonah@reyesrecords.example"
    )
    first = tell.subscribe(jonah, _STARTER, 69, 9, cast.TWO_SUBSCRIPTIONS_FIRST)
    second = tell.subscribe(jonah, _STARTER_YEAR, 60, 60, cast.TWO_SUBSCRIPTIONS_SECOND)
    tell.billed(jonah, second, 60, cast.TWO_SUBSCRIPTIONS_YEARLY_CHARGE, "subscription_create")
    tell.billed(jonah, first, 9, cast.TWO_SUBSCRIPTIONS_MONTHLY_CHARGE)


def _others(tell: Telling) -> None:
    corner = tell.payer(cast.NO_EMAIL_CUSTOMER, "Kofi's Corner", "Kofi's Corner", None)
    tell.sale(corner, 1900, "Barcode labels", 2, cast.NO_EMAIL_CHARGE)

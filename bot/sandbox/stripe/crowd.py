"""The ordinary customers of Goods Cloud: names, plans and fourteen months of uneventful payments."""

from __future__ import annotations

from typing import Final

from bot.sandbox.stripe.seeding import Plan, Telling

_SIZE: Final = 68
_FIRST_NAMES: Final = (
    "Abigail Ahmed Aisha Alina Anders Beatriz Bruno Camille Carlos Chloe Daniel Elena Emeka Farah Gabriel "
    "Hannah Ibrahim Isla Jamal Joanna Kenji Laila Leo Lucia Malik Marta Mei Nikhil Noor Olga Oscar Paula "
    "Quinn Rafael Rosa Samuel Sana Stefan Tara Victor Wanda Yara Zane Zoe"
).split()
_LAST_NAMES: Final = (
    "Abara Acosta Bauer Becker Castillo Chen Costa Dubois Eriksen Ferrari Garcia Haddad Hughes Iyer Jansen "
    "Kaya Kowalski Larsen Lopez Meyer Moreau Nguyen Okoro Osei Park Pereira Quist Rossi Sato Schultz Silva "
    "Tran Ueda Vargas Weber Yilmaz Zhou"
).split()
_TRADES: Final = (
    "Bakery Bikes Books Candles Ceramics Coffee Dental Farms Flowers Games Hardware Jewelry Kitchens Leather "
    "Optics Outdoors Paper Pets Prints Records Spices Tailoring Textiles Toys Wines"
).split()
_TIMEZONES: Final = (
    "America/New_York",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Europe/London",
    "Asia/Singapore",
)
_PLANS: Final = (
    Plan("Starter", 2900, "month"),
    Plan("Team", 4900, "month"),
    Plan("Team", 58_800, "year"),
    Plan("Business", 12_900, "month"),
    Plan("Starter", 24_000, "year"),
    Plan("Team", 4500, "month", "eur"),
)
_MONTHS: Final = 14


def add_crowd(tell: Telling) -> None:
    """Add the crowd; which name has which plan is fixed."""
    for position in range(_SIZE):
        _add(tell, position)


def _add(tell: Telling, position: int) -> None:
    first = _FIRST_NAMES[position * 7 % len(_FIRST_NAMES)]
    last = _LAST_NAMES[position * 11 % len(_LAST_NAMES)]
    organisation = f"{last} {_TRADES[position * 13 % len(_TRADES)]}"
    domain = organisation.replace(" ", "").lower()
    plan = _PLANS[position % len(_PLANS)]
    metadata = {"tier": plan.name.lower()}
    if position % 4 == 0:
        metadata["timezone"] = _TIMEZONES[position // 4 % len(_TIMEZONES)]
    since = 20 + position * 53 % (30 * _MONTHS - 20)
    payer = tell.payer(
        tell.id("cus_", 18),
        f"{first} {last}",
        organisation,
        f"{first.lower()}@{domain}.example",
        since=since,
        **metadata,
    )
    if position % 9 == 8:
        tell.sale(payer, 9900 + 500 * (position % 7), "Onboarding session", since)
        return
    length = 365 if plan.interval == "year" else 30
    renewed = since % length
    subscription = tell.subscribe(payer, plan, since, renewed)
    tell.billed(payer, subscription, since, reason="subscription_create")
    for ago in range(since - length, -1, -length):
        tell.billed(payer, subscription, ago + 0.3)

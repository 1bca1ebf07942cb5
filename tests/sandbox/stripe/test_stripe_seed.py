from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe import Ledger, LocalStripe, cast
from bot.sandbox.stripe.seed import goods_cloud

KINDS = {
    "ch_": "charge",
    "cus": "customer",
    "du_": "dispute",
    "in_": "invoice",
    "iss": "radar.early_fraud_warning",
    "re_": "refund",
    "sub": "subscription",
}


def test_everybody_in_the_cast_is_there(local: LocalStripe) -> None:
    names = {name: value for name, value in vars(cast).items() if name.isupper()}
    ids = [one for value in names.values() for one in ([value] if isinstance(value, str) else value)]
    assert [one for one in ids if local.ledger.find(KINDS[one[:3]], one) is None] == []
    assert len(ids) == len(set(ids))


def test_the_seed_is_the_same_each_time_whatever_the_hour() -> None:
    clock = SandboxClock()
    first, later = Ledger(clock), Ledger(clock)
    goods_cloud(first)
    clock.advance(timedelta(hours=13))
    goods_cloud(later)
    for kind in ("charge", "customer", "invoice"):
        assert {one["id"] for one in first.all(kind)} == {one["id"] for one in later.all(kind)}


def test_the_duplicates_lie_on_one_day_even_just_after_midnight() -> None:
    clock = SandboxClock()
    clock.advance(timedelta(seconds=86_400 - clock.now().timestamp() % 86_400))
    pairs = (
        (cast.DUPLICATE_FIRST, cast.DUPLICATE_SECOND),
        (cast.SHARED_CARD_FIRST, cast.SHARED_CARD_SECOND),
    )
    days = []
    for minutes_on in (5, 37, 4, 2, 20, 60):  # 0:05, 0:42, 0:46, 0:48, 1:08, 2:08
        clock.advance(timedelta(minutes=minutes_on))
        ledger = Ledger(clock)
        goods_cloud(ledger)
        days += [[_day(ledger, charge) for charge in pair] for pair in pairs]
    assert [day for day in days if day[0] != day[1]] == []


def test_people_are_believable(local: LocalStripe) -> None:
    customers = local.ledger.all("customer")
    assert len(customers) >= 90
    assert [one["name"] for one in customers if not (one["email"] or "x.example").endswith(".example")] == []
    zones = [one["metadata"]["timezone"] for one in customers if "timezone" in one["metadata"]]
    assert {str(ZoneInfo(zone)) for zone in zones} >= {"Asia/Tokyo", "Europe/Rome"}
    tenants = [one["metadata"]["tenant_id"] for one in customers]
    assert len(tenants) == len(set(tenants))
    now = local.ledger.now()
    ages = [(now - charge["created"]) / 86_400 for charge in local.ledger.all("charge")]
    assert (min(ages) > 0, max(ages) < 430) == (True, True)


def _day(ledger: Ledger, charge: str) -> str:
    return datetime.fromtimestamp(ledger.get("charge", charge)["created"], UTC).date().isoformat()

"""The mirror follows Stripe whatever the webhooks do; what it missed is found, mended and told once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.app import Running
from bot.desk import mirror as mirroring
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import ENG_PLATFORM, NOOR
from bot.sandbox.stripe import Fault, FaultKind, Mode, cast
from bot.sandbox.world import World
from bot.store import marks, mirror
from bot.store.tables import Mirrored
from bot.stripe_copies import KINDS, copied


async def compare(app: Running) -> None:
    """Compare the mirror with Stripe, and let Slack hear of what was found."""
    await mirroring.compare(app.desk)
    await app.desk.tasks.finished()


async def test_the_back_fill_reads_everything(here: World, app: Running) -> None:
    await mirroring.fill(app.desk)
    assert [] == await mirroring.missing_kinds(app.desk)
    assert [] == await differing(here, app)
    asked = len(here.stripe.requests())
    await mirroring.fill(app.desk)
    assert asked == len(here.stripe.requests())


async def test_a_back_fill_that_was_broken_off_goes_on_where_it_was(here: World, app: Running) -> None:
    here.stripe.arrange(Fault(method="GET", path="/v1/charges", kind=FaultKind.PLAIN_500, times=3))
    await mirroring.fill(app.desk)
    assert ["charge", "refund", "dispute"] == await mirroring.missing_kinds(app.desk)
    before = len(requested(here, "/v1/customers"))
    await mirroring.fill(app.desk)
    assert before == len(requested(here, "/v1/customers"))
    assert [] == await differing(here, app)


async def test_a_page_that_ended_with_what_was_deleted_since_is_read_anew(here: World, app: Running) -> None:
    await mirroring.fill_page(app.desk.store, app.desk.payments, app.desk.now())
    last = await app.desk.store.read(lambda session: marks.at(session, "mirror:customer"))
    await here.stripe.delete_customer(last)
    await mirroring.fill(app.desk)
    assert [] == await mirroring.missing_kinds(app.desk)
    assert [] == await differing(here, app)


async def test_webhooks_late_doubled_and_out_of_order_come_to_the_same(here: World, app: Running) -> None:
    await mirroring.fill(app.desk)
    here.stripe.webhooks.mode = Mode.HOLD
    await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER, "do_not_honor", "BR")
    await here.stripe.refund_in_dashboard(cast.MONTHLY_CHARGE, 1000)
    await here.stripe.delete_customer(cast.EURO_CUSTOMER)
    assert [] != await differing(here, app)
    held = [event["id"] for event in here.stripe.webhooks.held]
    await here.stripe.webhooks.release(list(reversed(held)), copies=2)
    await mirroring.read_changed(app.desk)
    assert [] == await differing(here, app)
    gone = await row(app, cast.EURO_CUSTOMER)
    assert (True, "", "") == (gone.gone, gone.email, gone.name)


async def test_many_events_about_one_object_are_one_reading(here: World, app: Running) -> None:
    here.stripe.webhooks.mode = Mode.HOLD
    charge = await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER)
    await here.stripe.webhooks.release(copies=5)
    await mirroring.read_changed(app.desk)
    assert 1 == len(requested(here, f"/v1/charges/{charge['id']}"))
    found = await row(app, charge["id"])
    assert ("failed", "insufficient_funds", "US") == (found.status, found.decline_code, found.country)


async def test_an_object_that_stripe_cannot_tell_now_is_read_later(here: World, app: Running) -> None:
    here.stripe.webhooks.mode = Mode.HOLD
    charge = await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER)
    await here.stripe.webhooks.release()
    here.stripe.arrange(
        Fault(method="GET", path=f"/v1/charges/{charge['id']}", kind=FaultKind.PLAIN_500, times=3)
    )
    await mirroring.read_changed(app.desk)
    assert None is (await row(app, charge["id"])).read_at
    here.clock.advance(timedelta(seconds=5))
    await mirroring.read_changed(app.desk)
    assert "failed" == (await row(app, charge["id"])).status


async def test_a_drift_is_mended_counted_and_told_once_until_a_clean_comparison(
    here: World, app: Running, play: Play
) -> None:
    await mirroring.fill(app.desk)
    here.clock.advance(timedelta(minutes=1))
    await compare(app)
    assert [] == incident_cards(play)
    here.stripe.webhooks.mode = Mode.MISS
    for one in customers(here, 24):
        await here.stripe.take_payment(one)
    await here.stripe.delete_customer(cast.YEARLY_NEW_CUSTOMER)
    await here.stripe.fail_payment(cast.MONTHLY_CUSTOMER)
    here.clock.advance(timedelta(hours=1))
    await compare(app)
    await play.until(lambda: play.card(ENG_PLATFORM, NOOR, "Stripe sync error"))
    said = str(play.card(ENG_PLATFORM, NOOR))
    assert "objects were not here as they are in Stripe" in said
    assert "Missing: " in said
    assert "more." in said
    assert (await row(app, cast.YEARLY_NEW_CUSTOMER)).gone
    assert [] == await differing(here, app)
    # An hour later there is new drift: the same incident says so, and nobody gets a second card.
    for one in customers(here, 8):
        await here.stripe.take_payment(one)
    here.clock.advance(timedelta(hours=1))
    await compare(app)
    await play.until(lambda: "8 of " in str(play.card(ENG_PLATFORM, NOOR)))
    assert 1 == len(incident_cards(play))
    here.stripe.webhooks.mode = Mode.DELIVER
    here.clock.advance(timedelta(hours=1))
    await compare(app)
    await play.until(lambda: "*Resolved* by the clock" in str(play.card(ENG_PLATFORM, NOOR)))
    assert "A later comparison found no difference." in play.trail(ENG_PLATFORM, NOOR)[-1]


async def test_a_little_drift_is_mended_without_a_word(here: World, app: Running, play: Play) -> None:
    await mirroring.fill(app.desk)
    here.stripe.webhooks.mode = Mode.MISS
    await here.stripe.take_payment(cast.MONTHLY_CUSTOMER)
    here.clock.advance(timedelta(hours=1))
    await compare(app)
    assert [] == await differing(here, app)
    assert [] == incident_cards(play)


async def test_the_comparison_waits_for_its_time_and_for_a_mirror_that_is_filled(
    here: World, app: Running
) -> None:
    await compare(app)
    assert [] == requested(here, "/v1/charges")
    await mirroring.fill(app.desk)
    await compare(app)
    asked = len(here.stripe.requests())
    here.clock.advance(timedelta(minutes=59))
    await compare(app)
    assert asked == len(here.stripe.requests())


async def test_a_comparison_that_stripe_breaks_off_is_done_again(here: World, app: Running) -> None:
    await mirroring.fill(app.desk)
    here.stripe.webhooks.mode = Mode.MISS
    for one in customers(here, 10):
        await here.stripe.take_payment(one)
    here.clock.advance(timedelta(hours=1))
    here.stripe.arrange(Fault(method="GET", path="/v1/disputes", kind=FaultKind.PLAIN_500, times=3))
    await compare(app)
    assert [] != await differing(here, app)
    await compare(app)
    assert [] == await differing(here, app)


@pytest.mark.parametrize("type_", ["billing_portal.session.created", "payment_intent.succeeded"])
def test_events_that_change_nothing_here_are_passed_over(type_: str) -> None:
    assert "" == mirroring.kind_of(type_)


async def differing(here: World, app: Running) -> list[str]:
    """Return the objects that the mirror does not have as the local Stripe does."""
    since = (here.clock.now() - timedelta(days=399)).timestamp()
    held = [one for kind in KINDS for one in here.stripe.ledger.all(kind) if one["created"] > since]
    rows = await app.desk.store.read(lambda session: mirror.known(session, [one["id"] for one in held]))
    return [
        one["id"] for one in held if one["id"] not in rows or rows[one["id"]].digest != copied(one).digest
    ]


async def row(app: Running, object_id: str) -> Mirrored:
    found = await app.desk.store.read(lambda session: session.get(Mirrored, object_id))
    assert found is not None
    return found


def customers(here: World, count: int) -> list[str]:
    """Return customers with a card, who were not deleted."""
    methods = here.stripe.ledger.all("payment_method")
    held = {one["id"] for one in here.stripe.ledger.all("customer")}
    by_card = [one["customer"] for one in methods if one["type"] == "card" and one["customer"] in held]
    return list(dict.fromkeys(by_card))[-count:]


def requested(here: World, path: str) -> list[str]:
    return [one["id"] for one in here.stripe.requests() if (one["method"], one["path"]) == ("GET", path)]


def incident_cards(play: Play) -> list[object]:
    return list(play.cards(ENG_PLATFORM, NOOR, "Stripe sync error"))

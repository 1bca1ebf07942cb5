"""The process is killed at every commit and call of a billing change: each step is done once, in order."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec import Struct

from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import MAYA, REGGIE, REGGIE_CHANNEL, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe.seeding import Plan, Telling
from bot.sandbox.world import World
from tests.exactly_once.test_crash_anywhere import audited, desk_of

_BOUNDED = 2
_MANY = 120
_OWED = 3


class Story(Struct, frozen=True):
    """A change that Reggie approves: who it is about, how it is asked for, and what has to be at its end."""

    channel: str
    customers: Callable[[World], list[str]]
    ask: Callable[[Play, str], Awaitable[None]]
    check: Callable[[World, str], None]


def debtors(here: World) -> list[str]:
    """Tell of customers who owe three invoices each."""
    tell, plan = Telling(here.stripe.ledger, told=50_000), Plan("Basic", 4500, "month")
    for number in range(_MANY):
        payer = tell.payer(f"cus_debtor{number}", f"Debtor {number}", "", f"debtor{number}@owing.example")
        subscription = tell.subscribe(payer, plan, 200, 20, f"sub_debtor{number}")
        for month in range(_OWED):
            tell.owed(payer, subscription, 110 - 30 * month, f"in_debtor{number}x{month}")
    return [f"cus_debtor{number}" for number in range(_MANY)]


def leavers(here: World) -> list[str]:
    """Tell of customers who bought a year 40 days ago."""
    tell, plan = Telling(here.stripe.ledger, told=60_000), Plan("Team", 24_000, "year")
    for number in range(_MANY):
        payer = tell.payer(f"cus_leaver{number}", f"Leaver {number}", "", f"leaver{number}@moving.example")
        subscription = tell.subscribe(payer, plan, 40, 40, f"sub_leaver{number}")
        tell.billed(payer, subscription, 40, f"ch_3leaver{number:03}xxxxxxxxx", "subscription_create")
    return [f"cus_leaver{number}" for number in range(_MANY)]


def friends(here: World) -> list[str]:
    """Tell of customers who pay by the month."""
    tell, plan = Telling(here.stripe.ledger, told=70_000), Plan("Team", 4900, "month")
    for number in range(_MANY):
        payer = tell.payer(f"cus_friend{number}", f"Friend {number}", "", f"friend{number}@liked.example")
        tell.subscribe(payer, plan, 40, 10, f"sub_friend{number}")
    return [f"cus_friend{number}" for number in range(_MANY)]


async def settle(play: Play, customer: str) -> None:
    """Ask to collect the newest, to void the others and to close the account."""
    number = customer.removeprefix("cus_debtor")
    await open_form(play, MAYA, SUPPORT, "/pastdue", customer)
    await choose(play, MAYA, "past_due_else", "yes")
    await choose(play, MAYA, "past_due_collect", f"in_debtor{number}x2")
    await choose(play, MAYA, "past_due_void", f"in_debtor{number}x0", f"in_debtor{number}x1")
    await choose(play, MAYA, "past_due_close", "close")
    await choose(play, MAYA, "past_due_collecting", "charge")
    await send(play, MAYA, ticket="T-9", note="They asked for it in writing.")


async def cancel(play: Play, customer: str) -> None:
    await open_form(play, MAYA, SUPPORT, "/cancel", customer)
    await choose(play, MAYA, "cancel_way", "immediately")
    await send(play, MAYA, ticket="T-9", note="They move away.")


async def give(play: Play, customer: str) -> None:
    await open_form(play, MAYA, SUPPORT, "/comp", customer)
    await choose(play, MAYA, "comp_months", "2")
    await send(play, MAYA, ticket="T-9", note="The outage of last week.")


def settled(here: World, customer: str) -> None:
    held, number = here.stripe.billing(customer), customer.removeprefix("cus_debtor")
    oldest, older, newest = (f"in_debtor{number}x{month}" for month in range(_OWED))
    assert {oldest: "void", older: "void", newest: "paid"} == held["invoices"]
    assert {oldest: 0, older: 0, newest: 1} == held["payments"]
    assert {oldest: 1, older: 1, newest: 0} == held["voided"]
    assert {f"sub_debtor{number}": "canceled"} == held["subscriptions"]
    assert "closed" == held["metadata"]["makegood_account"]
    assert 1 == happened(here, "customer.subscription.deleted", f"sub_debtor{number}")
    assert 0 == held["balance"]


def cancelled(here: World, customer: str) -> None:
    held, number = here.stripe.billing(customer), customer.removeprefix("cus_leaver")
    assert {f"sub_leaver{number}": "canceled"} == held["subscriptions"]
    assert 1 == happened(here, "customer.subscription.deleted", f"sub_leaver{number}")
    (charge,) = here.stripe.ledger.where("charge", "customer", customer)
    refunds = here.stripe.books()[charge["id"]]["refunds"]
    assert [(20_000, "succeeded")] == [(one["amount"], one["status"]) for one in refunds]
    assert 0 == held["balance"]


def given(here: World, customer: str) -> None:
    (coupon,) = here.stripe.billing(customer)["coupons"]
    assert 1 == here.stripe.ledger.get("coupon", coupon)["times_redeemed"]


def happened(here: World, what: str, of: str) -> int:
    """Return how often something happened to an object of Stripe's."""
    return sum(
        (event["type"], event["data"]["object"]["id"]) == (what, of) for event in here.stripe.ledger.events()
    )


STORIES = {
    "past_due": Story(REGGIE_CHANNEL, debtors, settle, settled),
    "cancellation": Story(SUPPORT_LEADS, leavers, cancel, cancelled),
    "comp": Story(REGGIE_CHANNEL, friends, give, given),
}


def never_all_void_and_open(here: World, customer: str) -> None:
    held = here.stripe.billing(customer)
    if held["invoices"] and set(held["invoices"].values()) == {"void"}:
        assert {"canceled"} == set(held["subscriptions"].values())


async def play_story(here: World, database_url: str, story: Story, most: int) -> None:
    play = Play(here.slack)
    first, *others = story.customers(here)

    def name_of(customer: str) -> str:
        return str(here.stripe.ledger.get("customer", customer)["name"])

    def title(customer: str) -> str:
        return f": {name_of(customer)}\n"

    def card(customer: str) -> str:
        return words(play.card(story.channel, REGGIE, title(customer)))

    def ended(customer: str) -> bool:
        try:
            story.check(here, customer)
        except (AssertionError, ValueError):  # not yet
            return False
        told = [one for one in play.direct(MAYA) if one.startswith("✅") and f"{name_of(customer)}." in one]
        refund = story.check is not cancelled or any(
            "Resolved" in words(one) and f"refund for {name_of(customer)}\n" in words(one)
            for one in play.cards(SUPPORT_LEADS, REGGIE)
        )
        return "Carried out" in card(customer) and bool(told) and refund

    async def ask(customer: str) -> None:
        await story.ask(play, customer)
        await play.until(lambda: "Waiting for" in card(customer))
        await play.until(lambda: any(title(customer) in one for one in play.direct(MAYA)))

    async def click(customer: str) -> bool:
        return (await play.click(REGGIE, story.channel, "change_approve", title(customer))).ok

    def over(customer: str) -> bool:
        return desk.dead or ended(customer)

    async with desk_of(here, database_url) as desk:
        await ask(first)
        desk.count()
        assert await click(first)
        await play.until(lambda: ended(first))
        found = list(desk.points)
        assert {"commit", "slack", "stripe"} <= {point.split(":")[0] for point in found}
        deadly, deaths = range(1, len(found) + 1, max(1, len(found) // most)), 0
        for number, customer in zip(deadly, others, strict=False):
            await ask(customer)
            desk.count(dies_at=number)
            answered = await click(customer)
            await play.until(partial(over, customer))
            if not desk.dead:  # this time there were fewer points than in the undisturbed story
                desk.counting = False
                continue
            deaths += 1
            never_all_void_and_open(here, customer)
            await desk.start()
            if not answered:
                await click(customer)
            await play.until(partial(ended, customer), within=30)
            story.check(here, customer)
            assert 1 == len(play.cards(story.channel, REGGIE, title(customer)))
            below = Counter(play.trail(story.channel, REGGIE, title(customer)))
            assert [] == [line for line, times in below.items() if times > 1]
        assert deaths > len(deadly) // 2
    assert "the chain is whole" in await asyncio.to_thread(audited, database_url, here)


@pytest.fixture
def no_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the desk run on a playbook without limits for one agent's day: here one asks for everything."""
    text = (Path(__file__).parents[2] / "policy" / "playbooks" / "default.toml").read_text("utf-8")
    for limit in ("per_agent = 5", "agent_count = 20", 'agent_amount = "2,000', 'all_amount = "10,000'):
        assert limit in text
        text = text.replace(limit, re.sub(r"[\d,]+", "1000000", limit))
    (tmp_path / "mine.toml").write_text(text.replace("all_count = 100", "all_count = 1000"), "utf-8")
    monkeypatch.setenv("MAKEGOOD_PLAYBOOK", str(tmp_path / "mine.toml"))


@pytest.mark.usefixtures("no_limits")
@pytest.mark.parametrize("name", STORIES)
async def test_killed_at_some_of_its_points_a_change_is_carried_out_once(
    here: World, database_url: str, name: str
) -> None:
    await play_story(here, database_url, STORIES[name], _BOUNDED)


@pytest.mark.soak
@pytest.mark.usefixtures("no_limits")
@pytest.mark.parametrize("name", STORIES)
async def test_killed_at_any_of_its_points_a_change_is_carried_out_once(
    here: World, database_url: str, name: str
) -> None:
    await play_story(here, database_url, STORIES[name], 1_000)

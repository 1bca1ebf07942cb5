"""`/customer` and the buttons under its answer, which only whoever asked can see."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import customer as cards
from bot.cards import refund_form, trouble
from bot.cards.blocks import Block, Message
from bot.cards.refund_form import Filled
from bot.desk import lookup
from bot.desk.desk import Desk
from bot.desk.lookup import Looked, Matches
from bot.directory import error_name
from bot.errors import DeskError
from handlers import refund
from handlers.turn import Turn
from policy.facts import Reason

_NAMED: Final = re.compile(r"\bcus_[A-Za-z0-9]+\b|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_FAILED: Final = "Payment failed"
_TWICE: Final = "Charged twice"


async def command(desk: Desk, turn: Turn) -> None:
    """Answer with the customer's card, or with the list of those who may be meant."""
    await turn.answer(desk, _drawn(desk, lookup.look_up(desk, turn.text, turn.user)))


async def pick(desk: Desk, turn: Turn) -> None:
    """Show the customer who was picked, in the list's place."""
    shown = _drawn(desk, lookup.show(desk, turn.chosen, turn.user))
    desk.tasks.start(turn.answer_later(shown), "answer a choice")
    await turn.ack()


async def open_failed(desk: Desk, turn: Turn) -> None:
    """Explain why the customer's payments failed."""
    await _open(desk, turn, _FAILED, lambda: _failed(desk, turn.value, turn.user))


async def open_failed_of_message(desk: Desk, turn: Turn) -> None:
    """Explain why the payments of the customer whom a message names failed."""
    found = _NAMED.search(turn.body["message"].get("text", ""))
    await _open(desk, turn, _FAILED, lambda: _failed_of(desk, found.group() if found else "", turn.user))


async def open_twice(desk: Desk, turn: Turn) -> None:
    """Tell duplicates, holds and second accounts apart."""
    await _open(desk, turn, _TWICE, lambda: _twice(desk, turn.value, turn.user))


async def make_portal_link(desk: Desk, turn: Turn) -> None:
    """Make a link to the billing portal, and show it where it was asked for."""
    desk.tasks.start(
        _fill(turn.client, turn.view, _FAILED, lambda: _with_link(desk, turn.value, turn.user)), "make a link"
    )
    await turn.ack()


async def refund_one(desk: Desk, turn: Turn) -> None:
    """Open the refund form with the customer's charges to choose from."""
    opened = await turn.client.views_open(trigger_id=turn.trigger_id, view=refund_form.skeleton())
    desk.tasks.start(refund.fill_with_charges(desk, turn, opened["view"], turn.value), "fill the form")
    await turn.ack()


async def refund_duplicate(desk: Desk, turn: Turn) -> None:
    """Open the refund form for the second of two charges, over the form that showed them."""
    pushed = await turn.client.views_push(trigger_id=turn.trigger_id, view=refund_form.skeleton())
    filled = Filled({"reason": Reason.DUPLICATE, "charge": turn.value})
    desk.tasks.start(refund.fill(desk, turn, pushed["view"], filled, turn.value), "fill the form")
    await turn.ack()


async def _drawn(desk: Desk, looking: Awaitable[Matches | Looked]) -> Message:
    found = await looking
    if isinstance(found, Matches):
        return cards.pick_list(found.query, found.found, found.more, found.note)
    return cards.card(desk.now(), found.account, found.here, found.note, livemode=desk.livemode)


async def _open(desk: Desk, turn: Turn, title: str, draw: Callable[[], Awaitable[Block]]) -> None:
    """Open a form at once, since the trigger expires, and fill it when Stripe has answered."""
    opened = await turn.client.views_open(trigger_id=turn.trigger_id, view=trouble.skeleton(title))
    desk.tasks.start(_fill(turn.client, opened["view"], title, draw), "fill the form")
    await turn.ack()


async def _fill(
    client: AsyncWebClient, view: dict[str, Any], title: str, draw: Callable[[], Awaitable[Block]]
) -> None:
    try:
        shown = await draw()
    except DeskError as error:
        shown = trouble.refusal(title, str(error))
    try:
        await client.views_update(view_id=view["id"], view=shown)
    except SlackApiError as error:
        if error_name(error) != "not_found":  # it was closed meanwhile
            raise


async def _failed(desk: Desk, customer_id: str, by: str, portal: str = "") -> Block:
    customer, found = await lookup.failed(desk, customer_id, by)
    return trouble.failed_payments(desk.playbook, desk.now(), customer, found, portal, livemode=desk.livemode)


async def _failed_of(desk: Desk, query: str, by: str) -> Block:
    if not query:
        sentence = "This message names nobody. Use `/customer` with an address, an id, or four digits."
        return trouble.refusal(_FAILED, sentence)
    found = await lookup.look_up(desk, query, by)
    if isinstance(found, Looked):
        return await _failed(desk, found.account.customer.id, by)
    sentence = f"{len(found.found)} customers have this address. Use `/customer` to pick one."
    return trouble.refusal(_FAILED, sentence)


async def _with_link(desk: Desk, customer_id: str, by: str) -> Block:
    return await _failed(desk, customer_id, by, await lookup.portal(desk, customer_id, by))


async def _twice(desk: Desk, customer_id: str, by: str) -> Block:
    customer, found, note = await lookup.twice(desk, customer_id, by)
    return trouble.charged_twice(desk.playbook, customer, found, note, livemode=desk.livemode)

"""`/refund` and the shortcut: open the form, fill it, and tell the agent what the playbook says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import groupby
from typing import Any

from msgspec.structs import replace
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import blocks as b
from bot.cards import refund_form
from bot.cards.blocks import Message
from bot.cards.refund_form import Filled
from bot.cards.ruling import told
from bot.desk import escalations, requesting
from bot.desk.desk import Desk
from bot.desk.drafts import Draft
from bot.desk.requesting import Answered
from bot.directory import error_name
from bot.errors import DeskError, FieldError
from handlers.one_line import from_line, from_message
from handlers.turn import Turn
from policy.facts import Actor, Charge, Chargeback, Customer, Identity, PastDueWish, Reason, Source
from policy.ruling import Escalate

Read = Callable[[], Awaitable[Filled]]
"""Reads from Stripe what is to stand in the form."""


async def command(desk: Desk, turn: Turn) -> None:
    """Ask in one line when it says everything; else open the form with what it says."""
    line = from_line(turn.text)
    if line.complete:
        work = requesting.request(desk, _draft(line.filled), _actor(turn), turn.trigger_id)
        await turn.answer(desk, _message(desk, work))
        return
    await _open(desk, turn, line.filled, line.query)
    await turn.ack()


async def shortcut(desk: Desk, turn: Turn) -> None:
    """Open the form with what a customer's message says."""
    line = from_message(turn.body["message"].get("text", ""))
    await _open(desk, turn, line.filled, line.query)
    await turn.ack()


async def from_home(desk: Desk, turn: Turn) -> None:
    """Open the empty form from the Home page."""
    await _open(desk, turn, Filled(), "")
    await turn.ack()


async def from_warning(desk: Desk, turn: Turn) -> None:
    """Open the form with the charge that an issuer warns of."""
    escalation = await escalations.look(desk, turn.value)
    note = "The card's issuer warns that this charge may be fraudulent; a refund may prevent a chargeback."
    filled = Filled({"note": note, "source": Source.SLACK})
    await prefilled(desk, turn, filled, escalation.charge_id)


async def prefilled(desk: Desk, turn: Turn, filled: Filled, query: str) -> None:
    """Open the form with what is known, for the charge or the customer that `query` names."""
    await _open(desk, turn, filled, query)
    await turn.ack()


async def find_charges(desk: Desk, turn: Turn) -> None:
    """Offer the charges that the typed email or id names, by customer."""
    try:
        await requesting.require_member(desk, turn.user, "look charges up")
        found = await desk.payments.find(turn.body["value"])
    except DeskError as error:
        await turn.ack(options=[b.option(str(error), "none")])
        return
    if not found:
        await turn.ack(options=[b.option("There is no charge of this customer in Stripe.", "none")])
        return
    groups = groupby(found[:100], key=lambda one: one[1].name or one[1].email if one[1] else "No customer")
    await turn.ack(
        option_groups=[
            {
                "label": b.plain(name or "No name", 75),
                "options": [refund_form.charge_option(one) for one, _ in charges],
            }
            for name, charges in groups
        ]
    )


async def redraw(desk: Desk, turn: Turn) -> None:
    """Show what depends on the chosen charge and reason."""
    desk.tasks.start(_refill(desk, turn), "redraw the form")
    await turn.ack()


async def submit(desk: Desk, turn: Turn) -> None:
    """Rule on what was asked and show the ruling; when Stripe is slow, say so and show it later."""
    draft = _draft(refund_form.read(turn.view))
    ruled = requesting.request(desk, draft, _actor(turn), turn.view["id"])
    await turn.answer_form(desk, "Refund", _ruling_view(desk, ruled))


async def _open(desk: Desk, turn: Turn, filled: Filled, query: str) -> None:
    """Open the form at once; where Slack or Stripe has to be asked first, open a skeleton and fill it."""
    if not query and desk.directory.knows(turn.user):
        shown = await _drawn(desk, turn.user, partial(_with_charge, desk, filled, query))
        await turn.client.views_open(trigger_id=turn.trigger_id, view=shown)
        return
    opened = await turn.client.views_open(trigger_id=turn.trigger_id, view=refund_form.skeleton())
    desk.tasks.start(fill(desk, turn, opened["view"], filled, query), "fill the form")


async def fill(desk: Desk, turn: Turn, view: dict[str, Any], filled: Filled, query: str) -> None:
    """Draw the form in a skeleton's place, with the charge that `query` names where it is one."""
    await _fill(desk, turn, view, partial(_with_charge, desk, filled, query))


async def fill_with_charges(desk: Desk, turn: Turn, view: dict[str, Any], customer_id: str) -> None:
    """Draw the form in a skeleton's place, with one customer's charges to choose from."""
    await _fill(desk, turn, view, partial(_with_charges, desk, customer_id))


async def _fill(desk: Desk, turn: Turn, view: dict[str, Any], read: Read) -> None:
    await _update(turn.client, view, await _drawn(desk, turn.user, read))


async def _drawn(desk: Desk, user: str, read: Read) -> b.Block:
    """Draw the form with what `read` returns; or why `user` may not have it, before anything is read."""
    try:
        await requesting.require_member(desk, user, "open the refund form")
    except DeskError as error:
        return refund_form.refusal(str(error))
    return refund_form.form(desk.playbook, await read())


async def _with_charge(desk: Desk, filled: Filled, query: str) -> Filled:
    try:
        found = await desk.payments.find(query) if query else []
    except DeskError as error:
        return replace(filled, hint=str(error))
    if len(found) > 1:
        hint = f"There are {len(found)} charges for {query}. Type that into the first field and pick one."
        return replace(filled, hint=hint)
    return replace(filled, charge=found[0] if found else None)


async def _with_charges(desk: Desk, customer_id: str) -> Filled:
    try:
        return Filled(offered=await _refundable(desk, customer_id))
    except DeskError as error:
        return Filled(hint=str(error))


async def _refundable(desk: Desk, customer_id: str) -> tuple[tuple[Charge, Customer | None], ...]:
    """Return a customer's newest charges that took money, a hundred at the most."""
    found = await desk.payments.find(customer_id)
    return tuple(one for one in found if one[0].status == "succeeded" and one[0].captured)[:100]


async def _refill(desk: Desk, turn: Turn) -> None:
    view = turn.view
    filled = refund_form.read(view)
    charge_id, charge, hint = filled.get("charge"), None, ""
    whose: str = view.get("private_metadata", "")
    offered: tuple[tuple[Charge, Customer | None], ...] = ()
    if charge_id and charge_id != "none":
        try:
            await requesting.require_member(desk, turn.user, "look charges up", charge_id)
            charge = (await desk.payments.find(charge_id))[0]
            offered = await _refundable(desk, whose) if whose else ()
        except DeskError as error:
            hint = str(error)
    shown = Filled(filled.values, filled.checks, charge, hint, offered)
    await _update(turn.client, view, refund_form.form(desk.playbook, shown))


async def _update(client: AsyncWebClient, view: dict[str, Any], shown: b.Block) -> None:
    try:
        await client.views_update(view_id=view["id"], hash=view["hash"], view=shown)
    except SlackApiError as error:
        # The form changed meanwhile, or was closed: what stands there now is newer than this.
        if error_name(error) not in {"hash_conflict", "not_found"}:
            raise


async def _message(desk: Desk, work: Awaitable[Answered]) -> Message:
    answered = await work
    return Message(answered.ruling.headline, await _told(desk, answered))


async def _told(desk: Desk, answered: Answered) -> list[b.Block]:
    ruling = answered.ruling
    mention = await desk.directory.mention(ruling.route) if isinstance(ruling, Escalate) else ""
    return told(ruling, mention=mention, case_id=answered.subject_id)


async def _ruling_view(desk: Desk, work: Awaitable[Answered]) -> b.Block:
    return b.modal("Refund", "refund_ruling", await _told(desk, await work))


def _draft(filled: Filled) -> Draft:
    """Read the form. Raises FieldError when no charge or reason is chosen."""
    wrong = {}
    if not filled.get("charge") or filled.get("charge") == "none":
        wrong["charge"] = (
            "Pick a charge from the list. Type the customer's whole email address to see theirs."
        )
    if filled.get("reason") not in set(Reason):
        wrong["reason"] = f"“{filled.get('reason')}” is not a reason. Use one of: {', '.join(Reason)}."
    if wrong:
        raise FieldError(wrong)
    wish = filled.get("wish")
    return Draft(
        charge_id=filled.get("charge"),
        reason=Reason(filled.get("reason")),
        source=Source(filled.get("source") or Source.SLACK),
        ticket=filled.get("ticket"),
        note=filled.get("note"),
        chargeback=Chargeback(filled.get("chargeback") or Chargeback.NONE),
        identity=Identity(*(check in filled.checks for check in ("email", "organisation", "tenant"))),
        wish=PastDueWish(wish) if wish else None,
        typed=filled.values,
    )


def _actor(turn: Turn) -> Actor:
    person = turn.body.get("user") or {"name": turn.body.get("user_name")}
    return Actor(turn.user, person.get("name") or person.get("username") or "")

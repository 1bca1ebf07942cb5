"""What people do with the forms of billing changes, one call each: for the tour and for the tests."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.play import ALL_CHECKS, Play
from bot.sandbox.slack import Outcome

_FORMS: Final = {"/pastdue": "past_due_form", "/cancel": "cancel_form", "/comp": "comp_form"}
_TYPED: Final = frozenset({"ticket", "note"})


async def open_form(play: Play, who: str, channel: str, command: str, customer: str) -> dict[str, Any]:
    """Type `command` with a customer, and wait for the form to be filled."""
    await play.slack.command(who, channel, command, customer)
    return await play.modal(who, _FORMS[command])


async def choose(play: Play, who: str, name: str, *values: str) -> None:
    """Choose in a field that reports it, and wait until the form was drawn again."""
    view = play.slack.modal(who) or {}
    outcome = await play.slack.click(
        who, name, view_id=view["id"], block_id=name, chosen=_chosen(view, name, values)
    )
    if not outcome.ok:
        raise LookupError(outcome.error)
    await play.slack.until(lambda: (play.slack.modal(who) or {}).get("hash") != view["hash"])


async def send(play: Play, who: str, **fields: str) -> Outcome:
    """Type the ticket and the note, tick all identity checks where they are asked for, and send the form."""
    view = play.slack.modal(who) or {}
    shown = {block.get("block_id") for block in view["blocks"]}
    state: dict[str, Any] = {
        name: {name: {"value": value}} for name, value in fields.items() if name in _TYPED
    }
    if "cancel_identity" in shown:
        state["cancel_identity"] = {"cancel_identity": {"selected_options": list(ALL_CHECKS)}}
    return await play.slack.submit(who, view["id"], state)


def _chosen(view: dict[str, Any], name: str, values: tuple[str, ...]) -> dict[str, Any]:
    element = next(block["element"] for block in view["blocks"] if block.get("block_id") == name)
    if element["type"] == "datepicker":
        return {"selected_date": values[0]}
    if element["type"] in {"multi_static_select", "checkboxes"}:
        return {"selected_options": list(values)}
    return {"selected_option": values[0]}

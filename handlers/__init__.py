"""One file per conversation in Slack; the tables below are their table of contents.

Bolt tries its listeners one after another, so there is one for each kind of turn, and a table tells
apart by id what it was.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.desk import Desk
from bot.errors import NotFoundError
from handlers import (
    cancel,
    change,
    comp,
    customer,
    decision,
    dispute,
    errors,
    escalation,
    home,
    past_due,
    refund,
    resolution,
)
from handlers.turn import Turn

Listener = Callable[[Desk, Turn], Awaitable[None]]

ACTIONS: Final[Mapping[str, Listener]] = {
    "case_approve": decision.approve,
    "case_deny": decision.open_sentence,
    "case_ask": decision.open_sentence,
    "case_checks": decision.show_checks,
    "case_answer": decision.open_answer,
    "case_retry": decision.retry,
    "case_abandon": decision.open_sentence,
    "charge": refund.redraw,
    "reason": refund.redraw,
    "home_refund": refund.from_home,
    "escalation_acknowledge": escalation.acknowledge,
    "escalation_refund": refund.from_warning,
    "escalation_resolve": escalation.open_form,
    "escalation_hand_on": escalation.open_form,
    "dispute_accept": dispute.accept,
    "dispute_challenge": dispute.challenge,
    "dispute_evidence": dispute.open_form,
    "dispute_submit": dispute.submit,
    "dispute_usage": dispute.look_again,
    "customer_pick": customer.pick,
    "customer_refund": customer.refund_one,
    "customer_failed": customer.open_failed,
    "customer_twice": customer.open_twice,
    "customer_portal": customer.make_portal_link,
    "duplicate_refund": customer.refund_duplicate,
    "change_approve": change.approve,
    "change_deny": change.open_sentence,
    "change_go_on": change.go_on,
    "change_leave_off": change.open_sentence,
    "change_refund": change.start_refund,
    "pastdue_open": past_due.FORM.from_button,
    "past_due_refund": past_due.FORM.redraw,
    "past_due_pays": past_due.FORM.redraw,
    "past_due_else": past_due.FORM.redraw,
    "past_due_collect": past_due.FORM.redraw,
    "past_due_void": past_due.FORM.redraw,
    "past_due_close": past_due.FORM.redraw,
    "past_due_collecting": past_due.FORM.redraw,
    "cancel_open": cancel.FORM.from_button,
    "cancel_subscription": cancel.FORM.redraw,
    "cancel_way": cancel.FORM.redraw,
    "comp_open": comp.FORM.from_button,
    "comp_subscription": comp.FORM.redraw,
    "comp_way": comp.FORM.redraw,
    "comp_months": comp.FORM.redraw,
    "comp_until": comp.FORM.redraw,
    "customer_told": resolution.customer_told,
    "open_link": dispute.opened_link,
}
VIEWS: Final[Mapping[str, Listener]] = {
    "case_sentence": decision.submit_sentence,
    "case_answer": decision.submit_answer,
    "refund_form": refund.submit,
    "escalate_form": escalation.submit,
    "evidence_form": dispute.add,
    "escalation_answer": escalation.submit_answer,
    "change_sentence": change.submit_sentence,
    "past_due_form": past_due.FORM.sent,
    "cancel_form": cancel.FORM.sent,
    "comp_form": comp.FORM.sent,
}
COMMANDS: Final[Mapping[str, Listener]] = {
    "/refund": refund.command,
    "/escalate": escalation.command,
    "/customer": customer.command,
    "/pastdue": past_due.FORM.from_command,
    "/cancel": cancel.FORM.from_command,
    "/comp": comp.FORM.from_command,
}
OPTIONS: Final[Mapping[str, Listener]] = {"charge": refund.find_charges}
SHORTCUTS: Final[Mapping[str, Listener]] = {
    "start_refund": refund.shortcut,
    "payment_failed": customer.open_failed_of_message,
}
_ANY: Final = re.compile("")


def register(app: AsyncApp, desk: Desk) -> None:
    """Connect every conversation, the most frequent kind of turn first."""
    app.action(_ANY)(partial(_turn, desk, ACTIONS, lambda body: body["actions"][0]["action_id"]))
    app.view(_ANY)(partial(_turn, desk, VIEWS, lambda body: body["view"]["callback_id"]))
    app.command(_ANY)(partial(_turn, desk, COMMANDS, lambda body: body["command"]))
    app.options(_ANY)(partial(_turn, desk, OPTIONS, lambda body: body["action_id"]))
    app.shortcut(_ANY)(partial(_turn, desk, SHORTCUTS, lambda body: body["callback_id"]))
    app.event("app_home_opened")(partial(home.opened, desk))
    app.error(partial(errors.answer, desk))


async def _turn(
    desk: Desk,
    listeners: Mapping[str, Listener],
    which: Callable[[dict[str, Any]], str],
    ack: AsyncAck,
    body: dict[str, Any],
    client: AsyncWebClient,
) -> None:
    listener = listeners.get(which(body))
    if listener is None:
        raise NotFoundError("This belongs to an older Makegood. Open the newest card, or ask again.")
    await listener(desk, Turn(ack, client, body))

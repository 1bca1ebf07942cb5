"""One file per conversation in Slack; `register` below is their table of contents."""

from __future__ import annotations

from functools import partial

from slack_bolt.async_app import AsyncApp

from bot.desk.desk import Desk
from handlers import decision, dispute, errors, escalation, home, refund


def register(app: AsyncApp, desk: Desk) -> None:
    """Connect every listener, the most frequent first: Bolt tries them one after another."""
    app.action("case_approve")(partial(decision.approve, desk))
    app.action("case_deny")(partial(decision.open_sentence, desk))
    app.action("case_ask")(partial(decision.open_sentence, desk))
    app.view("case_sentence")(partial(decision.submit_sentence, desk))
    app.action("case_answer")(decision.open_answer)
    app.view("case_answer")(partial(decision.submit_answer, desk))
    app.action("case_checks")(partial(decision.show_checks, desk))
    app.action("case_retry")(partial(decision.retry, desk))
    app.action("case_abandon")(partial(decision.open_sentence, desk))

    app.command("/refund")(partial(refund.command, desk))
    app.options("charge")(partial(refund.find_charges, desk))
    app.action("charge")(partial(refund.redraw, desk))
    app.action("reason")(partial(refund.redraw, desk))
    app.view("refund_form")(partial(refund.submit, desk))
    app.shortcut("start_refund")(partial(refund.shortcut, desk))

    app.command("/escalate")(partial(escalation.command, desk))
    app.view("escalate_form")(partial(escalation.submit, desk))
    app.action("escalation_acknowledge")(partial(escalation.acknowledge, desk))
    app.action("escalation_resolve")(partial(escalation.open_form, desk))
    app.action("escalation_hand_on")(partial(escalation.open_form, desk))
    app.view("escalation_answer")(partial(escalation.submit_answer, desk))

    app.action("dispute_accept")(partial(dispute.accept, desk))
    app.action("dispute_challenge")(partial(dispute.challenge, desk))
    app.action("open_link")(dispute.opened_link)

    app.event("app_home_opened")(partial(home.opened, desk))
    app.action("home_refund")(partial(refund.from_home, desk))
    app.error(partial(errors.answer, desk))

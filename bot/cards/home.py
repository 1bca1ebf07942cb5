"""The Home page: what waits for this person, and what they asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cards import blocks as b
from bot.cards.blocks import Block
from bot.cards.case import plain_standing
from bot.cards.change import plain_standing as change_standing
from bot.cards.change import title as change_title
from bot.cards.text import escape, left, when
from bot.store.tables import BillingChange, Case, Dispute, Escalation
from policy.money import Money

_SHOWN = 12


def page(
    now: datetime,
    *,
    waiting: Sequence[tuple[Case | Escalation | Dispute | BillingChange, str]],
    mine: Sequence[Case | BillingChange],
    unchecked: bool,
) -> Block:
    """Draw it. `waiting` comes with permalinks; `unchecked`: Slack could not say who may decide."""
    start = b.button("Start a refund", "home_refund", "start", style="primary")
    shown: list[Block] = [b.header("Makegood, the refund desk"), b.actions([start]), b.divider()]
    shown.append(b.section("*Waiting for you*"))
    if unchecked:
        shown.append(b.section("Slack could not say what you may decide. Open this page again in a minute."))
    elif not waiting:
        shown.append(b.section("Nothing waits for you."))
    shown += [_waiting(subject, link, now) for subject, link in waiting[:_SHOWN]]
    shown += [b.divider(), b.section("*Your requests*")]
    shown += [b.section(_request(one)) for one in mine[:_SHOWN]]
    if not mine:
        shown.append(
            b.section(
                "You have not asked for anything yet. Type `/refund` in any channel, or start one above."
            )
        )
    return {"type": "home", "blocks": shown}


def _waiting(subject: Case | Escalation | Dispute | BillingChange, link: str, now: datetime) -> Block:
    deadline = (
        f"answer by {when(subject.answer_by)} ({left(now, subject.answer_by)})" if subject.answer_by else ""
    )
    title = _title(subject)
    named = f"<{link}|{title}>" if link else title
    return b.section(f"*{named}*\n{deadline}")


def _title(subject: Case | Escalation | Dispute | BillingChange) -> str:
    if isinstance(subject, BillingChange):
        return escape(change_title(subject))
    if isinstance(subject, Escalation):
        return escape(f"{subject.issue.replace('_', ' ').capitalize()} {subject.customer}".strip())
    who = escape(subject.customer_name or subject.customer_email or subject.charge_id)
    what = "chargeback" if isinstance(subject, Dispute) else "refund"
    return f"{Money(subject.amount_minor, subject.currency)} {what} · {who}"


def _request(asked: Case | BillingChange) -> str:
    stands = change_standing(asked) if isinstance(asked, BillingChange) else plain_standing(asked)
    return f"*{_title(asked)}* · {stands}\n{asked.id}, {when(asked.opened_at)}"

"""A request as it was typed, and its reading into an `Ask` once the charge's currency is known."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from bot.errors import FieldError
from policy.facts import Ask, Chargeback, Identity, PastDueWish, Reason, ServiceReport, Source
from policy.money import Money, MoneyError, parse_amount


class Draft(Struct, frozen=True):
    """What an agent typed or chose. `typed` holds the texts that need reading, by field name."""

    charge_id: str
    reason: Reason
    source: Source
    ticket: str = ""
    note: str = ""
    chargeback: Chargeback = Chargeback.NONE
    identity: Identity = Identity()
    wish: PastDueWish | None = None
    typed: Mapping[str, str] = {}


def as_ask(draft: Draft, currency: str) -> Ask:
    """Read a draft. Raises FieldError with a sentence for every field that cannot be read."""
    wrong: dict[str, str] = {}

    def money(name: str) -> Money | None:
        try:
            return parse_amount(draft.typed[name], currency) if draft.typed.get(name) else None
        except MoneyError as error:
            wrong[name] = str(error)
            return None

    def whole(name: str, most: int) -> int | None:
        text = draft.typed.get(name, "").strip().removesuffix("%").strip()
        if not text:
            return None
        if not text.isdigit() or int(text) > most:
            wrong[name] = f"Write a whole number from 0 to {most:,}."
            return None
        return int(text)

    amount = money("amount")
    service = ServiceReport(
        completed_percent=whole("completed", 100),
        onsite_minutes=whole("onsite", 100_000),
        booked_minutes=whole("booked", 100_000),
        parts_used=money("parts"),
        sla_met={"yes": True, "no": False}.get(draft.typed.get("sla_met", "")),
        surcharge=money("surcharge"),
        complex=draft.typed.get("complex") == "yes",
    )
    if wrong:
        raise FieldError(wrong)
    return Ask(
        charge_id=draft.charge_id,
        reason=draft.reason,
        source=draft.source,
        amount=amount,
        ticket=draft.ticket.strip(),
        note=draft.note.strip(),
        chargeback=draft.chargeback,
        identity=draft.identity,
        past_due_wish=draft.wish,
        service=service if draft.reason is Reason.FAILED_SERVICE else None,
    )

"""What a line of `/refund`, or a customer's message, says about a refund.

`/refund ch_3Q… 49.00 duplicate "charged twice, ticket 4711" verified via email` says everything:
charge, amount (or none: all that is left), reason, note with the ticket, that the three identity
checks were made, and how the request came in. Whatever is missing, the form asks for.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

from msgspec import Struct

from bot.cards.refund_form import Filled
from policy.facts import Chargeback, Reason, Source

_ID: Final = re.compile(r"\b(?:ch|py|pi|cus)_[A-Za-z0-9]+\b")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_TICKET: Final = re.compile(r"\bticket\s*(?:no\.?|number|#|:)?\s*#?([A-Za-z0-9][A-Za-z0-9-]*)", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"[$€£]?\d[\d,]*(?:\.\d+)?")
_TWICE: Final = re.compile(r"\b(?:twice|double|duplicate)\b", re.IGNORECASE)
_ALL_CHECKS: Final = ("email", "organisation", "tenant")


class Line(Struct, frozen=True):
    """What was said. `query` is what to look up; `complete` means that nothing is missing."""

    filled: Filled
    query: str
    complete: bool = False


def from_line(text: str) -> Line:
    """Read the text after `/refund`."""
    values: dict[str, str] = {}
    query, verified = "", False
    words = iter(_words(text))
    for word in words:
        lower = word.lower()
        if not query and (_ID.fullmatch(word) or _EMAIL.fullmatch(_unlinked(word))):
            query = _unlinked(word)
        elif lower == "verified":
            verified = True
        elif lower == "via":
            values["source"] = next(words, "").lower()
        elif lower in set(Reason):
            values["reason"] = lower
        elif lower in {Chargeback.THREATENED, Chargeback.FILED}:
            values["chargeback"] = lower
        elif "amount" not in values and _AMOUNT.fullmatch(word):
            values["amount"] = word
        else:
            values["note"] = f"{values.get('note', '')} {word}".strip()
    if values.get("source") not in set(Source):
        values.pop("source", None)
    if ticket := _TICKET.search(values.get("note", "")):
        values["ticket"] = ticket.group(1)
    if query.startswith(("ch_", "py_")):
        values["charge"] = query
    complete = verified and all(values.get(name) for name in ("charge", "reason", "ticket", "source"))
    hint = "Complete what is missing, and confirm whom you spoke to." if text.strip() else ""
    return Line(Filled(values, _ALL_CHECKS if verified else (), hint=hint), query, complete)


def from_message(text: str) -> Line:
    """Read what a customer wrote: who they are, the ticket, the note; an id before an address."""
    found = _ID.search(text) or _EMAIL.search(text)
    values = {"note": _plain(text)[:2000], "source": Source.EMAIL}
    if ticket := _TICKET.search(text):
        values["ticket"] = ticket.group(1)
    if _TWICE.search(text):
        values["reason"] = Reason.DUPLICATE
    if re.search(r"charge\s?back", text, re.IGNORECASE):
        values["chargeback"] = Chargeback.THREATENED
    hint = "Filled in from the message. Check it before you ask."
    return Line(Filled(values, hint=hint), found.group() if found else "")


def _words(text: str) -> list[str]:
    straight = text.replace("“", '"').replace("”", '"')
    try:
        return shlex.split(straight)
    except ValueError:  # a quotation mark that is never closed
        return straight.replace('"', " ").split()


def _unlinked(word: str) -> str:
    """Undo Slack's own linking of addresses: `<mailto:a@b.c|a@b.c>`."""
    match = re.fullmatch(r"<mailto:([^|>]+)(?:\|[^>]*)?>", word)
    return match.group(1) if match else word


def _plain(text: str) -> str:
    """Turn Slack's markup of a message into the words that were typed."""
    unlinked = re.sub(r"<(?:mailto:)?([^|>]+)\|([^>]+)>", r"\2", text)
    return unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

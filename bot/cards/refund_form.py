"""The refund form: which fields it has, and what its fields hold when it comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from bot.cards import blocks as b
from bot.cards.blocks import Block
from bot.cards.text import day, escape, shortened
from policy.facts import Charge, Chargeback, Customer, PastDueWish, Reason
from policy.playbook import Playbook

CALLBACK: Final = "refund_form"
_SOURCES: Final = (
    ("email", "Email"),
    ("portal", "Customer portal"),
    ("phone", "Phone"),
    ("field_report", "Field report"),
    ("slack", "Slack"),
)
_CHARGEBACKS: Final = (
    (Chargeback.NONE, "No"),
    (Chargeback.THREATENED, "Threatened"),
    (Chargeback.FILED, "Filed with the bank"),
)
_CHECKS: Final = (("email", "Email"), ("organisation", "Organisation name"), ("tenant", "Tenant id"))
_WISHES: Final = (
    (PastDueWish.CONTINUE, "Continue; no refund"),
    (PastDueWish.REFUND_PAYS_TWO, "A refund, and pays two invoices"),
    (PastDueWish.REFUND_REFUSES, "A refund, and refuses to pay"),
)
_YES_NO: Final = (("yes", "Yes"), ("no", "No"))


class Filled(Struct, frozen=True):
    """What stands in the form: each field's text or value, under its name."""

    values: Mapping[str, str] = {}
    checks: tuple[str, ...] = ()
    charge: tuple[Charge, Customer | None] | None = None
    hint: str = ""
    offered: tuple[tuple[Charge, Customer | None], ...] = ()
    """The charges of one customer, to choose from without looking any up."""

    def get(self, name: str) -> str:
        """Return what stands in a field, or nothing."""
        return self.values.get(name, "")


def form(playbook: Playbook, filled: Filled) -> Block:
    """Draw the form with what is known already."""
    shown: list[Block] = [
        *([b.context(filled.hint)] if filled.hint else []),
        _charge_field(filled),
        *_about(filled),
        b.labelled(
            "Amount",
            "amount",
            b.text_field(_left(filled), filled.get("amount"), limit=30),
            hint="Leave it empty to refund all that is left.",
            optional=True,
        ),
        _choice(
            "Reason",
            "reason",
            _reasons(playbook),
            filled,
            placeholder="Why should it be refunded?",
            live=True,
        ),
        *_extra(filled),
        _choice("How did the request come in?", "source", _options(_SOURCES), filled, placeholder="Choose"),
        b.labelled("Ticket", "ticket", b.text_field("4711", filled.get("ticket"), limit=100)),
        b.labelled(
            "Chargeback",
            "chargeback",
            b.choice("radio_buttons", _options(_CHARGEBACKS), filled.get("chargeback") or Chargeback.NONE),
            hint="Did the customer file or threaten a chargeback with their bank?",
        ),
        b.labelled(
            "You checked with the customer",
            "identity",
            _checkboxes(filled.checks),
            hint="All three have to be checked before any refund.",
            optional=True,
        ),
        b.labelled(
            "Note",
            "note",
            b.text_field("What happened, and what you found", filled.get("note"), lines=True, limit=2000),
            optional=True,
        ),
    ]
    whose = next((charge.customer_id for charge, _ in filled.offered), "")
    return b.modal("Refund", CALLBACK, shown, submit="Request refund", close="Cancel", note=whose)


def skeleton() -> Block:
    """Draw the form while Slack or Stripe is being asked."""
    return b.modal("Refund", "refund_loading", [b.section("One moment …")], close="Cancel")


def refusal(sentence: str) -> Block:
    """Say in the form's place why there is none."""
    return b.modal("Refund", "refund_refused", [b.section(f"⛔ {sentence}")])


def charge_option(charge: Charge) -> Block:
    """Draw a charge as a choice: amount, date, description, card."""
    card = f" •••• {charge.card_last4}" if charge.card_last4 else ""
    words = f"{charge.amount} · {day(charge.created_at)}{card}"
    about = charge.description or charge.id
    if charge.refunded_minor:
        about = f"{charge.left} left · {about}"
    return b.option(words, charge.id, shortened(about, 75))


def read(view: Mapping[str, Any]) -> Filled:
    """Read the fields of a view's state. Raises KeyError for a view that is not this form."""
    values: dict[str, str] = {}
    checks: tuple[str, ...] = ()
    for fields in view["state"]["values"].values():
        for name, said in fields.items():
            if name == "identity":
                checks = tuple(option["value"] for option in said.get("selected_options") or ())
                continue
            chosen = said.get("selected_option")
            values[name] = (chosen["value"] if chosen else said.get("value")) or ""
    return Filled(values, checks)


def metadata(**values: str) -> str:
    """Write a view's private metadata."""
    return json.dumps(values)


def _charge_field(filled: Filled) -> Block:
    if filled.offered:
        options = [charge_option(charge) for charge, _ in filled.offered]
        element = b.choice("static_select", options, filled.get("charge"), "Which charge?")
        return b.labelled("Charge", "charge", element, live=True)
    element = {
        "type": "external_select",
        "min_query_length": 3,
        "placeholder": b.plain("Email, cus_…, ch_… or pi_…"),
    }
    if filled.charge:
        element["initial_option"] = charge_option(filled.charge[0])
    return b.labelled(
        "Customer and charge",
        "charge",
        element,
        hint="Type the customer's whole email address, or an id from Stripe, and pick the charge.",
        live=True,
    )


def _about(filled: Filled) -> list[Block]:
    if not filled.charge:
        return []
    charge, customer = filled.charge
    name = escape(customer.name or customer.email) if customer else "No customer on this charge"
    parts = [f"*{name}*"]
    if customer:
        parts += [escape(one) for one in (customer.email, customer.organisation, customer.tenant_id) if one]
    parts.append(f"{charge.left} of {charge.amount} left")
    parts += ["⚠️ disputed"] if charge.disputed else []
    return [b.context(" · ".join(parts))]


def _left(filled: Filled) -> str:
    return filled.charge[0].left.digits if filled.charge else "All that is left"


def _extra(filled: Filled) -> list[Block]:
    """Draw the fields that only some reasons need."""
    if filled.get("reason") == Reason.PAST_DUE:
        return [
            _choice("What does the customer want?", "wish", _options(_WISHES), filled, placeholder="Choose")
        ]
    if filled.get("reason") != Reason.FAILED_SERVICE:
        return []
    numbers: Sequence[tuple[str, str, str]] = (
        ("completed", "Work completed, in percent", "60"),
        ("onsite", "Minutes on site", "45"),
        ("booked", "Minutes booked", "120"),
        ("parts", "Parts used, as an amount", "35.00"),
        ("surcharge", "Surcharge for the SLA, as an amount", "80.00"),
    )
    return [
        *(
            b.labelled(label, name, b.text_field(example, filled.get(name), limit=20), optional=True)
            for name, label, example in numbers
        ),
        _choice(
            "Was the SLA met?", "sla_met", _options(_YES_NO), filled, placeholder="Not known", optional=True
        ),
        _choice(
            "Is it a complex case?", "complex", _options(_YES_NO), filled, placeholder="No", optional=True
        ),
    ]


def _choice(
    label: str,
    name: str,
    options: Sequence[Block],
    filled: Filled,
    *,
    placeholder: str,
    live: bool = False,
    optional: bool = False,
) -> Block:
    element = b.choice("static_select", options, filled.get(name), placeholder)
    return b.labelled(label, name, element, live=live, optional=optional)


def _options(pairs: Sequence[tuple[str, str]]) -> list[Block]:
    return [b.option(label, value) for value, label in pairs]


def _reasons(playbook: Playbook) -> list[Block]:
    return [b.option(rule.label, reason, rule.description) for reason, rule in playbook.reasons.items()]


def _checkboxes(checked: Sequence[str]) -> Block:
    options = _options(_CHECKS)
    element: Block = {"type": "checkboxes", "options": options}
    initial = [option for option in options if option["value"] in checked]
    return element | {"initial_options": initial} if initial else element

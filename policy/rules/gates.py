"""What must hold before any refund: each gate passes with a finding, or stops the request with what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from policy.facts import Chargeback, Facts
from policy.model import Gate
from policy.money import Money
from policy.rules.verdict import GateCheck, Stop
from policy.ruling import Finding, Result

_IDENTITY: Final = {
    "email": "the account's email",
    "organisation": "the organisation's name",
    "tenant": "the tenant id",
}


def compile_gate(gate: Gate) -> GateCheck:
    """Return the check that `gate` stands for."""
    return _FACTORIES[gate.id](gate)


def _passed(gate: Gate, text: str) -> Finding:
    return Finding(f"gates.{gate.id}", Result.PASSED, text, gate.source)


def _failed(gate: Gate, text: str) -> Finding:
    return Finding(f"gates.{gate.id}", Result.FAILED, text, gate.source)


def _charge_found(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The charge was found in Stripe.")
    text = "No such charge was found in Stripe."

    def check(facts: Facts) -> Finding | Stop:
        if facts.charge is not None:
            return passed
        return Stop(
            _failed(gate, text),
            f"Not refunded: there is no charge {facts.ask.charge_id} in Stripe.",
            gate.says,
            ("Look the customer up by email or customer id and pick the charge from the list.",),
        )

    return check


def _one_open_case(gate: Gate) -> GateCheck:
    passed = _passed(gate, "No other case is open for this charge.")

    def check(facts: Facts) -> Finding | Stop:
        case = facts.history.open_case
        if case is None:
            return passed
        steps = [f"Follow case {case}; add what is new in its thread."]
        if facts.ask.chargeback is not Chargeback.NONE:
            steps.insert(0, f"Say in case {case} at once that a chargeback was {facts.ask.chargeback.value}.")
        return Stop(
            _failed(gate, f"Case {case} is open for this charge."),
            f"Not opened again: case {case} is already open for this charge.",
            gate.says,
            tuple(steps),
            linked_case=case,
        )

    return check


def _chargeback_filed(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The customer has filed no chargeback.")

    def check(facts: Facts) -> Finding | Stop:
        if facts.ask.chargeback is not Chargeback.FILED:
            return passed
        return Stop(
            _failed(gate, "The customer has filed a chargeback with the bank."),
            "Not refunded: the customer filed a chargeback with the bank.",
            gate.says,
            ("Make no manual refund: the money would go out twice.",),
            gate.tell_customer,
        )

    return check


def _not_disputed(gate: Gate) -> GateCheck:
    passed = _passed(gate, "Stripe shows no dispute on the charge.")
    steps = ("Make no manual refund. Finance was told when the dispute came in; ask there how it stands.",)
    inquiry = (
        "Stripe would still take a refund while the bank only inquires: finance decides whether to make it.",
    )

    def check(facts: Facts) -> Finding | Stop:
        charge = facts.charge
        if charge is None or not charge.disputed:
            return passed
        return Stop(
            _failed(gate, "The charge is disputed in Stripe."),
            "Not refunded: the bank has a dispute open on this charge. "
            "Finance handles it through Stripe's dispute process.",
            gate.says,
            steps + inquiry if charge.dispute_refundable else steps,
            gate.tell_customer,
        )

    return check


def _chargeback_threatened(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The customer threatens no chargeback.")

    def check(facts: Facts) -> Finding | Stop:
        if facts.ask.chargeback is not Chargeback.THREATENED:
            return passed
        return Stop(
            _failed(gate, "The customer threatens a chargeback."),
            "A chargeback is threatened.",
            gate.says,
            ("Do not answer the customer before this is decided.",),
            gate.tell_customer,
        )

    return check


def _paid(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The charge was paid.")

    def check(facts: Facts) -> Finding | Stop:
        if facts.charge is None or facts.charge.status == "succeeded":
            return passed
        return Stop(
            _failed(gate, f"The charge is {facts.charge.status} in Stripe, not succeeded."),
            f"Not refunded: the charge never went through. Stripe shows it as {facts.charge.status}.",
            gate.says,
            ("Nothing was taken from the customer. Check whether another charge is meant.",),
            gate.tell_customer,
        )

    return check


def _captured(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The money was taken; it is no mere reservation.")

    def check(facts: Facts) -> Finding | Stop:
        if facts.charge is None or facts.charge.captured:
            return passed
        return Stop(
            _failed(gate, "The charge is an authorisation hold that was never captured."),
            f"Not refunded: this is a hold, not a charge. It drops by itself in {gate.hold_drops_in}.",
            gate.says,
            ("Explain to the customer that the bank releases the reserved amount by itself.",),
            gate.tell_customer,
        )

    return check


def _not_refunded(gate: Gate) -> GateCheck:
    passed = _passed(gate, "There is money left on the charge.")

    def check(facts: Facts) -> Finding | Stop:
        if facts.charge is None or facts.charge.refunded_minor < facts.charge.amount.minor:
            return passed
        amount = facts.charge.amount
        return Stop(
            _failed(gate, f"All of the {amount} was refunded before."),
            f"Not refunded: all of the {amount} on this charge was refunded before.",
            gate.says,
            ("Tell the customer when the earlier refund was made, and its refund id from Stripe.",),
            gate.tell_customer,
        )

    return check


def _amount_left(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The amount asked for is on the charge.")

    def check(facts: Facts) -> Finding | Stop:
        asked, charge = facts.ask.amount, facts.charge
        if asked is None or charge is None:
            return passed
        if asked.currency != charge.amount.currency:
            return _wrong_amount(gate, asked, f"the charge is in {charge.amount.currency}")
        if asked.minor <= 0:
            return _wrong_amount(gate, asked, "the amount must be more than zero")
        if asked.minor > charge.left.minor > 0:
            return _wrong_amount(gate, asked, f"only {charge.left} is left on the charge")
        return passed

    return check


def _wrong_amount(gate: Gate, asked: Money, because: str) -> Stop:
    return Stop(
        _failed(gate, f"{asked} was asked for, and {because}."),
        f"Not refunded: {asked} was asked for, and {because}.",
        gate.says,
        ("Correct the amount, or leave it out to ask for all that is left.",),
    )


def _identity(gate: Gate) -> GateCheck:
    every = _joined([_IDENTITY[check] for check in gate.checks])
    passed = _passed(gate, f"The customer's identity was confirmed: {every}.")

    def check(facts: Facts) -> Finding | Stop:
        done = facts.ask.identity
        missing = [name for name in gate.checks if not getattr(done, name)]
        if not missing:
            return passed
        named = _joined([_IDENTITY[name] for name in missing])
        return Stop(
            _failed(gate, f"Not confirmed: {named}."),
            f"Not refunded yet: please confirm {named} first.",
            gate.says,
            (f"Confirm {named} with the customer, then ask again.",),
        )

    return check


def _ticket(gate: Gate) -> GateCheck:
    passed = _passed(gate, "The request is logged in a ticket.")

    def check(facts: Facts) -> Finding | Stop:
        if facts.ask.ticket.strip():
            return passed
        return Stop(
            _failed(gate, "There is no ticket."),
            "Not refunded yet: the request needs a ticket.",
            gate.says,
            ("Log it with the account and the amount, then ask again with the ticket's number.",),
        )

    return check


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


_FACTORIES: Final[Mapping[str, Callable[[Gate], GateCheck]]] = {
    "charge_found": _charge_found,
    "one_open_case": _one_open_case,
    "chargeback_filed": _chargeback_filed,
    "not_disputed": _not_disputed,
    "chargeback_threatened": _chargeback_threatened,
    "paid": _paid,
    "captured": _captured,
    "not_refunded": _not_refunded,
    "amount_left": _amount_left,
    "identity": _identity,
    "ticket": _ticket,
}

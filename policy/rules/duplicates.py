"""Find the charge that this one repeats: same customer or card, same amount, same day."""

from __future__ import annotations

from datetime import tzinfo

from policy.facts import Charge
from policy.model import Playbook, ReasonRule
from policy.money import Money
from policy.periods import day_of, written
from policy.rules.verdict import Checked, ReasonCheck, Scene, Standing, left_lines, total
from policy.ruling import Finding, Line, Result


def compile_duplicate(rule: ReasonRule, playbook: Playbook) -> ReasonCheck:
    """Return the check of a duplicate.

    What comes back is what the charges took together, beyond the one that stands; so a pair of which one
    was refunded before gives nothing. A hold is no charge. A twin that is disputed, that belongs to another
    subscription, or that only shares the card's last four digits is for a person to judge.
    """
    name, drops_in = f"reasons.{rule.id}", playbook.gates["captured"].hold_drops_in
    on_hold = playbook.gates["captured"].tell_customer

    def finding(result: Result, text: str) -> Finding:
        return Finding(name, result, text, rule.source)

    def check(scene: Scene) -> Checked:
        same = [
            sibling
            for sibling in scene.facts.siblings
            if same_day_and_amount(scene.charge, sibling, scene.zone)
        ]
        sure = [sibling for sibling in same if surely_a_twin(scene.charge, sibling)]
        if not sure:
            return unsure(scene, same)
        lines = _arithmetic(scene.charge, sure)
        if total(lines) <= 0:
            text = f"{_ids(sure)} was refunded before: together the customer paid only once."
            return Checked(Standing.FAILED, finding(Result.FAILED, text))
        day = written(day_of(scene.charge.created_at, scene.zone))
        found = finding(
            Result.PASSED, f"{_ids(sure)} took the same {scene.charge.amount} on the same day, {day}."
        )
        other = next((twin for twin in sure if twin.customer_id != scene.charge.customer_id), None)
        if other is None:
            return Checked(Standing.VERIFIED, found, lines)
        accounts = f"{scene.charge.customer_id or 'no customer'} and {other.customer_id or 'no customer'}"
        note = finding(Result.NOTED, f"Two separate accounts pay with the same card: {accounts}.")
        step = (
            "Ask the customer which account to keep, and cancel the other, so that it is not charged again."
        )
        return Checked(Standing.VERIFIED, found, lines, (note,), (step,))

    def unsure(scene: Scene, same: list[Charge]) -> Checked:
        perhaps = [sibling for sibling in same if perhaps_a_twin(scene.charge, sibling)]
        if perhaps:
            doubts = doubt(scene.charge, perhaps[0])
            text = f"{_ids(perhaps)} took the same amount on the same day, but {doubts}."
            return Checked(Standing.VOUCHED, finding(Result.NOTED, text), left_lines(scene.charge))
        holds = [sibling for sibling in same if sibling.status == "succeeded" and not sibling.captured]
        if holds:
            text = f"{_ids(holds)} is an authorisation hold, not a charge. It drops by itself in {drops_in}."
            steps = ("Explain that the second entry is a reservation that the bank releases.",)
            return Checked(Standing.FAILED, finding(Result.FAILED, text), (), (), steps, on_hold)
        amount = scene.charge.amount
        text = f"There is no second charge of {amount} on the same day for this customer or this card."
        steps = ("Search Stripe by the card's last four digits: the other may be on a second account.",)
        return Checked(Standing.FAILED, finding(Result.FAILED, text), (), (), steps)

    return check


def _arithmetic(charge: Charge, twins: list[Charge]) -> tuple[Line, ...]:
    currency = charge.amount.currency
    lines = (
        *left_lines(charge),
        *(Line(f"Left on {twin.id}", twin.left) for twin in twins),
        Line("One charge stands", Money(-charge.amount.minor, currency)),
    )
    beyond = total(lines) - charge.left.minor
    return (*lines, Line("Still on the other charges", Money(-beyond, currency))) if beyond > 0 else lines


def same_day_and_amount(charge: Charge, sibling: Charge, zone: tzinfo) -> bool:
    """Say whether two charges are two, of the same amount, on the same day in `zone`."""
    return (
        sibling.id != charge.id
        and sibling.amount == charge.amount
        and day_of(sibling.created_at, zone) == day_of(charge.created_at, zone)
    )


def _taken(charge: Charge) -> bool:
    return charge.status == "succeeded" and charge.captured


def surely_a_twin(charge: Charge, sibling: Charge) -> bool:
    """Say whether one of the two was taken for nothing: one customer, or one card."""
    if not _taken(sibling) or sibling.disputed:
        return False
    if charge.customer_id and sibling.customer_id == charge.customer_id:
        return not _two_subscriptions(charge, sibling)
    return bool(charge.card_fingerprint) and sibling.card_fingerprint == charge.card_fingerprint


def perhaps_a_twin(charge: Charge, sibling: Charge) -> bool:
    """Say whether a person has to judge that; `doubt` says why."""
    if not _taken(sibling):
        return False
    same_customer = bool(charge.customer_id) and sibling.customer_id == charge.customer_id
    same_card = bool(charge.card_last4) and sibling.card_last4 == charge.card_last4
    same_print = bool(charge.card_fingerprint) and sibling.card_fingerprint == charge.card_fingerprint
    return same_customer or same_card or same_print


def _two_subscriptions(charge: Charge, sibling: Charge) -> bool:
    return bool(charge.subscription_id and sibling.subscription_id) and (
        charge.subscription_id != sibling.subscription_id
    )


def doubt(charge: Charge, sibling: Charge) -> str:
    """Say why it is not sure."""
    if sibling.disputed:
        return "it is disputed, and the bank may give it back"
    if _two_subscriptions(charge, sibling) and charge.customer_id == sibling.customer_id:
        return "the two are for different subscriptions"
    return "only the last four digits of the card are the same"


def _ids(charges: list[Charge]) -> str:
    return " and ".join(charge.id for charge in charges)

"""A refund for a customer with past-due invoices: the two-invoice rule comes before any other decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policy.facts import PastDueWish
from policy.model import Playbook, ReasonRule
from policy.past_due import past_due, plan
from policy.periods import counted
from policy.rules.outcomes import Decisive
from policy.rules.verdict import Scene, Stop
from policy.ruling import Finding, Result


class Sent(NamedTuple):
    """Where past-due invoices send a refund: what the agent reads first, the issue, the rule, the steps."""

    headline: str
    issue: str
    decisive: Decisive
    steps: tuple[str, ...]


Arrears = Callable[[Scene, ReasonRule, list[Finding]], Stop | Sent | None]


def compile_arrears(playbook: Playbook) -> Arrears:
    """Return the function that finds whether past-due invoices decide.

    None: they do not. A Stop: no refund, the plan says what to do. Otherwise the issue to send it to,
    with the plan's steps. The rule holds for every reason, because it allows no refund before it is met.
    """
    terms = playbook.past_due
    if terms is None:
        return lambda _scene, _rule, _findings: None

    def arrears(scene: Scene, rule: ReasonRule, findings: list[Finding]) -> Stop | Sent | None:
        late = len(past_due(scene.facts.invoices, scene.now)) if scene.facts.invoices else 0
        asked_for_it = rule.check == "past_due"
        if late < terms.applies_from and not asked_for_it:
            return None
        text = f"{counted(late, 'invoice')} past due; the rule holds from {terms.applies_from}."
        finding = Finding("past_due", Result.NOTED, text, terms.source)
        findings.append(finding)
        wish = scene.ask.past_due_wish
        if wish is None and not asked_for_it:
            wish = PastDueWish.REFUND_PAYS_TWO
        made = plan(scene.facts.invoices, wish, playbook, scene.now)
        if made.refund_possible:
            source = made.sources[-1]
            decisive = Decisive("past_due", terms.says, source)
            return Sent(made.headline, made.approval or terms.issue, decisive, made.steps)
        if wish is PastDueWish.CONTINUE and not asked_for_it:
            decisive = Decisive("past_due", terms.says, terms.source)
            return Sent("The customer has past-due invoices.", terms.issue, decisive, made.steps)
        return Stop(finding, made.headline, terms.says, made.steps, made.tell_customer)

    return arrears

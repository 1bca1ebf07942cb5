"""How much of a failed visit comes back: the share not done, and the surcharge of a missed SLA."""

from __future__ import annotations

from policy.facts import ServiceReport
from policy.model import Playbook, ReasonRule, Service
from policy.money import Money
from policy.rules.verdict import Checked, ReasonCheck, Scene, Standing, left_lines, refunded_lines, total
from policy.ruling import Finding, Line, Result


def compile_service(rule: ReasonRule, _: Playbook) -> ReasonCheck:
    """Return the check of a failed visit.

    Parts stay with the customer and are not refunded. The emergency surcharge comes back when the SLA was
    missed. Of the rest, the share that was not done comes back. What the report leaves open goes to a person.
    """
    if not isinstance(rule.terms, Service):
        raise TypeError("a service rule has the terms of a service")
    measures = rule.terms.measures

    def finding(result: Result, text: str) -> Finding:
        return Finding(f"reasons.{rule.id}", result, text, rule.source)

    def check(scene: Scene) -> Checked:
        report, charge = scene.ask.service, scene.charge
        unclear = _unclear(report, charge.amount)
        done = None if report is None or unclear else _done(report, measures)
        if report is None or unclear or (done is None and not report.surcharge):
            text = unclear or "The report says neither how much was completed nor how long the visit took."
            return Checked(Standing.VOUCHED, finding(Result.NOTED, text), left_lines(charge))
        lines, words = _arithmetic(report, charge.amount, done or (1, 1, "the report names no missing work"))
        lines = (*lines, *refunded_lines(charge))
        if total(lines) <= 0:
            return Checked(Standing.FAILED, finding(Result.FAILED, f"{words} Nothing is left to refund."))
        return Checked(Standing.VERIFIED, finding(Result.PASSED, words), lines)

    return check


def _unclear(report: ServiceReport | None, charged: Money) -> str:
    """Return why a person must calculate, or an empty text."""
    if report is None:
        return "There is no service report."
    if report.complex:
        return "The report marks this visit as complex: a person calculates it."
    extras = [amount for amount in (report.parts_used, report.surcharge) if amount]
    if any(amount.currency != charged.currency or amount.minor < 0 for amount in extras):
        return "Parts or surcharge are not in the currency of the charge."
    if sum(amount.minor for amount in extras) > charged.minor:
        return "Parts and surcharge together are more than the charge."
    if report.surcharge and report.sla_met is None:
        return "There is a surcharge, and the report does not say whether the agreed time was met."
    if report.completed_percent is not None and not 0 <= report.completed_percent <= 100:
        return f"The report says {report.completed_percent} % completed, which cannot be."
    if min(report.onsite_minutes or 0, report.booked_minutes or 0) < 0:
        return "The report has a time below zero."
    return ""


def _done(report: ServiceReport, measures: tuple[str, ...]) -> tuple[int, int, str] | None:
    """Return the share of the work that was done, and how it was found; None where the report is silent."""
    for measure in measures:
        if measure == "completion" and report.completed_percent is not None:
            return report.completed_percent, 100, f"{report.completed_percent} % was completed"
        if measure == "time_on_site" and report.onsite_minutes is not None and report.booked_minutes:
            minutes = min(report.onsite_minutes, report.booked_minutes)
            words = f"{report.onsite_minutes} of {report.booked_minutes} booked minutes were spent on site"
            return minutes, report.booked_minutes, words
    return None


def _arithmetic(
    report: ServiceReport, charged: Money, done: tuple[int, int, str]
) -> tuple[tuple[Line, ...], str]:
    nothing = Money(0, charged.currency)
    parts, surcharge = report.parts_used or nothing, report.surcharge or nothing
    numerator, denominator, words = done
    work = charged - parts - surcharge
    work_back = work.share(denominator - numerator, denominator)
    lines = [Line("Charged", charged)]
    if parts:
        lines.append(Line("Parts, which the customer keeps", nothing - parts))
    if surcharge and report.sla_met:
        lines.append(Line("Surcharge, kept because the agreed time was met", nothing - surcharge))
    lines.append(Line(f"Work done ({words}) of {work}", work_back - work))
    missed = (
        " The agreed time was missed, so the surcharge comes back."
        if surcharge and not report.sla_met
        else ""
    )
    return tuple(lines), f"{words[0].upper()}{words[1:]}.{missed}"

"""The rules of one playbook, compiled once: gates, then the reason, then the amount, then the ruling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from policy.facts import Facts
from policy.model import Decide, Gate, Playbook, ReasonRule
from policy.money import Money
from policy.periods import zone_named
from policy.rules.amounts import Band, compile_limit, compile_weigh
from policy.rules.arrears import compile_arrears
from policy.rules.declined import explained
from policy.rules.gates import compile_gate
from policy.rules.outcomes import Advice, Basis, Decisive, Offer, granted, refused, sent_on
from policy.rules.reasons import compile_reason
from policy.rules.verdict import Checked, Scene, Standing, Stop, left_lines, total
from policy.ruling import Finding, Line, Refuse, Result, Ruling

# In order of urgency: what must be escalated at once comes before what the agent can still do.
_FIRST: Final = ("charge_found", "one_open_case", "chargeback_filed", "not_disputed", "chargeback_threatened")
_BEFORE_MONEY: Final = ("paid", "captured", "not_refunded", "amount_left", "identity", "ticket")


def compile_rules(playbook: Playbook) -> Decide:
    """Return the function that rules by `playbook`; `policy.ruling.rule` calls it."""
    return _Rules(playbook).decide


class _Rules:
    """One playbook's closures, looked up once."""

    def __init__(self, playbook: Playbook) -> None:
        gates = playbook.gates
        self._playbook = playbook
        self._first = [(gates[name], compile_gate(gates[name])) for name in _FIRST if name in gates]
        self._before_money = [compile_gate(gates[name]) for name in _BEFORE_MONEY if name in gates]
        self._paths = {
            reason: (
                rule,
                compile_reason(rule, playbook),
                Decisive(f"reasons.{reason}", rule.says, rule.source),
            )
            for reason, rule in playbook.reasons.items()
        }
        self._arrears = compile_arrears(playbook)
        self._weigh = compile_weigh(playbook)
        self._limit = compile_limit(playbook)

    def decide(self, facts: Facts, now: datetime) -> Ruling:
        """Return the ruling on `facts` at `now`."""
        findings: list[Finding] = []
        for gate, check in self._first:
            found = check(facts)
            if isinstance(found, Stop):
                findings.append(found.finding)
                return self._stopped(gate, found, facts, findings, now)
            findings.append(found)
        scene = self._scene(facts, now)
        path = self._paths.get(facts.ask.reason)
        if path and path[0].check == "fraud":
            return self._suspected(path[0], path[2], findings, now)
        if stops := self._stops(facts, findings):
            return refused(self._playbook, stops, findings, now)
        if path is None:
            return self._not_named(scene, findings)
        rule, check_reason, decisive = path
        checked = check_reason(scene)
        findings.append(checked.finding)
        findings.extend(checked.notes)
        if checked.standing is Standing.FAILED:
            return self._failed(rule, checked, findings, now)
        return self._payable(scene, rule, decisive, checked, findings)

    def _scene(self, facts: Facts, now: datetime) -> Scene:
        if facts.charge is None:
            raise AssertionError("the gate charge_found is in every playbook")
        local = self._playbook.local_days and facts.customer is not None
        zone = zone_named(facts.customer.timezone) if local and facts.customer else UTC
        return Scene(facts, facts.ask, facts.charge, now, zone)

    def _stops(self, facts: Facts, findings: list[Finding]) -> list[Stop]:
        """Return every gate that does not hold, so that the agent mends all of it in one go."""
        stops = []
        for check in self._before_money:
            found = check(facts)
            if isinstance(found, Stop):
                paid = found.finding.rule != "gates.paid"
                stops.append(found if paid else explained(found, facts.charge, self._playbook))
                findings.append(found.finding)
                continue
            findings.append(found)
        return stops

    def _stopped(
        self, gate: Gate, stop: Stop, facts: Facts, findings: list[Finding], now: datetime
    ) -> Ruling:
        if gate.issue is None:
            return refused(self._playbook, [stop], findings, now)
        issue = self._playbook.issues[gate.issue]
        decisive = Decisive(f"gates.{gate.id}", gate.says, gate.source)
        basis, opening = Basis(self._playbook, decisive, findings, now), f"{stop.headline} "
        if gate.id == "chargeback_filed":
            advice = Advice(stop.next_steps, stop.tell_customer)
            return sent_on(basis, issue, None, advice, opening)
        # Whoever is told of a threat at once may approve a refund only on a request that is complete.
        stops = self._stops(facts, findings)
        steps = stop.next_steps
        if stops:
            again = "No refund can be approved on an incomplete request. Once this is resolved, ask again:"
            steps = (*steps, again, *(step for missing in stops for step in missing.next_steps))
        offer = (
            None if stops or facts.charge is None else _as_asked(facts.ask.amount, left_lines(facts.charge))
        )
        advice = Advice(steps, stop.tell_customer)
        return sent_on(basis, issue, offer, advice, opening)

    def _suspected(
        self, rule: ReasonRule, decisive: Decisive, findings: list[Finding], now: datetime
    ) -> Ruling:
        findings.append(
            Finding(decisive.rule, Result.FAILED, "The customer does not recognise the card.", rule.source)
        )
        steps = ("Flag the account now.", "Make no refund meanwhile.")
        issue = self._playbook.issues[rule.issue or self._playbook.amounts.review]
        basis = Basis(self._playbook, decisive, findings, now)
        return sent_on(basis, issue, None, Advice(steps, rule.tell_customer))

    def _not_named(self, scene: Scene, findings: list[Finding]) -> Ruling:
        otherwise = self._playbook.otherwise
        if otherwise is None:
            raise AssertionError("a playbook without [otherwise] names every reason")
        finding = Finding(
            "otherwise",
            Result.FAILED,
            f"The playbook names no rule for “{scene.ask.reason}”.",
            otherwise.source,
        )
        findings.append(finding)
        if otherwise.issue is None:
            stop = Stop(finding, f"Not refunded: {otherwise.says}", otherwise.says, self._exception_steps())
            return refused(self._playbook, [stop], findings, scene.now)
        decisive = Decisive("otherwise", otherwise.says, otherwise.source)
        offer = _as_asked(scene.ask.amount, left_lines(scene.charge))
        basis = Basis(self._playbook, decisive, findings, scene.now)
        return sent_on(basis, self._playbook.issues[otherwise.issue], offer, Advice())

    def _failed(self, rule: ReasonRule, checked: Checked, findings: list[Finding], now: datetime) -> Refuse:
        text = checked.finding.text
        stop = Stop(
            finding=checked.finding,
            headline=f"Not refunded: {text[0].lower()}{text[1:]}",
            why=rule.says,
            next_steps=(*checked.next_steps, *self._exception_steps()),
            tell_customer=(*rule.tell_customer, *checked.tell_customer),
        )
        return refused(self._playbook, [stop], findings, now)

    def _exception_steps(self) -> tuple[str, ...]:
        exception = self._playbook.amounts.exception
        if exception is None:
            return ()
        issue = self._playbook.issues[exception]
        called = self._playbook.routes[issue.route].called
        ask = f"To ask for an exception, escalate it as “{issue.label}”; {called} may allow it."
        return (f"{ask} Promise nothing before.",)

    def _payable(
        self, scene: Scene, rule: ReasonRule, decisive: Decisive, checked: Checked, findings: list[Finding]
    ) -> Ruling:
        playbook = self._playbook
        arrears = self._arrears(scene, rule, findings)
        if isinstance(arrears, Stop):
            return refused(playbook, [arrears], findings, scene.now)
        offer, beyond = self._offer(scene, checked.lines, findings)
        steps = checked.next_steps
        if offer.asked_more:
            steps = (*steps, *self._exception_steps())
        told = (*rule.tell_customer, *checked.tell_customer)
        opening = f"{checked.finding.text} " if rule.check == "no_ground" else ""
        if arrears is not None:
            opening = f"{arrears.headline} "
            decisive, steps, issue_id = arrears.decisive, (*arrears.steps, *steps), arrears.issue
        elif (fixed := beyond or rule.issue) is not None:
            issue_id = fixed
        else:
            band = self._band(scene, checked.standing, offer.amount, findings)
            if band is None:
                basis = Basis(playbook, decisive, findings, scene.now)
                return granted(basis, offer, Advice((*steps, *_record(scene)), told))
            issue_id = band.issue or playbook.amounts.review
            decisive = Decisive(band.rule, band.says, band.source) if band.issue else decisive
        basis = Basis(playbook, decisive, findings, scene.now)
        advice = Advice((*steps, "Promise the customer nothing before it is decided."), told)
        return sent_on(basis, playbook.issues[issue_id], offer, advice, opening)

    def _band(self, scene: Scene, standing: Standing, amount: Money, findings: list[Finding]) -> Band | None:
        """Return who must agree; None: nobody. A band without an issue: a person, because of the reason."""
        band = self._weigh(scene, amount, findings)
        if band.issue is not None or standing is Standing.VOUCHED:
            return band
        return self._limit(scene, band.minor, findings)

    def _offer(
        self, scene: Scene, lines: tuple[Line, ...], findings: list[Finding]
    ) -> tuple[Offer, str | None]:
        """Return what is offered, and the issue for an ask beyond the rule where the playbook names one."""
        asked, amounts = scene.ask.amount, self._playbook.amounts
        eligible = Money(total(lines), scene.charge.amount.currency)
        if asked is None or asked <= eligible:
            return _as_asked(asked, lines), None
        if amounts.above_eligible is not None:
            text = f"{asked} was asked for; by the rule {eligible} is eligible. The rest is an exception."
            findings.append(Finding("amounts.above_eligible", Result.FAILED, text, amounts.source))
            return Offer(
                asked, (*lines, Line("Asked for beyond the rule", asked - eligible))
            ), amounts.above_eligible
        text = f"{asked} was asked for; by the rule {eligible} is eligible, so that is what is offered."
        findings.append(Finding("amounts.above_eligible", Result.NOTED, text, amounts.source))
        return Offer(eligible, lines, asked_more=asked), None


def _as_asked(asked: Money | None, lines: tuple[Line, ...]) -> Offer:
    """Return the offer of what was asked, at most what the lines come to."""
    eligible = Money(total(lines), lines[0].amount.currency)
    if asked is None or asked == eligible:
        return Offer(eligible, lines)
    return Offer(asked, (*lines, Line("Not asked for", asked - eligible)))


def _record(scene: Scene) -> tuple[str, ...]:
    ticket = scene.ask.ticket.strip()
    return (f"Record the refund's id in ticket {ticket} once it is shown here.",) if ticket else ()

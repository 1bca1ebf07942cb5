"""A desk is driven at random, through faults, late events, jumps of the clock and restarts.

After every step Stripe's books are compared with ours, and at the end everything reaches an end.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec import Struct
from sqlmodel import Session, select

from bot.app import Running
from bot.desk.settling import LIVE
from bot.sandbox.play import Play, words
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack.cast import JONAS, MAYA, PRIYA, REGGIE, REGGIE_CHANNEL, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import Fault, FaultKind, Mode, cast
from bot.sandbox.world import World, inhabited, world
from bot.store import audit
from bot.store.tables import Case, Ledger, Mail, Operation
from tests.exactly_once.acts import ask, pass_time
from tests.exactly_once.test_crash_anywhere import mails_about

T = TypeVar("T")
_CHARGES: Final = (cast.EXACTLY_500, cast.BANK_DEBIT_CHARGE, cast.LARGE_1250)
_FINAL: Final = {"awaiting", "denied", "closed", "stuck", "abandoned"}
_BACK: Final = {"failed", "canceled"}
_NOT_CUT_OFF: Final = {"Server.serve", "LifespanOn.main", "TaskHandle._run_coro"}
"""The servers themselves, and what somebody waits for who is cut off."""
_charge = st.sampled_from(_CHARGES)
_amount = st.sampled_from(["", "1.00", "60.00", "60.00"])
_minutes = st.sampled_from([1, 11, 120, 25 * 60])
_who = st.sampled_from([PRIYA, JONAS, TOM, MAYA])
_how: Final = {
    "seconds": st.just(0.05),
    "times": st.integers(1, 3),
    "executed": st.booleans(),
    "code": st.sampled_from(["insufficient_funds", "charge_disputed"]),
}
_refund_fault = st.builds(Fault, st.sampled_from(FaultKind), **_how)
_read_fault = st.builds(
    Fault,
    st.sampled_from(FaultKind),
    st.just("GET"),
    st.sampled_from(["/v1/charges/*", "/v1/refunds", "/v1/refunds/*", "/v1/events"]),
    **_how,
)
_stripe_fault = _refund_fault | _read_fault
_slack_fault = st.builds(
    SlackFault,
    st.sampled_from(["chat.postMessage", "chat.update", "conversations.history", "usergroups.users.list"]),
    st.sampled_from(["rate_limit", "down", "execute_then_drop", "drop", "error"]),
    times=st.integers(1, 3),
)


class Made(Struct, frozen=True):
    """The refunds of ours that Stripe holds."""

    refunds: list[dict[str, Any]]

    def of(self, case: Case, failed_of: set[str]) -> int:
        """Add up a case's refunds; those that failed count for operations that have not heard of it yet."""
        return sum(
            one["amount"]
            for one in self.refunds
            if one["metadata"]["makegood_case"] == case.id
            and (one["status"] not in _BACK or one["metadata"]["makegood_operation"] in failed_of)
        )


class Books(RuleBasedStateMachine):
    """One desk in one sandbox; `template` is an empty database to start from."""

    template: Path
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.run(self._begin())

    def run(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return self.runner.run(awaited())

    async def _begin(self) -> None:
        self.stack = AsyncExitStack()
        self.here: World = await self.stack.enter_async_context(world())
        self.play = Play(self.here.slack)
        self.key = self.here.stripe.api_key
        database = self.folder / "makegood.db"
        for old in self.folder.glob("makegood.db*"):
            old.unlink()
        shutil.copy(self.template, database)
        self.url = f"sqlite:///{database}"
        await self._move_in()

    async def _move_in(self) -> None:
        self.inside = AsyncExitStack()
        self.app: Running = await self.inside.enter_async_context(inhabited(self.here, self.url))

    @rule(
        charge=_charge,
        amount=_amount,
        who=st.sampled_from([MAYA, PRIYA]),
    )
    def somebody_asks(self, charge: str, amount: str, who: str) -> None:
        self.run(ask(self.play, charge, amount, who))

    @rule(charge=_charge, who=_who, button=st.sampled_from(["case_approve", "case_approve", "case_retry"]))
    def somebody_presses_a_button(self, charge: str, who: str, button: str) -> None:
        self.run(self._press(charge, who, button))

    @rule(charge=_charge, who=_who, button=st.sampled_from(["case_deny", "case_abandon"]))
    def somebody_says_no(self, charge: str, who: str, button: str) -> None:
        self.run(self._say_no(charge, who, button))

    @initialize(
        amount=_amount, fault=_refund_fault, mode=st.sampled_from(Mode), minutes=st.just(0) | _minutes
    )
    def a_refund_gets_into_trouble(self, amount: str, fault: Fault, mode: Mode, minutes: int) -> None:
        self.here.stripe.webhooks.mode = mode
        self.a_refund_is_asked_for_and_approved(cast.LARGE_1250, amount, [fault])
        self.what_is_under_way_ends()
        if minutes:
            self.for_a_while_the_key_is_not_accepted(minutes)

    @rule(charge=_charge, amount=_amount, faults=st.lists(_stripe_fault, max_size=2))
    def a_refund_is_asked_for_and_approved(self, charge: str, amount: str, faults: list[Fault]) -> None:
        self.run(ask(self.play, charge, amount))
        self.what_is_under_way_ends()  # the card is posted
        for fault in faults:
            self.here.stripe.arrange(fault)
        self.run(self._press(charge, JONAS, "case_approve"))

    @rule(fault=_stripe_fault)
    def stripe_has_trouble(self, fault: Fault) -> None:
        self.here.stripe.arrange(fault)

    @rule(fault=_slack_fault)
    def slack_has_trouble(self, fault: SlackFault) -> None:
        self.here.slack.control.fault(fault)

    @rule(refuses=st.sampled_from(["", "451 Later", "550 Never"]))
    def the_mail_server_refuses(self, refuses: str) -> None:
        self.here.mailbox.refuses = refuses

    @rule(charge=_charge)
    def the_bank_charges_back(self, charge: str) -> None:
        with suppress(ValueError):  # it has done so already, or there is nothing to take back
            self.run(self.here.stripe.file_dispute(charge))

    @rule(works=st.booleans())
    def the_key_is_rolled_or_mended(self, works: bool) -> None:  # noqa: FBT001  # Hypothesis draws it
        self.here.stripe.api_key = self.key if works else "sk_test_rolled"

    @rule(minutes=_minutes)
    def for_a_while_the_key_is_not_accepted(self, minutes: int) -> None:
        self.the_key_is_rolled_or_mended(works=False)
        self.time_passes(minutes)
        self.the_key_is_rolled_or_mended(works=True)

    @rule(mode=st.sampled_from(Mode))
    def events_are_held_or_missed(self, mode: Mode) -> None:
        self.here.stripe.webhooks.mode = mode

    @rule(copies=st.integers(1, 2), order=st.sampled_from([1, -1]))
    def held_events_arrive(self, copies: int, order: int) -> None:
        held = [event["id"] for event in self.here.stripe.webhooks.held]
        self.run(self.here.stripe.webhooks.release(held[::order], copies))

    @rule(charge=_charge, status=st.sampled_from(["succeeded", "failed", "failed"]))
    def the_bank_decides(self, charge: str, status: str) -> None:
        self.run(self._settle(charge, status))

    @rule(charge=_charge)
    def somebody_refunds_in_the_dashboard(self, charge: str) -> None:
        self.run(self._refund_outside(charge))

    @rule(minutes=_minutes)
    def time_passes(self, minutes: int) -> None:
        self.run(self._pass(timedelta(minutes=minutes)))

    @rule()
    def what_is_under_way_ends(self) -> None:
        self.run(self.app.desk.tasks.finished())

    @rule()
    def the_desk_restarts(self) -> None:
        self.run(self.inside.aclose())
        self.run(self._move_in())

    @rule()
    def the_desk_is_killed(self) -> None:
        self.run(self._break_off())
        self.the_desk_restarts()

    @invariant()
    def stripe_never_pays_back_more_than_was_approved_or_taken(self) -> None:
        cases, operations = self.run(self.app.desk.store.read(_rows))
        known = {one.id: one for one in operations}
        paid: defaultdict[str, list[int]] = defaultdict(list)
        for charge, page in self._pages():
            assert page["amount_refunded"] <= page["amount"]
            for refund in page["refunds"]:
                if "makegood_operation" not in refund["metadata"]:
                    continue
                assert charge == known[refund["metadata"]["makegood_operation"]].charge_id
                if refund["status"] not in _BACK:
                    paid[refund["metadata"]["makegood_case"]].append(refund["amount"])
        for case in cases:
            assert paid[case.id] in ([], [case.amount_minor]), case
            assert case.decided_by in {PRIYA, JONAS} or not paid[case.id]
            assert case.decided_by != case.requested_by
            if case.state in {"paid", "closed"}:
                assert case.refund_id in self._refund_ids(case.charge_id)

    @invariant()
    def what_is_done_is_refunded_and_what_is_refunded_is_done_or_under_way(self) -> None:
        before = self._made()
        cases, operations = self.run(self.app.desk.store.read(_rows))
        after = self._made()
        for case in cases:
            mine = [one for one in operations if one.case_id == case.id]
            done = {one.id for one in mine if one.state == "done"}
            live = {one.id for one in mine if one.state in LIVE}
            standing = sum(one.amount_minor for one in mine if one.id in done)
            under_way = sum(one.amount_minor for one in mine if one.id in live)
            # Between the two looks at Stripe's books, work that is under way goes on.
            assert before.of(case, failed_of=done) <= standing + under_way, (case, mine)
            assert standing <= after.of(case, failed_of=done), (case, mine)

    def teardown(self) -> None:
        try:
            if hasattr(self, "app"):
                self.run(self._calm_down())
                self._everything_agrees()
        finally:
            self.run(self.inside.aclose())
            self.run(self.stack.aclose())
            self.runner.close()

    async def _calm_down(self) -> None:
        """Let everything work again, and time pass."""
        self.here.stripe.faults.clear()
        self.here.stripe.api_key = self.key
        self.here.slack.core.faults.pending.clear()
        self.here.mailbox.refuses = ""
        await self.here.stripe.webhooks.release()
        for hours in (0, 0, 1, 24, 1, 1):
            await self._pass(timedelta(hours=hours, minutes=11))
        await self.app.desk.tasks.finished()

    def _everything_agrees(self) -> None:
        cases, operations = self.run(self.app.desk.store.read(_rows))
        tried = self.run(self.app.desk.store.read(_mails_tried))
        paid: Counter[str] = Counter()
        for _, page in self._pages():
            for refund in page["refunds"]:
                if "makegood_case" in refund["metadata"] and refund["status"] not in _BACK:
                    paid[refund["metadata"]["makegood_case"]] += refund["amount"]
        for case in cases:
            mine = [one for one in operations if one.case_id == case.id]
            standing = sum(one.amount_minor for one in mine if one.state in {"done", "settling"})
            assert paid[case.id] == standing, (case, mine)
            over = case.state in {"closed", "settling"}
            assert (paid[case.id] == case.amount_minor) == over, (case, mine)
            settling = any(one.state == "settling" for one in mine)
            assert case.state in _FINAL | ({"settling"} if settling else set()), (case, mine)
            self._is_told_once(case, tried)
        for ledger in self.run(self.app.desk.store.read(_ledgers)):
            live = [one for one in operations if one.charge_id == ledger.charge_id]
            reserved = sum(one.amount_minor for one in live if one.state in {"settling", "unclear"})
            assert reserved == ledger.reserved_minor
        assert [] == self.run(self.app.desk.store.read(lambda session: list(audit.faults(session))))

    def _is_told_once(self, case: Case, tried: Mapping[str, int]) -> None:
        channel, reader = _DECIDES[case.route]
        (card,) = self.play.cards(channel, reader, case.id)
        shown = words(card)
        below = Counter(words(one) for one in self.play.slack.thread(channel, card["ts"], reader))
        assert _SHOWS[case.state] in shown, (case.state, shown)
        refunded = [line for line in below if line.startswith("✅") and "`re_" in line]
        assert all(1 == below[line] for line in refunded), below
        mails = Counter(mails_about(self.here, case.id))
        assert len(mails) <= len(refunded)
        # One goes out again only where nobody wrote down that it was out.
        assert all(times <= tried[mail] for mail, times in mails.items()), (mails, tried)

    async def _break_off(self) -> None:
        """Cut off all that is under way, whoever does it; the servers go on."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        work = [task for task in tasks if getattr(task.get_coro(), "__qualname__", "") not in _NOT_CUT_OFF]
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    def _made(self) -> Made:
        refunds = [refund for _, page in self._pages() for refund in page["refunds"]]
        return Made([one for one in refunds if "makegood_operation" in one["metadata"]])

    async def _press(self, charge: str, who: str, button: str) -> None:
        card = await self._card(charge)
        if card:
            await self.play.slack.click(who, button, channel=SUPPORT_LEADS, ts=card["ts"])

    async def _say_no(self, charge: str, who: str, button: str) -> None:
        card = await self._card(charge)
        if card and (await self.play.slack.click(who, button, channel=SUPPORT_LEADS, ts=card["ts"])).ok:
            modal = self.play.slack.modal(who)
            if modal and modal["callback_id"] == "case_sentence":
                await self.play.say_why(who, "It is not due.")

    async def _card(self, charge: str) -> dict[str, Any] | None:
        cases, _ = await self.app.desk.store.read(_rows)
        mine = [case.id for case in cases if case.charge_id == charge and case.state != "refused"]
        cards = self.play.cards(SUPPORT_LEADS, PRIYA, mine[-1]) if mine else []
        return cards[-1] if cards else None

    async def _settle(self, charge: str, status: str) -> None:
        for refund in self.here.stripe.books()[charge]["refunds"]:
            if refund["status"] == "pending" or (refund["status"], status) == ("succeeded", "failed"):
                await self.here.stripe.settle_refund(refund["id"], status)

    async def _refund_outside(self, charge: str) -> None:
        page = self.here.stripe.books()[charge]
        if page["amount_refunded"] < page["amount"] and not page["disputed"]:
            await self.here.stripe.refund_in_dashboard(charge, 100)

    async def _pass(self, by: timedelta) -> None:
        await pass_time(self.here, self.app, by)

    def _pages(self) -> Sequence[tuple[str, dict[str, Any]]]:
        books = self.here.stripe.books()
        return [(charge, books[charge]) for charge in _CHARGES]

    def _refund_ids(self, charge: str) -> set[str]:
        return {refund["id"] for refund in self.here.stripe.books()[charge]["refunds"]}


_DECIDES: Final = {"leads": (SUPPORT_LEADS, PRIYA), "reggie": (REGGIE_CHANNEL, REGGIE)}
"""Where each route's cards are, and who reads them; what adds up to much in a month goes to a manager."""
_SHOWS: Final = {
    "awaiting": "Waiting for",
    "denied": "Denied",
    "closed": "Resolved — Refund issued",
    "stuck": "Needs a person",
    "abandoned": "Closed without a refund",
    "settling": "is not through yet",
}


def _rows(session: Session) -> tuple[Sequence[Case], Sequence[Operation]]:
    cases = session.exec(select(Case).where(Case.state != "refused").order_by(Case.opened_at)).all()  # type: ignore[arg-type]  # a column
    return cases, session.exec(select(Operation)).all()


def _mails_tried(session: Session) -> Mapping[str, int]:
    return {mail.message_id: mail.tried for mail in session.exec(select(Mail))}


def _ledgers(session: Session) -> Sequence[Ledger]:
    return session.exec(select(Ledger)).all()


def play_at_random(migrated: Path, folder: Path, examples: int, steps: int, **how: Any) -> None:  # noqa: ANN401
    machine = type("Machine", (Books,), {"template": migrated, "folder": folder})
    # Without shrinking: an example takes seconds, and its steps are printed.
    profile = settings(max_examples=examples, stateful_step_count=steps, phases=[Phase.generate], **how)
    run_state_machine_as_test(machine, settings=profile)


def test_a_desk_that_is_driven_at_random_for_a_while_pays_once(migrated: Path, tmp_path: Path) -> None:
    play_at_random(migrated, tmp_path, 8, 6)


@pytest.mark.soak
def test_a_desk_that_is_driven_at_random_for_long_pays_once(migrated: Path, tmp_path: Path) -> None:
    play_at_random(migrated, tmp_path, 150, 50, derandomize=False, print_blob=True)

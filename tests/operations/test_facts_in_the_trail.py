"""On what it was decided: every decision names playbook and facts, and facts that were edited are found."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from typing import Final

from sqlmodel import Session, select

from bot.app import Running
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import (
    FINANCE,
    LENA,
    MAYA,
    PRIYA,
    REGGIE,
    REGGIE_CHANNEL,
    SUPPORT,
    SUPPORT_LEADS,
)
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from bot.store import audit, erasure
from bot.store.tables import BillingChange, Case
from tests.conversations.asking import ask_for_1250
from tests.conversations.challenging import challenged, gathered, said
from tests.operations.conftest import Command

_RULED: Final = {
    *(f"case {event}" for event in ("requested", "denied", "refused", "granted")),
    *(f"change {event}" for event in ("change_requested", "approved")),
}
_DECIDED: Final = {"escalation escalated", "escalation acknowledged", "dispute challenge_taken"}


async def test_every_decision_says_on_which_playbook_and_facts(here: World, app: Running, play: Play) -> None:
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_deny")
    await play.say_why(PRIYA, "Not this one.")
    await play.line(MAYA, SUPPORT, f"{cast.FULLY_REFUNDED} duplicate 'ticket 1' verified via email")
    await play.line(MAYA, SUPPORT, f"{cast.DUPLICATE_SECOND} 49.00 duplicate 'ticket 1' verified via email")
    await play.slack.command(MAYA, SUPPORT, "/escalate", "exception they want it back after a year")
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "after a year"))
    await play.click(REGGIE, REGGIE_CHANNEL, "escalation_acknowledge", "after a year")
    await open_form(play, MAYA, SUPPORT, "/comp", cast.MONTHLY_CUSTOMER)
    await choose(play, MAYA, "comp_months", "2")
    await send(play, MAYA, ticket="4730", note="The outage of last week.")
    await play.until(lambda: play.card(REGGIE_CHANNEL, REGGIE, "Free access:"))
    await play.click(REGGIE, REGGIE_CHANNEL, "change_approve", "Free access:")
    await challenged(here, play)
    held, entries = await app.desk.store.read(_held_and_said)
    decisions = {name: detail for name, detail in entries.items() if name in _RULED | _DECIDED}
    assert _RULED | _DECIDED == set(decisions)
    assert {app.desk.playbook.version} == {detail["playbook"] for _, detail in decisions.values()}
    for name in _RULED:
        subject_id, detail = decisions[name]
        assert held[subject_id] == detail["facts"]


async def test_each_decision_on_a_dispute_says_what_was_known_and_advised_by_then(
    here: World, app: Running, play: Play
) -> None:
    dispute = await gathered(here, play)
    await here.stripe.warn_of_fraud(cast.LARGE_1250)
    await play.until(lambda: "Accept: fraud is suspected" in said(play))
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "with the bank" in said(play))
    (_, first), (_, second) = await app.desk.store.read(
        lambda session: [
            (one.event, one.detail)
            for one in audit.entries(session, dispute)
            if one.event in {"challenge_taken", "submit_decided"}
        ]
    )
    assert ("challenge", "accept") == (first["advised"], second["advised"])
    assert (None, True) == (first["known"]["fraud_suspected"], second["known"]["fraud_suspected"])
    assert {"minor": 125000, "currency": "USD"} == first["known"]["amount"] == second["known"]["amount"]
    assert {"access_activity_log", "service_documentation"} == set(second["papers"])


def _held_and_said(session: Session) -> tuple[dict[str, str], dict[str, tuple[str, dict[str, str]]]]:
    """Return the digest of what each row holds, and what each kind of entry says about which row."""
    held = {case.id: _sha256(case.facts) for case in session.exec(select(Case))}
    held |= {change.id: _sha256(change.proposal) for change in session.exec(select(BillingChange))}
    entries = audit.select_entries(session, None, None)
    said = {f"{one.subject_kind} {one.event}": (one.subject_id, one.detail) for one in entries}
    return held, said


def _sha256(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def test_verify_names_the_case_whose_facts_somebody_edited(
    here: World, app: Running, play: Play, command: Command
) -> None:
    environment = here.environment(str(app.desk.store.url))

    async def found() -> list[str]:
        _, printed, _ = await command(environment, "audit", "verify")
        return printed.splitlines()[:-1]

    await ask_for_1250(play)
    (case,) = await app.desk.store.read(lambda session: session.exec(select(Case)).all())
    assert [] == await found()
    edit(app, {"ask": {"source": "phone"}})
    after = f"The facts of {case.id} were changed after it was decided on them."
    assert [after] == await found()
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: "Ticket T-9" in play.trail(SUPPORT_LEADS, PRIYA)[-1])
    before = f"The facts of {case.id} were changed before entry 2."
    assert [before, after] == await found()
    edit(app, {"ask": {"source": "email"}})
    assert [before] == await found()
    edit(app, [])
    assert [before, after] == await found()


async def test_facts_that_were_erased_are_not_called_edited_until_they_are(
    here: World, app: Running, play: Play, command: Command
) -> None:
    environment = here.environment(str(app.desk.store.url))
    for charge in (cast.SHARED_CARD_FIRST, cast.SHARED_CARD_SECOND):
        await play.line(MAYA, SUPPORT, f"{charge} technical_error 'ticket 1' verified via email")
        await play.until(lambda: "case_approve" in str(play.card(SUPPORT_LEADS, PRIYA)))
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA)))
    store = app.desk.store
    await store.write(lambda session: erasure.erase(session, cast.SHARED_CARD_CUSTOMER_A, datetime.now(UTC)))
    assert 0 == (await command(environment, "audit", "verify"))[0]
    edit(app, {"ask": {"source": "phone"}})
    code, printed, _ = await command(environment, "audit", "verify")
    assert (1, 2) == (code, printed.count("were changed after it was decided on them."))


def edit(app: Running, patch: object) -> None:
    """Change the facts of every case, by an object's values or altogether."""
    with sqlite3.connect(str(app.desk.store.url.database)) as connection:
        connection.execute("UPDATE refund_case SET facts = json_patch(facts, ?)", [json.dumps(patch)])
    connection.close()

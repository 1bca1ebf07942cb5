"""A challenge: evidence is gathered by the checklist, staged at Stripe, and submitted once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.app import Running
from bot.sandbox.play import Play, words
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack.cast import FINANCE, FINANCE_GROUP, LENA, NOOR, TOM
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.stripe.webhooks import Mode
from bot.sandbox.world import World
from tests.conversations.challenging import (
    LOG,
    PDF,
    at_stripe,
    calls,
    challenged,
    disputed,
    evidence_at_stripe,
    fill,
    gathered,
    said,
)
from tests.exactly_once.acts import pass_time


@pytest.fixture
def two_of_finance(here: World) -> str:
    """Let Noor decide for finance too, and return her."""
    group = here.slack.core.workspace.groups[FINANCE_GROUP]
    here.slack.control.set_group(FINANCE_GROUP, [*group.members, NOOR])
    here.slack.core.workspace.channels[FINANCE].members.append(NOOR)
    return NOOR


async def test_the_form_asks_for_the_papers_of_the_reason_and_the_card_says_what_is_missing(
    here: World, play: Play
) -> None:
    await challenged(here, play)
    form = await play.modal(LENA, "evidence_form")
    labels = [block["label"]["text"] for block in form["blocks"] if block["type"] == "input"]
    assert [
        "Sign-in log after the charge",
        "Record of usage in the period charged",
        "Date and proof of activation",
        "Anything else the bank should read",
        "Any other file",
    ] == labels
    await fill(play, LENA, access_activity_log=LOG)
    await play.until(lambda: "1 of the 3 papers" in said(play))
    assert "Date and proof of activation · _missing_" in said(play)
    assert "2 of the papers that win it are missing" in said(play)


async def test_texts_and_a_file_are_staged_and_nothing_is_submitted(here: World, play: Play) -> None:
    dispute = await gathered(here, play)
    evidence = evidence_at_stripe(here, dispute)
    file = here.stripe.ledger.get("file", evidence["service_documentation"])
    assert LOG == evidence["access_activity_log"]
    assert ("usage.pdf", len(PDF), "dispute_evidence") == (file["filename"], file["size"], file["purpose"])
    assert "needs_response" == at_stripe(here, dispute)["status"]
    assert "“usage.pdf”, by" in said(play)
    await play.until(lambda: any("added evidence: Sign-in log" in line for line in play.trail(FINANCE, LENA)))


async def test_the_form_can_be_left_and_taken_up_again(here: World, play: Play) -> None:
    await gathered(here, play)
    await play.click(LENA, FINANCE, "dispute_evidence")
    form = await play.modal(LENA, "evidence_form")
    assert LOG == form["state"]["values"]["access_activity_log"]["access_activity_log"]["value"]
    hints = [block["hint"]["text"] for block in form["blocks"] if "hint" in block]
    assert any("“usage.pdf” is there" in hint for hint in hints)
    await fill(play, LENA, service_date="Activated on 3 October")
    await play.until(lambda: "3 of the 3 papers" in said(play))
    assert "Nothing of the checklist is missing." in said(play)


async def test_submitting_asks_first_and_hands_the_evidence_to_the_bank_once(
    here: World, app: Running, play: Play
) -> None:
    dispute = await gathered(here, play)
    (submit,) = [
        one
        for block in play.card(FINANCE, LENA)["blocks"]
        for one in block.get("elements", [])
        if one.get("action_id") == "dispute_submit"
    ]
    assert "once" in submit["confirm"]["text"]["text"]
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "The evidence is with the bank" in said(play))
    assert "under_review" == at_stripe(here, dispute)["status"]
    assert 1 == at_stripe(here, dispute)["evidence_details"]["submission_count"]
    here.clock.advance(timedelta(days=12))
    await app.desk.tasks.finished()
    assert not any(
        "overdue" in line or "due" in line.split("\n")[0] for line in play.trail(FINANCE, LENA)[3:]
    )
    await here.stripe.decide_dispute(dispute, "won")
    await play.until(lambda: any("*Won:*" in one for one in play.direct(LENA)))
    await play.until(lambda: any("The money is back" in one for one in play.direct(LENA)))
    assert "1,250.00 USD came back" in said(play)
    assert any("1,250.00 USD came back" in line for line in play.trail(FINANCE, LENA))


async def test_submitted_twice_by_two_people_it_is_submitted_once(
    here: World, app: Running, play: Play, two_of_finance: str
) -> None:
    dispute = await gathered(here, play)
    people = [LENA, two_of_finance, LENA, two_of_finance]
    await asyncio.gather(*(play.click(who, FINANCE, "dispute_submit") for who in people))
    await play.until(lambda: "The evidence is with the bank" in said(play))
    await app.desk.tasks.finished()
    assert 1 == at_stripe(here, dispute)["evidence_details"]["submission_count"]
    told = [*play.whispers(FINANCE, LENA), *play.whispers(FINANCE, two_of_finance)]
    assert 3 == sum("already submitted the evidence" in one for one in told)


async def test_two_people_who_fill_in_different_fields_keep_both(
    here: World, play: Play, two_of_finance: str
) -> None:
    await challenged(here, play)
    await play.click(two_of_finance, FINANCE, "dispute_evidence")
    await play.modal(two_of_finance, "evidence_form")
    assert (await fill(play, LENA, access_activity_log=LOG)).ok
    assert (await fill(play, two_of_finance, service_date="3 October")).ok
    await play.until(lambda: "2 of the 3 papers" in said(play))


async def test_what_two_people_change_is_refused_to_the_second(
    here: World, play: Play, two_of_finance: str
) -> None:
    dispute = await challenged(here, play)
    await play.click(two_of_finance, FINANCE, "dispute_evidence")
    await play.modal(two_of_finance, "evidence_form")
    await fill(play, LENA, access_activity_log=LOG)
    outcome = await fill(play, two_of_finance, access_activity_log="Something else")
    assert "Somebody else changed this" in outcome.errors["access_activity_log"]
    await play.until(lambda: LOG == evidence_at_stripe(here, dispute).get("access_activity_log"))


async def test_a_form_that_was_left_open_until_the_evidence_was_submitted_changes_nothing(
    here: World, play: Play, two_of_finance: str
) -> None:
    dispute = await gathered(here, play)
    await play.click(two_of_finance, FINANCE, "dispute_evidence")
    await play.modal(two_of_finance, "evidence_form")
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "The evidence is with the bank" in said(play))
    await fill(play, two_of_finance, access_activity_log="Too late")
    assert "already submitted the evidence" in play.told(two_of_finance)
    assert LOG == evidence_at_stripe(here, dispute)["access_activity_log"]


async def test_a_text_that_stripe_has_cannot_be_emptied(here: World, play: Play) -> None:
    await gathered(here, play)
    await play.click(LENA, FINANCE, "dispute_evidence")
    outcome = await fill(play, LENA, access_activity_log="")
    assert "cannot take them back" in outcome.errors["access_activity_log"]


async def test_all_texts_together_have_a_limit_with_what_was_laid_down_in_the_dashboard(
    here: World, app: Running, play: Play
) -> None:
    dispute = await challenged(here, play)
    held = at_stripe(here, dispute)["evidence"] | {"product_description": "x" * 148_000}
    here.stripe.ledger.change(at_stripe(here, dispute), "charge.dispute.updated", evidence=held)
    await here.stripe.webhooks.idle()
    await app.desk.tasks.finished()
    outcome = await fill(play, LENA, access_activity_log="short", uncategorized_text="y" * 2_000)
    assert "Stripe takes 150,000" in outcome.errors["uncategorized_text"]
    assert (await fill(play, LENA, access_activity_log="short", uncategorized_text="y" * 1_000)).ok


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("photo.jpg", b"x" * 5_000_001, "larger than 5 MB")],
)
async def test_a_file_that_stripe_does_not_take_is_refused_in_the_form(
    here: World, play: Play, name: str, content: bytes, sentence: str
) -> None:
    await challenged(here, play)
    outcome = await fill(play, LENA, files={"service_documentation": (name, content)})
    assert sentence in outcome.errors["service_documentation"]


async def test_a_file_that_is_gone_from_slack_is_said_and_nothing_is_submitted(
    here: World, play: Play
) -> None:
    dispute = await challenged(here, play)
    here.slack.control.fault(SlackFault("files.info", "error", error="file_deleted", times=1))
    await fill(play, LENA, access_activity_log=LOG, files={"service_documentation": ("usage.pdf", PDF)})
    await play.until(lambda: "did not reach Stripe" in said(play))
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: any("Attach it again" in one for one in play.whispers(FINANCE, LENA)))
    await play.click(LENA, FINANCE, "dispute_evidence")
    await fill(play, LENA, files={"service_documentation": ("usage.pdf", PDF)})
    await play.until(lambda: evidence_at_stripe(here, dispute).get("service_documentation"))


async def test_a_file_that_is_kept_outside_of_slack_is_not_fetched(here: World, play: Play) -> None:
    await challenged(here, play)
    file = play.slack.attach(LENA, "drive.pdf", PDF)
    here.slack.core.uploads[file["id"]].is_external = True
    form = await play.modal(LENA, "evidence_form")
    state = {"service_documentation": {"service_documentation": {"files": [file["id"]]}}}
    await play.slack.submit(LENA, form["id"], state)
    await play.until(lambda: "It is kept outside of Slack" in said(play))
    assert [] == here.stripe.ledger.all("file")


async def test_files_survive_a_slack_that_is_silent_and_a_stripe_whose_answers_are_lost(
    here: World, app: Running, play: Play
) -> None:
    dispute = await challenged(here, play)
    here.slack.control.fault(SlackFault("files.info", "drop", times=2))
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP, path="/v1/files"))
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP, path=f"/v1/disputes/{dispute}"))
    await fill(play, LENA, access_activity_log=LOG, files={"service_documentation": ("usage.pdf", PDF)})
    await play.until(lambda: "Slack does not answer" in said(play))
    for method, path in (("POST", "/v1/files"), ("POST", f"/v1/disputes/{dispute}")):
        await pass_time(here, app)
        assert 1 == calls(here, method, path)
        assert "Stripe does not answer" in said(play)
    await pass_time(here, app)
    await play.until(lambda: "2 of the 3 papers" in said(play) and "on its way" not in said(play))
    assert 1 == len(here.stripe.ledger.all("file"))
    assert {"access_activity_log", "service_documentation"} <= evidence_at_stripe(here, dispute).keys()


async def test_a_submit_whose_answer_is_lost_is_shown_as_unknown_and_found_out(
    here: World, app: Running, play: Play
) -> None:
    dispute = await gathered(here, play)
    here.stripe.webhooks.mode = Mode.MISS
    here.stripe.arrange(Fault(FaultKind.EXECUTE_THEN_DROP, path=f"/v1/disputes/{dispute}"))
    before = calls(here, "POST", f"/v1/disputes/{dispute}")
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "nobody knows yet whether it was submitted" in said(play))
    await pass_time(here, app)
    await play.until(lambda: "The evidence is with the bank" in said(play))
    assert before + 1 == calls(here, "POST", f"/v1/disputes/{dispute}")


async def test_submitting_too_late_is_refused_before_and_by_stripe(here: World, play: Play) -> None:
    dispute = await gathered(here, play)
    details = at_stripe(here, dispute)["evidence_details"]
    at_stripe(here, dispute)["evidence_details"] = {
        **details,
        "due_by": int(here.clock.now().timestamp()) - 60,
    }
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: "The deadline to submit evidence" in said(play))
    await play.until(lambda: any("was not submitted" in line for line in play.trail(FINANCE, LENA)))
    await play.until(lambda: any("*The evidence was not submitted:*" in one for one in play.direct(LENA)))
    here.clock.advance(timedelta(days=10))
    await play.click(LENA, FINANCE, "dispute_submit")
    await play.until(lambda: any("the bank takes no more" in one for one in play.whispers(FINANCE, LENA)))


async def test_only_finance_challenges_adds_evidence_and_submits(here: World, play: Play) -> None:
    dispute = await gathered(here, play)
    here.slack.core.workspace.channels[FINANCE].members.append(TOM)
    for action in ("dispute_evidence", "dispute_submit", "dispute_usage"):
        await play.click(TOM, FINANCE, action)
    await play.until(lambda: 3 == len(play.whispers(FINANCE, TOM)))
    assert all("to decide" in one for one in play.whispers(FINANCE, TOM))
    assert "needs_response" == at_stripe(here, dispute)["status"]


async def test_whoever_left_finance_while_the_form_was_open_adds_nothing(here: World, play: Play) -> None:
    dispute = await challenged(here, play)
    here.slack.control.set_group(FINANCE_GROUP, [NOOR])
    here.clock.advance(timedelta(minutes=2))
    await fill(play, LENA, access_activity_log=LOG)
    assert "to decide" in play.told(LENA)
    assert "access_activity_log" not in evidence_at_stripe(here, dispute)


async def test_evidence_submitted_in_the_dashboard_ends_the_gathering(here: World, play: Play) -> None:
    dispute = await challenged(here, play)
    record = at_stripe(here, dispute)
    here.stripe.ledger.change(record, "charge.dispute.updated", status="under_review")
    await play.until(lambda: "submitted in the Stripe Dashboard" in said(play))


async def test_a_dispute_without_a_day_says_so_and_keeps_our_own_deadline(here: World, play: Play) -> None:
    await here.stripe.file_dispute(cast.LARGE_1250, "product_not_received", due_by=0)
    await play.until(lambda: "Stripe names no day" in said(play))
    await play.click(LENA, FINANCE, "dispute_challenge")
    await play.until(lambda: "Stripe names no day for it" in said(play))
    here.clock.advance(timedelta(hours=49))
    await play.until(lambda: any("due now" in line for line in play.trail(FINANCE, LENA)))


async def test_the_record_of_usage_makes_the_advice_and_can_be_asked_again(here: World, play: Play) -> None:
    here.usage.trouble = 503
    await disputed(here, play)
    assert "could not be read: it answered with status 503" in words(play.card(FINANCE, LENA))
    assert "Look closer" in words(play.card(FINANCE, LENA))
    here.usage.trouble = 0
    await play.click(LENA, FINANCE, "dispute_usage")
    await play.until(lambda: "Challenge: we can prove" in words(play.card(FINANCE, LENA)))
    assert "✅ Signed in · ✅ Used the service" in words(play.card(FINANCE, LENA))
    assert "1,112 emails sent" in words(play.card(FINANCE, LENA))

"""How things ended is written down, with whether the customer was told; and a month of it is reported."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from bot.app import Running
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, LENA, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS, TOM
from bot.sandbox.stripe import cast
from bot.sandbox.world import World
from tests.conversations.asking import ask_for_1250


async def denied(play: Play) -> None:
    await ask_for_1250(play)
    await play.click(PRIYA, SUPPORT_LEADS, "case_deny")
    await play.say_why(PRIYA, "Used for nine months.")
    await play.until(lambda: "Nobody has written down yet" in str(play.card(SUPPORT_LEADS, PRIYA)))


async def test_whoever_told_the_customer_writes_it_down(play: Play) -> None:
    await denied(play)
    assert (await play.click(PRIYA, SUPPORT_LEADS, "customer_told")).ok
    await play.until(lambda: f"<@{PRIYA}> told the customer" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert "customer_told" not in str(play.card(SUPPORT_LEADS, PRIYA))
    await play.until(lambda: "told the customer" in str(play.trail(SUPPORT_LEADS, PRIYA)))


async def test_who_is_second_hears_who_told_the_customer(play: Play) -> None:
    await denied(play)
    channel = play.slack.core.workspace.dm(MAYA).id
    await play.until(lambda: any("⛔ *Denied:*" in one["text"] for one in play.slack.dm(MAYA)))
    (mine,) = [one for one in play.slack.dm(MAYA) if "⛔ *Denied:*" in one["text"]]
    await play.click(PRIYA, SUPPORT_LEADS, "customer_told")
    await play.slack.click(MAYA, "customer_told", channel=channel, ts=mine["ts"])
    await play.until(lambda: f"<@{PRIYA}> already told the customer" in play.direct(MAYA)[-1])


async def test_only_who_asked_or_may_decide_says_that_the_customer_was_told(here: World, play: Play) -> None:
    await denied(play)
    here.slack.core.workspace.channels[SUPPORT_LEADS].members.append(TOM)
    await play.click(TOM, SUPPORT_LEADS, "customer_told")
    await play.until(lambda: play.whispers(SUPPORT_LEADS, TOM))
    assert "Nobody has written down yet" in str(play.card(SUPPORT_LEADS, PRIYA))


async def test_a_refund_that_was_mailed_needs_nobody_to_tell_the_customer(play: Play) -> None:
    line = f'{cast.RENEWAL_RECENT} 49.00 accidental_renewal "ticket 4714" verified via email'
    await play.line(MAYA, SUPPORT, line)
    await play.until(lambda: "The customer was told by email" in str(play.card(SUPPORT_LEADS, PRIYA)))
    assert "customer_told" not in str(play.card(SUPPORT_LEADS, PRIYA))


async def test_the_month_is_reported_with_every_end_and_who_was_told(
    here: World, app: Running, play: Play, database_url: str
) -> None:
    await denied(play)
    await play.line(MAYA, SUPPORT, f'{cast.HOLD} duplicate "ticket 4712" verified via email')
    await play.line(
        MAYA, SUPPORT, f'{cast.RENEWAL_RECENT} 49.00 accidental_renewal "ticket 5" verified via email'
    )
    dispute = await here.stripe.file_dispute(cast.EXACTLY_500)
    await play.until(lambda: play.card(FINANCE, LENA, "500.00 USD"))
    await here.stripe.decide_dispute(dispute["id"], "lost")
    await play.until(lambda: "*Lost.*" in str(play.card(FINANCE, LENA, "500.00 USD")))
    await play.until(lambda: "told by email" in str(play.card(SUPPORT_LEADS, PRIYA, "49.00 USD")))
    month = f"{app.desk.now():%Y-%m}"
    rows = list(csv.DictReader(io.StringIO(report(here, database_url, "csv", month))))
    assert {
        ("case", "denied", "1250.00", "Used for nine months.", "not written down"),
        ("case", "closed", "49.00", _refunded(here), "by email"),
        ("dispute", "lost", "500.00", "Lost; the bank found for the cardholder.", "by the bank"),
    } <= {
        (one["kind"], one["outcome"], one["amount"], one["resolution"], one["customer_told"]) for one in rows
    }
    (refused,) = [one for one in rows if one["outcome"] == "refused"]
    assert ("4712", MAYA) == (refused["ticket"].removeprefix("ticket "), refused["asked_by"])
    assert rows == json.loads(report(here, database_url, "json", month))
    said = report(here, database_url, "text", month)
    assert f"{app.desk.now():%B %Y}: 4 ended." in said
    assert "Refunded: 49.00 USD." in said
    assert "For 2 nobody has written down that the customer was told." in said
    assert "Nothing ended in January 2020.\n" == report(here, database_url, "text", "2020-01")


def _refunded(here: World) -> str:
    (refund,) = here.stripe.books()[cast.RENEWAL_RECENT]["refunds"]
    return f"49.00 USD refunded, {refund['id']}."


@pytest.mark.parametrize("month", ["2026-13", "November", "2026-1"])
def test_what_is_no_month_is_said(month: str) -> None:
    ran = _run({}, "report", "--month", month)
    assert (2, True) == (ran.returncode, "is not a month. Write it like 2026-11." in ran.stderr)


def report(here: World, database_url: str, form: str, month: str) -> str:
    ran = _run(here.environment(database_url), "report", "--month", month, "--format", form)
    assert (0, "") == (ran.returncode, ran.stderr)
    return ran.stdout


def _run(environment: Mapping[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "bot", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )

"""Channels and approvers are configuration: user groups, or plain lists where the workspace has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, JONAS, LENA, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World, inhabited
from tests.conversations.asking import ask_for_1250, refunds_of

LINE = f"{cast.LARGE_1250} technical_error 'ticket 9' verified via email"


async def test_a_list_of_members_decides_where_there_are_no_user_groups(
    here: World, database_url: str
) -> None:
    here.slack.control.set_plan("free")
    play = Play(here.slack)
    async with inhabited(here, database_url, MAKEGOOD_APPROVERS=f"leads={JONAS}+{LENA}"):
        await ask_for_1250(play)
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
        assert f"This one is for <@{JONAS}> <@{LENA}> to decide." == play.whispers(SUPPORT_LEADS, PRIYA)[-1]
        await play.click(JONAS, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: [(125000, "succeeded")] == refunds_of(here, cast.LARGE_1250))


async def test_without_user_groups_and_without_a_list_the_click_says_what_to_do(
    here: World, database_url: str
) -> None:
    here.slack.control.set_plan("free")
    play = Play(here.slack)
    async with inhabited(here, database_url):
        await ask_for_1250(play)
        await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
        await play.until(lambda: play.whispers(SUPPORT_LEADS, PRIYA))
        assert "MAKEGOOD_APPROVERS" in play.whispers(SUPPORT_LEADS, PRIYA)[-1]
        assert [] == refunds_of(here, cast.LARGE_1250)


async def test_a_route_may_have_another_channel(here: World, database_url: str) -> None:
    play = Play(here.slack)
    async with inhabited(here, database_url, MAKEGOOD_CHANNELS="leads=#finance"):
        await play.line(MAYA, SUPPORT, LINE)
        await play.until(lambda: play.card(FINANCE, LENA, "1,250.00 USD"))
        assert [] == play.cards(SUPPORT_LEADS, PRIYA)


async def test_a_malformed_playbook_is_refused_with_its_line(
    here: World, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('title = "Ours"\nunknown = 1\n')
    with pytest.raises(ConfigurationError, match=r"ours\.toml, line \d+"):
        async with inhabited(here, database_url, MAKEGOOD_PLAYBOOK=str(path)):
            pass


async def test_a_token_that_slack_does_not_accept_is_refused_with_how_to_mend_it(
    here: World, database_url: str
) -> None:
    with pytest.raises(ConfigurationError, match="Slack does not accept SLACK_BOT_TOKEN"):
        async with inhabited(here, database_url, SLACK_BOT_TOKEN="xoxb-another"):
            pass

"""`makegood doctor` and `makegood policy replay`, run as commands on a database with a story in it."""

from __future__ import annotations

import json
from pathlib import Path

from bot.sandbox.play import Play
from bot.sandbox.slack.cast import FINANCE, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import cast
from bot.sandbox.world import World, inhabited
from tests.children import makegood
from tests.conversations.asking import ask_for_1250

_DEFAULT = Path(__file__).parents[2] / "policy" / "playbooks" / "default.toml"
_URL = "https://refunds.larkspur.example"


async def test_doctor_goes_through_everything_and_finds_it_well(here: World, database_url: str) -> None:
    code, printed, _ = await makegood(here.environment(database_url, MAKEGOOD_BASE_URL=_URL), "doctor")
    assert 0 == code, printed
    assert "✓ Route “leads”: #support-leads, decided by " in printed
    assert "Priya Nair" in printed
    assert "https://refunds.larkspur.example/stripe/webhook" in printed
    assert "✗" not in printed


async def test_doctor_says_what_is_missing_and_how_to_mend_it(here: World, database_url: str) -> None:
    here.slack.control.kick_bot(FINANCE)
    here.stripe.deny("charge_read")
    environment = here.environment(database_url, MAKEGOOD_BASE_URL=_URL, SMTP_URL="smtp://127.0.0.1:9")
    code, printed, _ = await makegood(environment, "doctor")
    assert 1 == code
    assert "✗ Mail: The mail server does not let Makegood in" in printed
    environment = here.environment(database_url, MAKEGOOD_BASE_URL=_URL)
    code, printed, _ = await makegood(environment, "doctor")
    assert 1 == code
    assert "✗ Route “finance”: Makegood is not in #finance. Type /invite @Makegood there." in printed


async def test_doctor_names_the_setting_that_is_missing(here: World, database_url: str) -> None:
    environment = here.environment(database_url)
    del environment["STRIPE_API_KEY"]
    code, _, complained = await makegood(environment, "doctor")
    assert 2 == code
    assert complained.startswith("STRIPE_API_KEY is not set. Where to get it: Stripe Dashboard")


async def test_replay_shows_the_recorded_cases_that_another_playbook_would_flip(
    here: World, database_url: str, tmp_path: Path
) -> None:
    play = Play(here.slack)
    async with inhabited(here, database_url):
        await ask_for_1250(play)
        await play.line(
            MAYA, SUPPORT, f"{cast.DUPLICATE_SECOND} 49.00 duplicate 'ticket 4711' verified via email"
        )
        await play.until(lambda: "Resolved" in str(play.card(SUPPORT_LEADS, PRIYA, "Dana")))
    environment = here.environment(database_url)
    code, printed, wrong = await makegood(
        environment, "policy", "replay", "--playbook", str(_DEFAULT), "--json"
    )
    assert "" == wrong
    assert (0, 2, []) == (code, json.loads(printed)["cases"], json.loads(printed)["flips"])
    stricter = tmp_path / "stricter.toml"
    text = _DEFAULT.read_text()
    for bound in ("below", "from"):
        text = text.replace(f'{bound} = "500.00 USD"', f'{bound} = "20.00 USD"')
    stricter.write_text(text)
    code, printed, _ = await makegood(environment, "policy", "replay", "--playbook", str(stricter), "--json")
    (flip,) = json.loads(printed)["flips"]
    assert ("grant", "escalate") == (flip["before"]["outcome"], flip["after"]["outcome"])

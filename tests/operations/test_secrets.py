"""Secrets, addresses and card numbers: nowhere in the logs, and secrets nowhere at all."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys

import httpx
import pytest

from bot.logs import mask
from bot.sandbox.play import Play
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack.cast import FINANCE, LENA, MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.children import makegood, serve
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.postgres import Postgres

_NOTE = "card 4242 4242 4242 4242 of colin.private@marshoutfitters.example"


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_day_of_failures_leaves_no_secret_behind(
    here: World, play: Play, pg: Postgres, mode: str
) -> None:
    url = pg.migrated()
    environment = here.environment(
        url.replace("postgres:@", "postgres:database-secret@"),
        socket_mode=mode == "socket",
        SMTP_URL=here.mailbox.url.replace("smtp://", "smtp://desk:smtp-secret@"),
        MAKEGOOD_USAGE=f"{here.usage_url}/usage?key=key-secret".replace(
            "http://", "http://desk:usage-secret@"
        ),
    )
    secrets = [value for name, value in environment.items() if re.search("TOKEN|SECRET|KEY", name) and value]
    passwords = ["smtp-secret", "usage-secret"]
    secrets += ["database-secret", "key-secret", *passwords, *(_basic(word) for word in passwords)]
    assert 10 == len(secrets)
    async with serve(environment) as desk:
        here.point_at(await desk.serving())
        await _everything_goes_wrong(here, play, pg, url)
        answers = await _answers(desk.url)
        if mode == "http":
            control = here.slack.control
            attacks = [await control.replay_forged(), await control.replay_stale()]
            assert [401, 401] == [answer.status for answer in attacks]
        await desk.killed()
    assert {"warning", "error"} <= {json.loads(line)["level"] for line in desk.lines if line[:1] == "{"}
    dumped = [pg.tool("pg_dump"), url.replace("+psycopg", "")]
    dump = subprocess.check_output(dumped, text=True, timeout=30)  # noqa: S603, ASYNC221  # the server's own
    assert cast.LARGE_1250 in dump
    logs = "\n".join([*desk.lines, desk.printed])
    places = {
        "logs": logs,
        "export": str(await makegood(environment, "audit", "export")),
        "doctor": str(await makegood(environment, "doctor")),
        "database": dump,
        "HTTP": answers,
        "mails": "\n".join(one.as_string() for one in here.mailbox.messages),
        "asked of Stripe": str(here.stripe.requests()),
        "asked of Slack": str(here.slack.control.calls()),
        **_seen_in_slack(here, play),
    }
    assert [] == [place for place, text in places.items() if len(text) < 100]
    assert [] == [(place, secret) for place, text in places.items() for secret in secrets if secret in text]
    assert [] == re.findall(r"[\w.]{2,}@(?:marshoutfitters|harborbooks)|4242.?4242|4242424242424242", logs)


def _basic(password: str) -> str:
    """Return a password as it goes out when somebody logs in,."""
    return base64.b64encode(f"desk:{password}".encode()).decode()


async def _answers(url: str) -> str:
    """Return what the desk says to whoever comes by, with each status."""
    async with httpx.AsyncClient(base_url=url) as client:
        found = [await client.get(path) for path in ("/healthz", "/readyz", "/metrics", "/nowhere")]
        found += [await client.post(path, content="{}") for path in ("/stripe/webhook", "/slack/events")]
    return "\n".join(f"{one.status_code} {one.headers} {one.text}" for one in found)


def _seen_in_slack(here: World, play: Play) -> dict[str, str]:
    """Return what stands in Slack: messages with their texts, forms, Home pages, and the page's own data."""
    core = here.slack.core
    return {
        "messages": str([m for c in core.workspace.channels.values() for m in c.messages.values()]),
        "forms": str([view.shown() for stack in core.views.stacks.values() for view in stack]),
        "Home": str([view.shown() for view in core.views.homes.values()]),
        "page": json.dumps([play.slack.state(who) for who in (MAYA, PRIYA, LENA)]),
    }


async def _everything_goes_wrong(here: World, play: Play, pg: Postgres, url: str) -> None:
    here.stripe.deny("charge_read")
    line = f"{cast.LARGE_1250} technical_error 'ticket 9 {_NOTE}' verified via email"
    await play.line(MAYA, SUPPORT, line)
    here.stripe.deny()
    here.slack.control.fault(SlackFault("chat.postMessage", "execute_then_drop", times=1))
    here.slack.control.fault(SlackFault("views.open", "error", error="invalid_auth", times=1))
    await play.slack.command(MAYA, SUPPORT, "/refund")  # an incident, with its traceback
    await ask_for_1250(play)
    pg.cut_off(url)
    here.stripe.arrange(Fault(FaultKind.STORED_500))
    here.slack.control.fault(SlackFault("chat.update", "error", error="fatal_error", times=1))
    await play.click(PRIYA, SUPPORT_LEADS, "case_approve")
    await play.until(lambda: refunds_of(here, cast.LARGE_1250))
    line = f'{cast.DUPLICATE_SECOND} 49.00 duplicate "ticket 4711 {_NOTE}" verified via email'
    await play.line(MAYA, SUPPORT, line)
    await play.until(lambda: refunds_of(here, cast.DUPLICATE_SECOND))
    await play.until(lambda: here.mailbox.messages)
    await here.stripe.file_dispute(cast.EXACTLY_500)
    await play.until(lambda: "318 emails" in str(play.cards(FINANCE, LENA)))
    here.usage.trouble = 500
    await here.stripe.file_dispute(cast.EXACTLY_2000)
    await play.until(lambda: "could not be read" in str(play.cards(FINANCE, LENA)))
    await play.slack.open_home(PRIYA)
    await play.until(lambda: play.slack.home(PRIYA))
    await play.open_form(MAYA, SUPPORT)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("token xoxb-123-abc and xapp-1-A2", "token xoxb-*** and xapp-***"),
        ("key sk_live_51Habc or rk_test_9, whsec_abcd1234", "key sk_*** or rk_***, whsec_***"),
        ("postgresql+psycopg://desk:pa55@db/makegood", "postgresql+psycopg://***@db/makegood"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("to dana@harborbooks.example", "to d***@harborbooks.example"),
        ("to renée.çelik@büro.example", "to r***@büro.example"),
        ("4242424242424242, 4242 4242 4242 4242", "**** 4242, **** 4242"),
        ("3782-822463-10005", "**** 0005"),
        ("1,250.00 USD at 1700000000", "1,250.00 USD at 1700000000"),
    ],
)
def test_logs_mask_what_nobody_should_read(said: str, shown: str) -> None:
    assert shown == mask(said)


_LOGS = """
import logging, structlog
from bot import logs
logs.configure()
try:
    raise ValueError("xoxb-123-abc for dana@harborbooks.example, card 4242 4242 4242 4242")
except ValueError as error:
    structlog.get_logger().error("incident", exc_info=error, url="smtp://desk:pa55@mail.example")
    logging.getLogger("library").exception("to %s", "dana@harborbooks.example")
"""


def test_every_line_of_the_log_is_masked_tracebacks_and_libraries_too() -> None:
    lines = subprocess.run(  # noqa: S603  # the code above
        [sys.executable, "-c", _LOGS], check=True, capture_output=True, text=True, timeout=30
    ).stderr.splitlines()
    assert ["incident", "to d***@harborbooks.example"] == [json.loads(line)["what"] for line in lines]
    for line in lines:
        assert "xoxb-*** for d***@harborbooks.example, card **** 4242" in json.loads(line)["exception"]
    assert "smtp://***@mail.example" == json.loads(lines[0])["url"]

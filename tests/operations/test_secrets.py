"""Secrets, addresses and card numbers: nowhere in the logs, and secrets nowhere at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from bot.logs import mask
from bot.sandbox.play import Play
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack.cast import MAYA, PRIYA, SUPPORT, SUPPORT_LEADS
from bot.sandbox.stripe import Fault, FaultKind, cast
from bot.sandbox.world import World
from tests.children import makegood, serve
from tests.conversations.asking import ask_for_1250, refunds_of
from tests.postgres import Postgres

_NOTE = "card 4242 4242 4242 4242 of colin.private@marshoutfitters.example"


async def test_a_day_of_failures_leaves_no_secret_behind(here: World, play: Play, pg: Postgres) -> None:
    url = pg.migrated()
    with_password = url.replace("postgres:@", "postgres:database-secret@")
    mail = here.mailbox.url.replace("smtp://", "smtp://desk:smtp-secret@")
    environment = here.environment(with_password) | {"SMTP_URL": mail}
    secrets = [value for name, value in environment.items() if re.search("TOKEN|SECRET|KEY", name) and value]
    secrets += ["database-secret", "smtp-secret"]
    assert len(secrets) == 6
    async with serve(environment) as desk:
        here.point_at(await desk.serving())
        await _everything_goes_wrong(here, play, pg, url)
        control = here.slack.control
        attacks = [await control.replay_forged(), await control.replay_stale()]
        assert [401, 401] == [answer.status for answer in attacks]
        await desk.killed()
    logs = "\n".join([*desk.lines, desk.printed])
    assert {"warning", "error"} <= {json.loads(line)["level"] for line in desk.lines if line[:1] == "{"}
    _, exported, complained = await makegood(environment, "audit", "export")
    dumped = [pg.tool("pg_dump"), url.replace("+psycopg", "")]
    dump = subprocess.check_output(dumped, text=True, timeout=30)  # noqa: S603, ASYNC221  # the server's own
    assert cast.LARGE_1250 in dump
    said = str([m.blocks for c in here.slack.core.workspace.channels.values() for m in c.messages.values()])
    places = {"logs": logs, "export": exported + complained, "database": dump, "Slack": said}
    assert [] == [(place, secret) for place, text in places.items() for secret in secrets if secret in text]
    assert [] == re.findall(r"[\w.]{2,}@(?:marshoutfitters|harborbooks)|4242.?4242|4242424242424242", logs)


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

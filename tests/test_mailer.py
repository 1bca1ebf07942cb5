"""Mail: a server that is slow at every command does not keep a mail longer than its process has it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.mailer import Mailer, MailError
from bot.sandbox.mailbox import mailbox
from bot.store.tables import Mail

MAIL = Mail(
    message_id="<RF1.re_1@makegood>",
    case_id="RF1",
    recipient="dana@harborbooks.example",
    subject="Your refund of 49.00 USD",
    body="we have refunded 49.00 USD",
    created_at=datetime(2026, 11, 30, tzinfo=UTC),
)


async def test_a_session_that_is_slow_command_by_command_is_given_up_as_a_whole() -> None:
    async with mailbox() as box:
        box.pause = 0.4
        with pytest.raises(MailError, match="The mail server does not answer") as refused:
            await Mailer(box.url, "billing@larkspur.example", within=0.6).send(MAIL)
        assert not refused.value.for_good
        assert [] == box.messages
        await Mailer(box.url, "billing@larkspur.example", within=10.0).send(MAIL)
        assert [MAIL.message_id] == [one["Message-ID"] for one in box.messages]

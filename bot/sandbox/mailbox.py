"""A real SMTP server on loopback that lets everybody in and keeps what it gets, for whoever wants to look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from bot.sandbox.watching import Watch, unwatched

_CLOSING = "421 The server is closing the connection"


@dataclass(slots=True)
class Mailbox:
    """What was sent, in order. `refuses` is the SMTP answer given instead of taking a mail.

    `pause` is how many seconds the server takes over each command of a mail.
    """

    url: str
    messages: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""
    pause: float = 0.0
    watch: Watch = unwatched

    def to(self, recipient: str) -> list[EmailMessage]:
        """Return what one person got."""
        return [message for message in self.messages if message["To"] == recipient]

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: object, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a sender."""
        await asyncio.sleep(self.pause)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: object, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient."""
        await asyncio.sleep(self.pause)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take one mail, or answer as `refuses` says."""
        if self.refuses:
            return self.refuses
        if not self.watch("mail: a message came"):
            return _CLOSING
        content: Any = envelope.original_content
        message = message_from_bytes(content, policy=policy.default)
        self.messages.append(message)
        return "250 OK" if self.watch("mail: a message was done") else _CLOSING


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """Run a mail server on a free port of loopback."""
    box = Mailbox("")
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            box,
            hostname="makegood.test",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=lambda *_whoever: AuthResult(success=True),
        ),
        "127.0.0.1",
        0,
    )
    box.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()

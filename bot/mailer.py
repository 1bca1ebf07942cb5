"""Mail to customers over SMTP, each with the message id that its row was given."""

from __future__ import annotations

import asyncio
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.store.tables import Mail
from bot.store.work import LEASE

_TIMEOUT: Final = 20.0
"""Seconds for each command."""
_WITHIN: Final = LEASE.total_seconds() - _TIMEOUT - 5
"""Seconds for all of them. A last command more, and it still is over before another process has the mail."""


class MailError(Exception):
    """A mail was not taken. `for_good` means that trying again will not help."""

    def __init__(self, sentence: str, *, for_good: bool) -> None:
        super().__init__(sentence)
        self.for_good = for_good


class Mailer:
    """One mail server, from an `smtp://` (STARTTLS where offered) or `smtps://` address."""

    def __init__(self, url: str, sender: str, within: float = _WITHIN) -> None:
        address = urlsplit(url)
        self._host = address.hostname or "localhost"
        self._tls = address.scheme == "smtps"
        self._port = address.port or (465 if self._tls else 587)
        self._user = unquote(address.username) if address.username else None
        self._password = unquote(address.password) if address.password else None
        self._sender = sender
        self._within = within

    async def send(self, mail: Mail) -> None:
        """Hand `mail` to the server. Raises MailError."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        message["Message-ID"] = mail.message_id
        message["Date"] = format_datetime(mail.created_at)
        message.set_content(mail.body)
        try:
            async with asyncio.timeout(self._within), self._session() as server:
                await server.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise MailError("The mail server does not accept this address.", for_good=True) from error
        except aiosmtplib.SMTPResponseException as error:
            raise MailError(
                f"The mail server answered {error.code}.", for_good=500 <= error.code < 600
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError("The mail server does not answer.", for_good=False) from error

    async def check(self) -> None:
        """Greet the server, and log in when there is a user. Raises MailError."""
        try:
            async with self._session():
                pass
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError(f"The mail server does not let Makegood in: {error}", for_good=False) from error

    def _session(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            timeout=_TIMEOUT,
            tls_context=ssl.create_default_context() if self._tls else None,
        )

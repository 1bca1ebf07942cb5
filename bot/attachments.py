"""Files that people attached in Slack: looked up and downloaded with the bot's own token."""

from __future__ import annotations

from typing import Final

import aiohttp
from msgspec import Struct
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.directory import NETWORK_ERRORS, error_name
from bot.errors import NotFoundError, SlackUnavailableError

_GONE: Final = {"file_not_found", "file_deleted"}


class Attachment(Struct, frozen=True):
    """A file as it was attached."""

    name: str
    content: bytes


class Attachments:
    """The files of one workspace."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def read(self, file_id: str, most: int) -> Attachment:
        """Download a file of at most `most` bytes.

        Raises NotFoundError for one that is gone or too large, SlackUnavailableError when Slack does not
        give it just now.
        """
        try:
            found = (await self._client.files_info(file=file_id))["file"]
            if found.get("is_external"):
                # Its address is not Slack's, and our token is nobody else's business.
                raise NotFoundError("It is kept outside of Slack. Attach the file itself.")
            if int(found.get("size") or 0) > most:
                raise NotFoundError(f"It is larger than {most // 1_000_000} MB, which Stripe does not take.")
            return Attachment(str(found["name"]), await self._download(str(found["url_private"])))
        except SlackApiError as error:
            if error_name(error) in _GONE:
                raise NotFoundError("It is not in Slack any more. Attach it again.") from error
            raise SlackUnavailableError(
                f"Slack did not give the file (“{error_name(error)}”). Makegood asks again by itself."
            ) from error
        except NETWORK_ERRORS as error:
            raise SlackUnavailableError("Slack does not answer. Makegood asks again by itself.") from error

    async def _download(self, address: str) -> bytes:
        """Fetch the bytes. Slack answers a token without files:read with a page to log in, not an error."""
        session: aiohttp.ClientSession | None = self._client.session
        if session is None:
            raise LookupError("the Slack client has no session of its own")
        headers = {"Authorization": f"Bearer {self._client.token}"}
        async with session.get(address, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200 or answer.content_type == "text/html":
                raise SlackUnavailableError(
                    "Slack did not give the file. An administrator has to see that the app has the scope "
                    "files:read. Makegood asks again by itself."
                )
            return await answer.read()

"""The Home page, drawn anew whenever somebody opens it."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import home
from bot.desk.desk import Desk


async def opened(desk: Desk, event: dict[str, Any], client: AsyncWebClient) -> None:
    """Publish the page of whoever opened it."""
    if event.get("tab") != "home":
        return
    desk.tasks.start(_publish(desk, event["user"], client), "publish Home")


async def _publish(desk: Desk, user: str, client: AsyncWebClient) -> None:
    await client.views_publish(user_id=user, view=await home.home(desk, user))

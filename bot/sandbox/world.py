"""The whole sandbox in one place: a local Slack, a local Stripe, mail, usage, and one clock for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from bot.app import Running, running
from bot.messenger import ANSWERS_WITHIN
from bot.sandbox.clock import SandboxClock
from bot.sandbox.mailbox import Mailbox, mailbox
from bot.sandbox.slack import LocalSlack
from bot.sandbox.story import Story
from bot.sandbox.stripe import LocalStripe
from bot.sandbox.usage import UsageRecords
from bot.sandbox.watching import Watch
from bot.serving import serving
from bot.settings import Settings, read_settings
from bot.store import migrating
from bot.store.engine import Store

_BOT_TOKEN: Final = "xoxb-sandbox-bot"  # noqa: S105  # the local Slack's own
_APP_TOKEN: Final = "xapp-sandbox-app"  # noqa: S105  # the same
_SIGNING_SECRET: Final = "sandbox-signing-secret"  # noqa: S105  # the same
_API_KEY: Final = "sk_test_sandbox"
_WEBHOOK_SECRET: Final = "whsec_sandbox"  # noqa: S105  # the local Stripe's own


class World(Struct, frozen=True):
    """The sandbox, running. Addresses have no slash at their end."""

    clock: SandboxClock
    slack: LocalSlack
    stripe: LocalStripe
    mailbox: Mailbox
    usage: UsageRecords
    story: Story
    slack_url: str
    stripe_url: str
    usage_url: str

    def environment(self, database_url: str, *, socket_mode: bool = False, **changed: str) -> dict[str, str]:
        """Return the environment of a Makegood that lives in this world, with what is `changed` by name."""
        return {
            "SLACK_BOT_TOKEN": _BOT_TOKEN,
            "SLACK_SIGNING_SECRET": "" if socket_mode else _SIGNING_SECRET,
            "SLACK_APP_TOKEN": _APP_TOKEN if socket_mode else "",
            "SLACK_API_URL": f"{self.slack_url}/api/",
            "STRIPE_API_KEY": _API_KEY,
            "STRIPE_WEBHOOK_SECRET": _WEBHOOK_SECRET,
            "STRIPE_API_BASE": self.stripe_url,
            "SMTP_URL": self.mailbox.url,
            "MAIL_FROM": "billing@larkspur.example",
            "DATABASE_URL": database_url,
            "MAKEGOOD_USAGE": f"{self.usage_url}/usage",
            "MAKEGOOD_CHANNELS": "",
            "MAKEGOOD_APPROVERS": "",
            **changed,
        }

    def settings(self, database_url: str, *, socket_mode: bool = False, **changed: str) -> Settings:
        """Return the settings of a Makegood that lives in this world, as `environment` does."""
        given = self.environment(database_url, socket_mode=socket_mode, **changed)
        return read_settings(**{name.lower(): value for name, value in given.items()})

    def watch(self, watch: Watch) -> None:
        """Let somebody watch every request that Slack, Stripe and the mail server get."""
        self.slack.core.watch = watch
        self.stripe.watch(watch)
        self.mailbox.watch = watch
        self.usage.watch = watch

    def point_at(self, app_url: str) -> None:
        """Let Slack and Stripe deliver to the app at this address; a connected socket comes first."""
        self.slack.request_url = f"{app_url}/slack/events"
        self.stripe.webhook_url = f"{app_url}/stripe/webhook"


@asynccontextmanager
async def world(*, slack_port: int = 0) -> AsyncIterator[World]:
    """Start the sandbox on loopback, and stop it."""
    clock = SandboxClock()
    async with mailbox() as box:
        stripe = LocalStripe(clock, api_key=_API_KEY, webhook_secret=_WEBHOOK_SECRET)
        story = Story(clock, stripe, box)
        slack = LocalSlack(
            clock,
            bot_token=_BOT_TOKEN,
            app_token=_APP_TOKEN,
            signing_secret=_SIGNING_SECRET,
            manifest=manifest(),
            panel=story,
        )
        story.after_clock = slack.tell_time
        usage = UsageRecords()
        async with (
            serving(stripe.app) as stripe_url,
            serving(usage.app) as usage_url,
            serving(slack.app, port=slack_port) as slack_url,
        ):
            slack.base_url = slack_url
            try:
                yield World(clock, slack, stripe, box, usage, story, slack_url, stripe_url, usage_url)
            finally:
                await slack.aclose()
                await stripe.aclose()


@asynccontextmanager
async def inhabited(
    world: World,
    database_url: str,
    *,
    port: int = 0,
    socket_mode: bool = False,
    slack_answers_within: timedelta = ANSWERS_WITHIN,
    **changed: str,
) -> AsyncIterator[Running]:
    """Let a Makegood live in `world`, over HTTP, on a database that is up to date."""
    settings = world.settings(database_url, socket_mode=socket_mode, **changed)
    async with (
        running(settings, world.clock.now, slack_answers_within) as app,
        serving(app.asgi, port=port) as app_url,
    ):
        world.point_at(app_url)
        yield app
        world.slack.request_url = None
        world.stripe.webhook_url = None


def prepare(database_url: str) -> None:
    """Bring a database up to date."""
    store = Store(database_url)
    try:
        migrating.migrate(store.engine)
    finally:
        store.close()


def manifest() -> dict[str, Any]:
    """Read the repository's Slack manifest."""
    text = (Path(__file__).parents[2] / "manifest.yml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    return found

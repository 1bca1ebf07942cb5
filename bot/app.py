"""The composition root: from settings to a desk, a Bolt app, an ASGI app and a running clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
from msgspec import Struct
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.routing import Route

import handlers
from bot.attachments import Attachments
from bot.clock import clock
from bot.desk.desk import Desk, Rules
from bot.desk.scenes import looker
from bot.directory import NETWORK_ERRORS, Directory, error_name
from bot.errors import ConfigurationError
from bot.mailer import Mailer
from bot.messenger import ANSWERS_WITHIN, Messenger
from bot.payments import Payments, payments
from bot.settings import Settings
from bot.store import cases, migrating
from bot.store.engine import Store
from bot.store.serving_lock import only_one
from bot.tasks import Tasks
from bot.usage import UsageRecord, usage_record
from bot.web.health import Health
from bot.web.slack import SlackEvents
from bot.web.stripe import StripeWebhook
from policy import playbook


class Running(Struct, frozen=True):
    """A desk that runs: `asgi` is what the world reaches, `reload` reads the playbook anew."""

    desk: Desk
    asgi: Starlette
    reload: Callable[[], None]


@asynccontextmanager
async def running(
    settings: Settings,
    now: Callable[[], datetime] | None = None,
    slack_answers_within: timedelta = ANSWERS_WITHIN,
) -> AsyncIterator[Running]:
    """Start everything that `settings` describe, and stop it in order: what is in flight is finished first.

    Raises ConfigurationError, in a sentence, when something needed is missing.
    """
    now = now or _utc_now
    async with AsyncExitStack() as stack:
        store = stack.enter_context(_store(settings.database_url.get_secret_value()))
        rules = Rules(_playbook(settings, store))
        slack = await stack.enter_async_context(slack_client(settings, slack_answers_within))
        bot = await _identity(slack)
        stripe = await stack.enter_async_context(
            payments(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base)
        )
        usage = await stack.enter_async_context(usage_record(settings.makegood_usage.get_secret_value()))
        desk = _desk(settings, store, slack, stripe, usage, rules, bot, now, slack_answers_within)
        bolt = _bolt(slack, bot)
        handlers.register(bolt, desk)
        await stack.enter_async_context(clock(desk))
        if settings.slack_app_token:
            await stack.enter_async_context(_socket(bolt, slack, settings.slack_app_token.get_secret_value()))
        yield Running(desk, _asgi(settings, bolt, desk, slack), lambda: _reload(settings, store, rules))


@asynccontextmanager
async def slack_client(
    settings: Settings, answers_within: timedelta = ANSWERS_WITHIN
) -> AsyncIterator[AsyncWebClient]:
    """Open one HTTP session to Slack for everything that asks it.

    Without the SDK's retries: a post that may have gone through must not go out again by itself,
    and one that Slack puts off is put off in its row.
    """
    seconds = answers_within.total_seconds()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session:
        yield AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=session,
            timeout=int(seconds),
            retry_handlers=[],
        )


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _playbook(settings: Settings, store: Store) -> playbook.Playbook:
    """Read the playbook, and refuse one without a route that something open waits on."""
    try:
        found = playbook.load(settings.makegood_playbook)
    except (playbook.PlaybookError, OSError) as error:
        raise ConfigurationError(f"The playbook cannot be used. {error}") from error
    with Session(store.engine) as session:
        missing = cases.routes_in_use(session) - found.routes.keys()
    if missing:
        raise ConfigurationError(
            f"Something open waits on the route “{min(missing)}”, which this playbook does not have. "
            "Keep the route until that is decided."
        )
    return found


def _reload(settings: Settings, store: Store, rules: Rules) -> None:
    rules.playbook = _playbook(settings, store)


@contextmanager
def _store(url: str) -> Iterator[Store]:
    store = Store(url)
    try:
        migrating.check(store.engine)
        with only_one(store):
            yield store
    finally:
        store.close()


class _Bot(Struct, frozen=True):
    """Who Slack says we are."""

    team_id: str
    bot_id: str
    user_id: str
    workspace_url: str


async def _identity(slack: AsyncWebClient) -> _Bot:
    """Ask Slack once who we are; no click asks it again."""
    try:
        said = await slack.auth_test()
    except SlackApiError as error:
        raise ConfigurationError(
            f"Slack does not accept SLACK_BOT_TOKEN ({error_name(error)}). "
            "Install the app to the workspace again and copy its Bot User OAuth Token."
        ) from error
    except NETWORK_ERRORS as error:
        raise ConfigurationError("Slack cannot be reached. Check the network, and SLACK_API_URL.") from error
    return _Bot(said["team_id"], said["bot_id"], said["user_id"], said["url"])


def _desk(
    settings: Settings,
    store: Store,
    slack: AsyncWebClient,
    stripe: Payments,
    usage: UsageRecord,
    rules: Rules,
    bot: _Bot,
    now: Callable[[], datetime],
    slack_answers_within: timedelta,
) -> Desk:
    directory = Directory(
        slack,
        lambda: rules.playbook,
        channels=settings.makegood_channels,
        approvers=settings.makegood_approvers,
        team_id=bot.team_id,
        now=now,
    )
    look = looker(store, directory, rules, now, livemode=settings.livemode)
    return Desk(
        store=store,
        payments=stripe,
        directory=directory,
        messenger=Messenger(slack, directory, store, look, now, slack_answers_within),
        mailer=Mailer(settings.smtp_url.get_secret_value(), settings.mail_from),
        attachments=Attachments(slack),
        usage=usage,
        rules=rules,
        tasks=Tasks(),
        now=now,
        livemode=settings.livemode,
        workspace_url=bot.workspace_url,
    )


def _bolt(slack: AsyncWebClient, bot: _Bot) -> AsyncApp:
    """Make the Bolt app: it answers once its listener has committed, and asks nobody who we are."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=bot.team_id,
            bot_id=bot.bot_id,
            bot_user_id=bot.user_id,
            bot_token=slack.token,
        )

    return AsyncApp(
        # Without a token of its own: Bolt gives each listener the one that `authorize` returns.
        client=AsyncWebClient(
            base_url=slack.base_url, session=slack.session, timeout=slack.timeout, retry_handlers=[]
        ),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,  # bot.web.slack verifies the raw body; sockets are trusted
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )


@asynccontextmanager
async def _socket(bolt: AsyncApp, slack: AsyncWebClient, app_token: str) -> AsyncIterator[None]:
    socket = AsyncSocketModeHandler(bolt, app_token, web_client=slack)
    try:
        await socket.connect_async()  # type: ignore[no-untyped-call]  # Bolt types it in no version
    except SlackApiError as error:
        raise ConfigurationError(
            f"Slack does not accept SLACK_APP_TOKEN ({error_name(error)}). "
            "Make an app-level token with the scope connections:write."
        ) from error
    try:
        yield
    finally:
        await socket.close_async()  # type: ignore[no-untyped-call]  # as above


def _asgi(settings: Settings, bolt: AsyncApp, desk: Desk, slack: AsyncWebClient) -> Starlette:
    health = Health(desk, slack)
    webhook = StripeWebhook(desk, settings.stripe_webhook_secret.get_secret_value())
    routes = [
        Route("/stripe/webhook", webhook.__call__, methods=["POST"]),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics),
    ]
    secret = settings.slack_signing_secret.get_secret_value()
    if secret:
        routes.insert(0, Route("/slack/events", SlackEvents(bolt, secret).__call__, methods=["POST"]))
    return Starlette(routes=routes)

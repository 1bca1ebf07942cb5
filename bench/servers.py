"""The servers that are compared, each in a process of its own: `python -m bench.servers NAME DATABASE_URL`.

The desk's own servers are composed of the product's parts; only the work that follows an answer is left
out, since the answer is what is measured. Slack's people are asked of a local Slack in the same process.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import stripe
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import handlers
from bot import logs
from bot.app import slack_client
from bot.attachments import Attachments
from bot.desk.desk import Desk, Rules
from bot.desk.scenes import looker
from bot.directory import Directory
from bot.mailer import Mailer
from bot.messenger import Messenger
from bot.payments import payments
from bot.sandbox.world import world
from bot.serving import serving, settle_memory
from bot.store.engine import Store
from bot.store.tables import Seen
from bot.tasks import Tasks
from bot.usage import NoRecord
from bot.web.slack import SlackEvents
from bot.web.stripe import StripeWebhook
from policy import playbook

SIGNING_SECRET: Final = "bench"  # noqa: S105  # loopback only
WEBHOOK_SECRET: Final = "whsec_bench"  # noqa: S105  # loopback only
TEAM: Final = "T07LARKSPR1"


class NothingAfterwards(Tasks):
    """Leaves out the work that follows an answer."""

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:  # noqa: ARG002  # as the product calls it
        """Close it unrun."""
        work.close()


async def authorize() -> AuthorizeResult:
    """Say who the bot is, without asking anybody."""
    return AuthorizeResult(
        enterprise_id=None,
        team_id=TEAM,
        bot_id="B1",
        bot_user_id="U1",
        bot_token="xoxb-bench",  # noqa: S106  # no secret
    )


def bolt() -> AsyncApp:
    """Return a Bolt app as the product makes it."""
    return AsyncApp(
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )


async def just_ack(ack: AsyncAck) -> None:
    """Acknowledge."""
    await ack()


@asynccontextmanager
async def bare(_database_url: str) -> AsyncIterator[Starlette]:
    """One listener that only acknowledges, on the product's adapter."""
    app = bolt()
    app.action("escalation_acknowledge")(just_ack)
    yield _slack(app)


@asynccontextmanager
async def one_listener(_database_url: str) -> AsyncIterator[Starlette]:
    """The link button's listener alone."""
    app = bolt()
    app.action("open_link")(just_ack)
    yield _slack(app)


@asynccontextmanager
async def desk_slack(database_url: str) -> AsyncIterator[Starlette]:
    """The product's listeners on the product's desk."""
    async with desk(database_url) as made:
        app = bolt()
        handlers.register(app, made)
        yield _slack(app)


@asynccontextmanager
async def naive_slack(database_url: str) -> AsyncIterator[Starlette]:
    """What a first version often is: a default app, and one insert by an async ORM session."""
    engine = create_async_engine(_async_url(database_url))
    app = AsyncApp(signing_secret=SIGNING_SECRET, authorize=authorize)
    number = iter(range(10**9))

    async def insert(ack: AsyncAck) -> None:
        async with AsyncSession(engine) as session:
            session.add(Seen(name=f"naive-{next(number)}", value="clicked"))
            await session.commit()
        await ack()

    app.action("escalation_acknowledge")(insert)
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    yield Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
    await engine.dispose()


@asynccontextmanager
async def hmac_only(_database_url: str) -> AsyncIterator[Starlette]:
    """An endpoint that checks Stripe's HMAC and does nothing else."""

    async def check(request: Request) -> Response:
        body = await request.body()
        parts = dict(part.split("=", 1) for part in request.headers["stripe-signature"].split(","))
        mine = hmac.new(WEBHOOK_SECRET.encode(), f"{parts['t']}.".encode() + body, sha256).hexdigest()
        return Response("" if hmac.compare_digest(mine, parts["v1"]) else "no")

    yield Starlette(routes=[Route("/stripe/webhook", check, methods=["POST"])])


@asynccontextmanager
async def desk_webhook(database_url: str) -> AsyncIterator[Starlette]:
    """The product's webhook."""
    async with desk(database_url) as made:
        webhook = StripeWebhook(made, WEBHOOK_SECRET)
        yield Starlette(routes=[Route("/stripe/webhook", webhook.__call__, methods=["POST"])])


@asynccontextmanager
async def naive_webhook(database_url: str) -> AsyncIterator[Starlette]:
    """`construct_event`, and one insert by an async ORM session."""
    engine = create_async_engine(_async_url(database_url))

    async def insert(request: Request) -> Response:
        body = await request.body()
        event = stripe.Webhook.construct_event(body, request.headers["stripe-signature"], WEBHOOK_SECRET)
        async with AsyncSession(engine) as session:
            session.add(Seen(name=event.id, value=event.type))
            await session.commit()
        return Response("")

    yield Starlette(routes=[Route("/stripe/webhook", insert, methods=["POST"])])
    await engine.dispose()


@asynccontextmanager
async def desk(database_url: str) -> AsyncIterator[Desk]:
    """Compose a desk as the product does, without the work that follows an answer."""
    store = Store(database_url)
    async with world() as here:
        settings = here.settings(database_url)
        async with slack_client(settings) as slack, payments("sk_test_bench", here.stripe_url) as account:
            rules = Rules(playbook.load(None))
            directory = Directory(
                slack, lambda: rules.playbook, channels={}, approvers={}, team_id=TEAM, now=_now
            )
            look = looker(store, directory, rules, _now, livemode=False)
            yield Desk(
                store=store,
                payments=account,
                directory=directory,
                messenger=Messenger(slack, directory, store, look, _now),
                mailer=Mailer(here.mailbox.url, "bench@example.com"),
                attachments=Attachments(slack),
                usage=NoRecord(),
                rules=rules,
                tasks=NothingAfterwards(),
                now=_now,
                livemode=False,
                workspace_url=here.slack_url,
            )
    store.close()


SERVERS: Final[dict[str, Callable[[str], Any]]] = {
    "bare": bare,
    "twin": bare,
    "one_listener": one_listener,
    "twin_listener": one_listener,
    "desk_slack": desk_slack,
    "naive_slack": naive_slack,
    "hmac_only": hmac_only,
    "hmac_twin": hmac_only,
    "desk_webhook": desk_webhook,
    "naive_webhook": naive_webhook,
}


async def sandbox(database_url: str) -> None:
    """Run the sandbox until standard input closes; print a desk's environment in it, and charges, first."""
    async with world() as here:
        charges = [
            charge
            for charge, page in here.stripe.books().items()
            if page["currency"] == "usd"
            and page["amount"] > 500
            and not page["refunds"]
            and not page["disputed"]
            and here.stripe.ledger.get("charge", charge)["captured"]
        ]
        told = {"environment": here.environment(database_url), "charges": charges}
        print(json.dumps(told), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def serve(name: str, database_url: str) -> None:
    """Serve until standard input closes; print the address first."""
    async with SERVERS[name](database_url) as app, serving(app) as url:
        settle_memory()
        print(url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _slack(app: AsyncApp) -> Starlette:
    return Starlette(
        routes=[Route("/slack/events", SlackEvents(app, SIGNING_SECRET).__call__, methods=["POST"])]
    )


def _async_url(database_url: str) -> str:
    return database_url.replace("sqlite://", "sqlite+aiosqlite://")


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    logs.configure()
    if sys.argv[1] == "sandbox":
        asyncio.run(sandbox(sys.argv[2]))
    else:
        asyncio.run(serve(sys.argv[1], sys.argv[2]))

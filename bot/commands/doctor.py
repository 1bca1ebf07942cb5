"""`makegood doctor`: try everything that the desk needs, and say what is missing and how to mend it."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import slack_client
from bot.commands.policy import Subparsers
from bot.directory import NETWORK_ERRORS, Directory, error_name
from bot.errors import DeskError
from bot.mailer import Mailer, MailError
from bot.payments import payments
from bot.settings import Settings, read_settings
from bot.store import migrating
from bot.store.engine import Store
from policy import playbook

_SCOPES = (
    "channels:history channels:read chat:write commands files:read groups:history groups:read "
    "im:history im:write usergroups:read users:read"
).split()


def add(commands: Subparsers) -> None:
    """Add `doctor`."""
    commands.add_parser("doctor", help="check the configuration, piece by piece").set_defaults(run=_doctor)


def _doctor(_arguments: Namespace) -> int:
    settings = read_settings()
    print("✓ Configuration: every setting is there")
    faults = asyncio.run(_examine(settings))
    print(
        "Everything works. Start it with “makegood serve”."
        if not faults
        else f"{faults} to mend, then run this again."
    )
    return 1 if faults else 0


async def _examine(settings: Settings) -> int:
    faults = 0

    async def tried(what: str, check: Callable[[], Awaitable[str]]) -> None:
        nonlocal faults
        try:
            print(f"✓ {what}: {await check()}")
        except (DeskError, MailError, playbook.PlaybookError) as error:
            faults += 1
            print(f"✗ {what}: {error}")
        except SlackApiError as error:
            faults += 1
            print(f"✗ {what}: Slack answered “{error_name(error)}”.")
        except NETWORK_ERRORS as error:
            faults += 1
            print(f"✗ {what}: no answer ({type(error).__name__}). Check the network and the address.")

    await tried("Address", lambda: _address(settings))
    await tried("Database", lambda: _database(settings))
    await tried("Playbook", lambda: _playbook(settings))
    await tried("Stripe", lambda: _stripe(settings))
    await tried("Mail", lambda: _mail(settings))
    async with slack_client(settings) as slack:
        before = faults
        await tried("Slack", lambda: _slack(slack))
        if faults > before:
            return faults
        directory = await _directory(settings, slack)
        for route in directory.routes():
            await tried(f"Route “{route}”", lambda route=route: _route(directory, slack, route))  # type: ignore[misc]  # a default binds the loop's route
    return faults


async def _address(settings: Settings) -> str:
    base = settings.makegood_base_url.rstrip("/")
    if not base.startswith("https://"):
        raise DeskError(
            "MAKEGOOD_BASE_URL is not an https:// address. Stripe's webhook needs one, such as "
            "https://refunds.example.com; whatever stands before Makegood passes it on to HOST and PORT."
        )
    slack = "Socket Mode, no address needed" if settings.socket_mode else f"{base}/slack/events"
    return f"Stripe's webhook is {base}/stripe/webhook; Slack's request URL: {slack}"


async def _database(settings: Settings) -> str:
    store = Store(settings.database_url.get_secret_value())
    try:
        migrating.check(store.engine)
    finally:
        store.close()
    return f"{store.url.get_backend_name()}, version {migrating.HEAD}"


async def _playbook(settings: Settings) -> str:
    found = playbook.load(settings.makegood_playbook)
    return f"“{found.title}”, version {found.version}"


async def _stripe(settings: Settings) -> str:
    async with payments(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base) as stripe:
        name = await stripe.account()
        await stripe.may_refund()
    return f"{name}, {'live' if settings.livemode else 'test'} mode"


async def _mail(settings: Settings) -> str:
    await Mailer(settings.smtp_url.get_secret_value(), settings.mail_from).check()
    return f"the server takes mail from {settings.mail_from}"


async def _slack(slack: AsyncWebClient) -> str:
    said = await slack.auth_test()
    granted = set(filter(None, said.headers.get("x-oauth-scopes", "").split(",")))
    missing = [scope for scope in _SCOPES if granted and scope not in granted]
    if missing:
        raise DeskError(
            f"the app lacks the scopes {', '.join(missing)}. Update it from manifest.yml and reinstall it."
        )
    return f"{said['user']} in {said['team']}"


async def _directory(settings: Settings, slack: AsyncWebClient) -> Directory:
    rules = playbook.load(settings.makegood_playbook)
    return Directory(
        slack,
        lambda: rules,
        channels=settings.makegood_channels,
        approvers=settings.makegood_approvers,
        team_id=(await slack.auth_test())["team_id"],
        now=lambda: datetime.now(UTC),
    )


async def _route(directory: Directory, slack: AsyncWebClient, route: str) -> str:
    channel = await directory.channel(route)
    info = await slack.conversations_info(channel=channel)
    name = info["channel"]["name"]
    if not info["channel"].get("is_member"):
        raise DeskError(f"Makegood is not in #{name}. Type /invite @Makegood there.")
    approvers = await directory.approvers(route)
    if not approvers:
        raise DeskError(
            "nobody may decide. Put somebody into the user group, or name them in MAKEGOOD_APPROVERS."
        )
    people = [await directory.person(user) for user in sorted(approvers)]
    names = ", ".join(person.name for person in people if person.is_member)
    if not names:
        raise DeskError("none of its approvers is a full member of this workspace.")
    return f"#{name}, decided by {names}"

"""`makegood serve`: run the desk until it is asked to stop; then finish what is in flight."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from argparse import Namespace

import structlog

from bot import logs
from bot.app import running
from bot.commands.policy import Subparsers
from bot.errors import ConfigurationError
from bot.serving import serving, settle_memory
from bot.settings import Settings, read_settings

log = structlog.get_logger()


def add(commands: Subparsers) -> None:
    """Add `serve`."""
    commands.add_parser("serve", help="run the refund desk").set_defaults(run=_serve)


def _serve(_arguments: Namespace) -> int:
    settings = read_settings()
    logs.configure()
    asyncio.run(_until_stopped(settings))
    return 0


async def _until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked, stop.set)
    async with running(settings) as app:

        def reload() -> None:
            try:
                app.reload()
            except ConfigurationError as error:
                log.warning("the playbook was not changed", why=str(error))
            else:
                log.info("playbook read again", version=app.desk.playbook.version)

        loop.add_signal_handler(signal.SIGHUP, reload)
        settle_memory()
        try:
            async with serving(app.asgi, settings.host, settings.port) as url:
                log.info(
                    "serving", url=url, socket_mode=settings.socket_mode, playbook=app.desk.playbook.version
                )
                await stop.wait()
                log.info("stopping", in_flight=app.desk.tasks.count)
        except OSError as error:
            why = os.strerror(error.errno or errno.EADDRNOTAVAIL)
            raise ConfigurationError(
                f"HOST {settings.host} and PORT {settings.port} cannot be listened on: {why}."
            ) from error

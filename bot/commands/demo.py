"""`makegood demo`: the whole desk with a local Slack and a local Stripe, in the browser or as a tour."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from argparse import Namespace
from pathlib import Path

from bot import logs
from bot.commands.policy import Subparsers


def add(commands: Subparsers) -> None:
    """Add `demo`."""
    demo = commands.add_parser("demo", help="try it without any account")
    demo.add_argument("--tour", action="store_true", help="play the story without a browser, and check it")
    demo.add_argument("--port", type=int, default=8080, help="where the local Slack's page is")
    demo.set_defaults(run=_demo)


def _demo(arguments: Namespace) -> int:
    logs.configure(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="makegood-") as folder:
        database_url = f"sqlite:///{Path(folder) / 'demo.db'}"
        if arguments.tour:
            from bot.sandbox.tour import tour  # noqa: PLC0415  # only the tour needs it

            return asyncio.run(tour(database_url))
        return asyncio.run(_in_browser(database_url, arguments.port))


async def _in_browser(database_url: str, port: int) -> int:
    from bot.sandbox.world import inhabited, prepare, world  # noqa: PLC0415  # nothing but the demo needs the sandbox

    stop = asyncio.Event()
    for asked in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(asked, stop.set)
    prepare(database_url)
    try:
        async with world(slack_port=port) as here, inhabited(here, database_url):
            print(_WELCOME.format(url=here.slack_url), flush=True)
            await stop.wait()
    except OSError as error:
        print(f"Port {port} cannot be listened on: {error.strerror}. Try another with --port.")
        return 1
    return 0


_WELCOME = """
Makegood is running with a local Slack and a local Stripe. Nothing leaves this machine.

    {url}

You are Maya, a support agent. Type /refund in #support, or open the menu of the message there.
Change who you are at the top left: Priya and Jonas approve, Lena has finance, Reggie the exceptions.
The panel on the right makes things happen outside Slack. Stop with Ctrl-C.
"""

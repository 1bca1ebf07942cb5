"""The command line: `makegood COMMAND`; each command is one file in `bot/commands`."""

from __future__ import annotations

import argparse
import sys

from bot.commands import audit, backup, demo, disputes, doctor, erase, migrate, mirror, policy, report, serve
from bot.commands.recorded import recorded
from bot.errors import DeskError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; what it refuses is one sentence."""
    parser = argparse.ArgumentParser(prog="makegood", description="The refund desk in your team's Slack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo.add(commands)
    serve.add(commands)
    doctor.add(commands)
    migrate.add(commands)
    mirror.add(commands)
    policy.add(commands, recorded)
    audit.add(commands)
    disputes.add(commands)
    report.add(commands)
    erase.add(commands)
    backup.add(commands)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except DeskError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

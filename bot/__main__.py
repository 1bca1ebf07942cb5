"""The command line: `makegood demo | serve | doctor | migrate | policy | audit`."""

from __future__ import annotations

import argparse
import sys

from bot.commands import audit, demo, doctor, migrate, policy, serve
from bot.commands.recorded import recorded
from bot.errors import ConfigurationError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; what is wrong with the configuration is one sentence."""
    parser = argparse.ArgumentParser(prog="makegood", description="The refund desk in your team's Slack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo.add(commands)
    serve.add(commands)
    doctor.add(commands)
    migrate.add(commands)
    policy.add(commands, recorded)
    audit.add(commands)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

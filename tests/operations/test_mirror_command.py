"""`makegood mirror` fills the mirror to its end, and has nothing left to do the second time."""

from __future__ import annotations

from bot.sandbox.world import World
from tests.operations.conftest import Command


async def test_the_mirror_is_filled_from_the_command_line_once(
    here: World, database_url: str, command: Command
) -> None:
    environment = here.environment(database_url)
    code, printed, complained = await command(environment, "mirror")
    assert (0, "") == (code, complained)
    assert "Customers: 2 pages read\n" in printed
    assert printed.endswith("The mirror holds everything.\n")
    assert (0, "The mirror holds everything.\n", "") == await command(environment, "mirror")

"""Telling a person's open pages what their modals and Home tab look like now."""

from __future__ import annotations

from bot.sandbox.slack.core import Core


def tell_modals(core: Core, user: str) -> None:
    """Send a person's stack of modals, the top one last."""
    stack = [view.shown() for view in core.views.stacks.get(user, [])]
    core.live.publish({"type": "modals", "modals": stack}, {user})


def tell_home(core: Core, user: str) -> None:
    """Send a person's Home tab."""
    home = core.views.homes.get(user)
    core.live.publish({"type": "home", "home": home.shown() if home else None}, {user})

"""The app as it is installed: its tokens, what its manifest declares, and the scopes that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

# Slack's reference, "App manifests": the limits that its editor refuses to save beyond.
_NAME: Final = 35
_DESCRIPTION: Final = 140
_COMMANDS: Final = 50
_SHORTCUTS: Final = 10


@dataclass
class Installation:
    """The app's credentials and manifest. Without a manifest it may do everything but hear events.

    `refusal` is what every call of the bot token is answered with, once the token is no longer good.
    """

    bot_token: str
    app_token: str
    signing_secret: str
    manifest: Json | None = None
    refusal: str = ""

    def __post_init__(self) -> None:
        if self.manifest is not None:
            _check(self.manifest)

    @property
    def scopes(self) -> frozenset[str] | None:
        """The bot's granted scopes; None means all of them."""
        if self.manifest is None:
            return None
        return frozenset(self.manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))

    @property
    def commands(self) -> list[Json]:
        """The slash commands that people are offered."""
        return list(self._features.get("slash_commands", []))

    @property
    def shortcuts(self) -> list[Json]:
        """The shortcuts that people are offered, global and on messages."""
        return list(self._features.get("shortcuts", []))

    def hears(self, event: str) -> bool:
        """Whether the app subscribed to a bot event, such as `message.im`."""
        if self.manifest is None:
            return event == "app_home_opened"
        subscribed = self.manifest.get("settings", {}).get("event_subscriptions", {})
        return event in subscribed.get("bot_events", [])

    def offers_command(self, command: str) -> Json | None:
        """Return the manifest's entry for a command; an undeclared one exists only without a manifest."""
        if self.manifest is None:
            return {"command": command}
        return next((c for c in self.commands if c["command"] == command), None)

    @property
    def has_home(self) -> bool:
        """Whether the Home tab is on."""
        home: bool = self._features.get("app_home", {}).get("home_tab_enabled", self.manifest is None)
        return home

    @property
    def is_interactive(self) -> bool:
        """Whether clicks and submissions are sent at all."""
        if self.manifest is None:
            return True
        enabled: bool = self.manifest.get("settings", {}).get("interactivity", {}).get("is_enabled", False)
        return enabled

    @property
    def _features(self) -> Json:
        features: Json = (self.manifest or {}).get("features", {})
        return features


def _check(manifest: Json) -> None:
    """Raise ValueError for what Slack's manifest editor would not save."""
    information = manifest.get("display_information", {})
    features = manifest.get("features", {})
    for what, length, most in (
        ("display_information.name", len(information.get("name", "")), _NAME),
        ("display_information.description", len(information.get("description", "")), _DESCRIPTION),
        ("features.slash_commands", len(features.get("slash_commands", [])), _COMMANDS),
        ("features.shortcuts", len(features.get("shortcuts", [])), _SHORTCUTS),
    ):
        if length > most:
            raise ValueError(f"The manifest's {what} is {length} long; Slack takes {most}.")

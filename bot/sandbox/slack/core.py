"""The parts of the local Slack that every route and act works on, held together."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack import cast, form
from bot.sandbox.slack.delivery import Delivery, Waits
from bot.sandbox.slack.faults import Faults, RateLimits
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.live import Live
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.tickets import ResponseUrls, Triggers, Upload
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.workspace import APP_ID, BOT_USER, TEAM_ID, Workspace
from bot.sandbox.watching import Watch, unwatched

Json = dict[str, Any]


@dataclass
class Core:
    """The workspace, the installed app, and the ways between them.

    `offers` are an external select's last options, by (view id or message ts, block id, action id);
    `message_values` what a person chose in a message's menus, by (user, ts);
    `reads` the timestamp up to which a person read a channel, by (user, channel).
    """

    workspace: Workspace
    installation: Installation
    live: Live
    sockets: Sockets
    delivery: Delivery
    views: Views
    triggers: Triggers
    response_urls: ResponseUrls
    rate_limits: RateLimits | None
    faults: Faults = field(default_factory=Faults)
    uploads: dict[str, Upload] = field(default_factory=dict)
    offers: dict[tuple[str, str, str], list[Json]] = field(default_factory=dict)
    message_values: dict[tuple[str, str], form.Values] = field(default_factory=dict)
    reads: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=1000))
    counts: Counter[str] = field(default_factory=Counter)
    base_url: str = ""
    watch: Watch = unwatched

    @classmethod
    def assembled(
        cls, clock: SandboxClock, installation: Installation, waits: Waits, rate_limits: RateLimits | None
    ) -> Core:
        """Put the parts together around the seeded workspace."""
        workspace, live = cast.seeded(clock), Live()
        sockets = Sockets(live)
        return cls(
            workspace=workspace,
            installation=installation,
            live=live,
            sockets=sockets,
            delivery=Delivery(installation, sockets, live, waits),
            views=Views(workspace),
            triggers=Triggers(waits.trigger),
            response_urls=ResponseUrls(clock),
            rate_limits=rate_limits,
        )

    def emit(self, event: Json, subscription: str = "") -> None:
        """Send the app an event that its manifest subscribes to, under `subscription` or the event's type."""
        if not self.installation.hears(subscription or event["type"]):
            return
        stamped = {**event, "event_ts": event.get("event_ts") or self.workspace.ts()}
        self.delivery.send_event(stamped, TEAM_ID, APP_ID, BOT_USER)

    def address(self, path: str) -> str:
        """Return an absolute address on this server. Raises RuntimeError before its own is known."""
        if not self.base_url:
            raise RuntimeError("The local Slack does not know its own address yet; set `base_url`.")
        return f"{self.base_url}{path}"

"""A local Slack: stateful and strict, so that nothing in the product needs to know that it is local."""

from bot.sandbox.slack.acting import NotPossibleError, Outcome
from bot.sandbox.slack.delivery import Waits
from bot.sandbox.slack.faults import Fault, RateLimits
from bot.sandbox.slack.panel import Panel
from bot.sandbox.slack.server import LocalSlack

__all__ = ["Fault", "LocalSlack", "NotPossibleError", "Outcome", "Panel", "RateLimits", "Waits"]

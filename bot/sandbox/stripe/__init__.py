"""The local Stripe: a strict, stateful account that the real SDK talks to by base address."""

from bot.sandbox.stripe.faults import Fault, FaultKind
from bot.sandbox.stripe.ledger import Ledger
from bot.sandbox.stripe.local import Company, LocalStripe
from bot.sandbox.stripe.webhooks import Mode, Trick

__all__ = ["Company", "Fault", "FaultKind", "Ledger", "LocalStripe", "Mode", "Trick"]

"""Stripe, spoken to in the desk's own words; the only package that imports its SDK."""

from bot.payments.account import API_VERSION, Payments, Record, payments
from bot.payments.answers import Answer, Done, Later, Order, Refused, Unknown, verified
from bot.payments.billing import Billed, Billing, Made, Open, Outcome

__all__ = [
    "API_VERSION",
    "Answer",
    "Billed",
    "Billing",
    "Done",
    "Later",
    "Made",
    "Open",
    "Order",
    "Outcome",
    "Payments",
    "Record",
    "Refused",
    "Unknown",
    "payments",
    "verified",
]

"""Stripe, spoken to in the desk's own words; the only package that imports its SDK."""

from bot.payments.account import API_VERSION, Payments, Record, payments
from bot.payments.answers import Answer, Done, Later, Order, Refused, Unknown, verified
from bot.payments.billing import Billed, Billing, Made, Open, Outcome
from bot.payments.disputes import ANSWERABLE, FILE_BYTES

__all__ = [
    "ANSWERABLE",
    "API_VERSION",
    "FILE_BYTES",
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

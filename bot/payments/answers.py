"""What Stripe's answers mean: the four outcomes of a refund, and the sentences for a read that failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import stripe
from msgspec import Struct

from bot.errors import NotFoundError, StripeKeyError, StripeRefusedError, StripeUnavailableError
from bot.stripe_objects import Refund
from policy.money import Money


class Order(Struct, frozen=True):
    """A refund to be made, frozen: the same order with the same key is the same refund."""

    operation_id: str
    case_id: str
    charge_id: str
    amount: Money
    reason: str
    approver: str
    api_version: str
    idempotency_key: str


class Done(Struct, frozen=True):
    """Stripe holds the refund; its status says how far it is."""

    refund: Refund


class Refused(Struct, frozen=True):
    """Stripe will not make it: `code` is Stripe's, `sentence` says why."""

    code: str
    sentence: str


class Later(Struct, frozen=True):
    """Stripe has not looked at it: ask again after `wait`; `why` is a sentence."""

    wait: timedelta
    why: str = "Stripe is busy."


class Unknown(Struct, frozen=True):
    """Nobody knows whether Stripe made it; `why` is a sentence.

    `stored` means that this key will answer the same for ever.
    """

    why: str
    stored: bool = False


Answer = Done | Refused | Later | Unknown


def verified(body: bytes, signature: str, secret: str) -> bool:
    """Say whether Stripe signed these bytes within the last five minutes (API documentation, “Webhooks”)."""
    try:
        return bool(stripe.WebhookSignature.verify_header(body.decode(), signature, secret, 300))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def answer_to(error: stripe.StripeError) -> Answer:
    """Sort what went wrong with a refund into the four outcomes.

    A key that Stripe does not accept is no refusal of the refund, which may have been made before.
    """
    status, code = error.http_status, _code(error)
    if trouble := _key_trouble(error):
        return Later(_UNTIL_MENDED, trouble)
    if isinstance(error, stripe.RateLimitError) or status == 429:
        return Later(timedelta(seconds=_retry_after(error)))
    if status is None or isinstance(error, stripe.APIConnectionError):
        return Unknown("Stripe's answer was lost.")
    if status == 409:
        return Unknown("Stripe is still working on the same request.")
    if status >= 500:
        return Unknown("Stripe answered with a fault of its own.", stored=_replayed(error))
    if isinstance(error, stripe.IdempotencyError):
        return Unknown("Stripe has other parameters under the same key.", stored=True)
    if not 400 <= status < 500 or error.error is None:
        return NOT_STRIPES
    return Refused(code, _SENTENCES.get(code) or f"Stripe refused it: {error.user_message}")


def refusal(error: stripe.StripeError) -> Exception:
    """Turn what went wrong with a read into the sentence for the person who waits."""
    if _code(error) == "resource_missing":
        return NotFoundError(
            "Stripe has nothing under that id. Check that it was copied whole, "
            "and that it is from this account and not from test mode."
        )
    if trouble := _key_trouble(error):
        return StripeKeyError(trouble)
    if (
        error.http_status is not None
        and 400 <= error.http_status < 500
        and error.http_status not in {409, 429}
    ):
        return StripeRefusedError(f"Stripe refused it: {error.user_message}")
    return StripeUnavailableError(
        "Stripe does not answer at the moment. Nothing was changed; try again in a minute."
    )


def _key_trouble(error: stripe.StripeError) -> str:
    """Say what is wrong with our key, in words that never repeat Stripe's, which show a part of it."""
    if isinstance(error, stripe.AuthenticationError):
        return (
            "Stripe does not accept the key that Makegood has. An administrator has to check STRIPE_API_KEY."
        )
    if isinstance(error, stripe.PermissionError):
        return (
            "Makegood's Stripe key lacks a permission for this. An administrator has to add it: read access "
            "to charges and payment methods, and write access to refunds, disputes, files, customers, "
            "invoices, subscriptions, coupons and the customer portal."
        )
    return ""


def _code(error: stripe.StripeError) -> str:
    return str((error.error and error.error.code) or error.code or "")


def _replayed(error: stripe.StripeError) -> bool:
    """Say whether this answer was stored under the key, and will come again for as long as the key lives."""
    return {name.lower(): value for name, value in (error.headers or {}).items()}.get(
        "idempotent-replayed"
    ) == "true"


def _retry_after(error: stripe.StripeError) -> int:
    headers: Callable[[str], str | None] = (error.headers or {}).get
    said = headers("retry-after") or headers("Retry-After") or "2"
    return int(said) if said.isdigit() else 2


NOT_STRIPES: Final = Unknown("The answer that came was not Stripe's.")
"""A proxy's page, half of a body, or something that is no refund."""

_UNTIL_MENDED: Final = timedelta(minutes=1)

_SENTENCES: Final = {
    "charge_already_refunded": "Stripe says that this charge has already been refunded.",
    "charge_disputed": "The bank has opened a chargeback on this charge, so Stripe refuses a refund.",
    "charge_expired_for_capture": "The authorisation on this card has expired; there is nothing to refund.",
    "insufficient_funds": "The Stripe balance does not cover this refund. Finance has to top it up.",
    "balance_insufficient": "The Stripe balance does not cover this refund. Finance has to top it up.",
    "resource_missing": "Stripe no longer has this charge.",
}

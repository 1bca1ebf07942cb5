"""Disputes of one Stripe account: read, accepted, answered with evidence; and the issuers' warnings.

Stripe does not deduplicate closing and submitting, so both read the dispute first: already so is success.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from stripe import RequestOptions

from bot import stripe_objects as read
from bot.payments.calls import Calls
from bot.stripe_objects import FraudWarning, StripeDispute

if TYPE_CHECKING:
    from stripe.params import DisputeUpdateParamsEvidence

ANSWERABLE: Final = frozenset({"needs_response", "warning_needs_response"})
"""The statuses in which Stripe takes evidence, or lets a dispute be accepted."""
FILE_BYTES: Final = 5_000_000
"""How large a file of evidence may be (guide “Dispute evidence”)."""

_ONCE: Final[RequestOptions] = {"max_network_retries": 0}
"""Without the SDK's own retries: an unclear answer is ours to resolve, from rows."""


class Disputes(Calls):
    """The disputes of one account.

    Everything here raises StripeUnavailableError, StripeRefusedError or NotFoundError.
    """

    async def get(self, dispute_id: str) -> StripeDispute:
        """Read one dispute."""
        return read.dispute(await self._read(self._client.v1.disputes.retrieve_async(dispute_id)))

    async def accept(self, dispute_id: str) -> StripeDispute:
        """Close a dispute, which accepts it for good. One that cannot be answered any more stays as it is."""
        before = await self.get(dispute_id)
        if before.status not in ANSWERABLE:
            return before
        return read.dispute(await self._read(self._client.v1.disputes.close_async(dispute_id, {}, _ONCE)))

    async def stage(self, dispute_id: str, evidence: Mapping[str, str]) -> StripeDispute:
        """Lay evidence down at Stripe without submitting it; the fields that it has are replaced."""
        return await self._update(dispute_id, evidence, submit=False)

    async def submit(self, dispute_id: str, evidence: Mapping[str, str]) -> StripeDispute:
        """Submit the evidence to the bank, which takes it once. What was submitted already stays so."""
        before = await self.get(dispute_id)
        if before.status not in ANSWERABLE:
            return before
        return await self._update(dispute_id, evidence, submit=True)

    async def upload(self, name: str, content: bytes, key: str) -> str:
        """Upload a file as evidence and return Stripe's id of it; the same `key` is the same file."""
        file = io.BytesIO(content)
        file.name = name  # the SDK sends the name that a file object has
        found = await self._read(
            self._client.v1.files.create_async(
                {"purpose": "dispute_evidence", "file": file}, {"idempotency_key": key, **_ONCE}
            )
        )
        return str(found["id"])

    async def fraud_warning(self, warning_id: str) -> FraudWarning:
        """Read an issuer's early fraud warning."""
        return read.fraud_warning(
            await self._read(self._client.v1.radar.early_fraud_warnings.retrieve_async(warning_id))
        )

    async def _update(self, dispute_id: str, evidence: Mapping[str, str], *, submit: bool) -> StripeDispute:
        given = cast("DisputeUpdateParamsEvidence", dict(evidence))
        return read.dispute(
            await self._read(
                self._client.v1.disputes.update_async(
                    dispute_id, {"evidence": given, "submit": submit}, _ONCE
                )
            )
        )

"""Look into a dispute: what the record of usage says of the customer between the charge and the dispute."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlmodel import Session

from bot.desk.advising import advice_on
from bot.desk.desk import Desk
from bot.desk.record import noted
from bot.store.tables import Dispute
from bot.store.work import amend, change
from bot.usage import Period


async def look(desk: Desk, dispute: Dispute) -> None:
    """Ask the record of usage, write down what it says, and advise anew.

    Raises StripeUnavailableError, StripeRefusedError, NotFoundError.
    """
    charge = await desk.payments.charge(dispute.charge_id)
    period = Period(dispute.customer_email, dispute.customer_id, charge.created_at, dispute.opened_at)
    usage = await desk.usage.look(period)
    known = asdict(usage)

    def write(session: Session) -> None:
        current, now = session.get(Dispute, dispute.id), desk.now()
        if current is None:
            return
        amend(session, current, usage=known, investigate=False, problem="")
        change(session, current, advice=asdict(advice_on(desk, session, current)))
        said = {"signed_in": usage.signed_in, "used": usage.used, "problem": usage.problem}
        noted(session, current, "investigated", actor="policy", at=now, detail=said)

    await desk.store.write(write)

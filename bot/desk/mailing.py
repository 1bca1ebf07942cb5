"""Tell the customer by email that the money is on its way, then close the case."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.desk.desk import Desk
from bot.desk.record import move, noted
from bot.mailer import MailError
from bot.store import cases, resolutions
from bot.store.statements import change_where
from bot.store.tables import Case, Mail
from bot.store.work import change, take
from policy.lifecycle import CaseState
from policy.money import Money
from policy.playbook import Playbook


def write_to_customer(session: Session, case: Case, playbook: Playbook, now: datetime) -> None:
    """Ask for the mail about a paid case; one without an address is closed at once, and says so."""
    if not case.customer_email:
        noted(session, case, "no_mail", actor="policy", at=now)
        _close(session, case, now)
        return
    amount = Money(case.amount_minor, case.currency)
    session.add(
        Mail(
            message_id=_message_id(case, case.refund_id),
            case_id=case.id,
            recipient=case.customer_email,
            subject=f"Your refund of {amount}",
            body=_body(case, amount, playbook.arrives_within),
            created_at=now,
            due_at=now,
        )
    )
    session.flush()


def withdraw(session: Session, case: Case, refund_id: str) -> None:
    """Keep back the mail about a refund that failed after all, if it has not gone out."""
    mail = session.get(Mail, _message_id(case, refund_id))
    if mail and mail.sent_at is None:
        change(session, mail, due_at=None, said="The refund failed before this was sent.")


async def send_of(desk: Desk, case_id: str) -> None:
    """Send what is due to the customer of a case."""
    for message_id in await desk.store.read(lambda session: _due_of(session, case_id, desk.now())):
        await send(desk, message_id)


async def send(desk: Desk, message_id: str) -> None:
    """Send a mail that is due, once it is taken up, and close its case."""
    mail = await desk.store.write(lambda session: _take(session, message_id, desk.now()))
    if mail is None:
        return
    try:
        await desk.mailer.send(mail)
    except MailError as error:
        sentence, for_good = str(error), error.for_good
        await desk.store.write(
            lambda session: _not_sent(session, mail, sentence, desk.now(), for_good=for_good)
        )
    else:
        await desk.store.write(lambda session: _sent(session, mail, desk.now()))
    desk.show_soon(mail.case_id)


def _due_of(session: Session, case_id: str, now: datetime) -> list[str]:
    due_at = col(Mail.due_at)
    wanted = select(Mail.message_id).where(Mail.case_id == case_id, due_at.is_not(None), due_at <= now)
    return list(session.exec(wanted))


def _take(session: Session, message_id: str, now: datetime) -> Mail | None:
    mail = session.get(Mail, message_id)
    if mail is None or not take(session, mail, now, tried=mail.tried + 1):
        return None
    return mail


def _sent(session: Session, mail: Mail, now: datetime) -> None:
    change(session, mail, sent_at=now, due_at=None, said="")
    case = cases.get(session, mail.case_id)
    if case:
        noted(session, case, "mail_sent", actor="policy", at=now)
        _close(session, case, now)
        resolutions.customer_told(session, case.id, how="mail", by="policy", at=now)


def _not_sent(session: Session, mail: Mail, sentence: str, now: datetime, *, for_good: bool) -> None:
    wait = timedelta(seconds=min(15 * 2**mail.tried, 900))
    taken_up = {"message_id": mail.message_id, "due_at": mail.due_at}
    if change_where(session, Mail, taken_up, said=sentence, due_at=None if for_good else now + wait) == 0:
        return  # it was withdrawn while the mail server was asked
    case = cases.get(session, mail.case_id)
    if case and for_good:
        noted(session, case, "mail_failed", actor="policy", at=now, detail={"note": sentence})
        _close(session, case, now)


def _close(session: Session, case: Case, now: datetime) -> None:
    if case.state == CaseState.PAID:
        move(session, case, "closed", actor="policy", at=now, detail={"ticket": case.ticket}, closed_at=now)


def _message_id(case: Case, refund_id: str) -> str:
    return f"<{case.id}.{refund_id}@makegood>"


def _body(case: Case, amount: Money, arrives_within: str) -> str:
    name = case.customer_name.split(" ")[0] if case.customer_name else ""
    return (
        f"Hello{f' {name}' if name else ''},\n\n"
        f"we have refunded {amount} to the payment method that you paid with.\n\n"
        f"Refund id: {case.refund_id}\n"
        f"It arrives within {arrives_within}. Your bank decides the exact day.\n"
        f"{f'Your ticket: {case.ticket}' if case.ticket else ''}\n\n"
        "If you do not see it after that, answer this mail with the refund id.\n"
    )

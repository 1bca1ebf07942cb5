"""`makegood disputes`: how disputes ended and what they cost, as CSV for finance."""

from __future__ import annotations

import csv
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlmodel import Session, col, select

from bot.commands.policy import Subparsers
from bot.commands.reading import database
from bot.store.tables import Dispute
from policy.money import Money

_COLUMNS: Final = (
    "dispute", "opened", "charge", "reason", "amount", "currency", "state", "status", "decided_by",
    "submitted_by", "funds_currency", "withdrawn", "reinstated", "fee",
)  # fmt: skip


def add(commands: Subparsers) -> None:
    """Add `disputes`."""
    parser = commands.add_parser("disputes", help="print how disputes ended, as CSV")
    parser.add_argument(
        "--since", type=_day, metavar="DAY", help="only those opened from this day on, in UTC"
    )
    parser.set_defaults(run=_disputes)


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _disputes(arguments: Namespace) -> int:
    with database() as session:
        writer = csv.writer(sys.stdout)
        writer.writerow(_COLUMNS)
        writer.writerows(_rows(session, arguments.since))
    return 0


def _rows(session: Session, since: datetime | None) -> Iterator[list[str]]:
    """Yield a row for each dispute, oldest first; amounts as decimals of their currency."""
    query = select(Dispute).order_by(col(Dispute.opened_at))
    for one in session.exec(query if since is None else query.where(Dispute.opened_at >= since)):
        funds = (one.withdrawn_minor, one.reinstated_minor, one.fee_minor)
        yield [
            one.id,
            one.opened_at.isoformat(),
            one.charge_id,
            one.reason,
            _decimal(one.amount_minor, one.currency),
            one.currency,
            one.state,
            one.status,
            one.decided_by,
            one.submitted_by,
            one.funds_currency,
            *(_decimal(minor, one.funds_currency) for minor in funds),
        ]


def _decimal(minor: int, currency: str) -> str:
    """Write an amount for a spreadsheet, `1250.00`; nothing where no money moved."""
    return Money(minor, currency).digits.replace(",", "") if currency else ""

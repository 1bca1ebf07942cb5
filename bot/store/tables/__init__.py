"""The tables. Money is whole minor units beside its currency; times are aware, in UTC.

`due_at` is the same in every table that holds work: when the work is to be taken up (again), or NULL
when there is none. Taking it up pushes `due_at` ahead in a guarded update, so it is the lease as well.

The modules do without string annotations, which two libraries would evaluate at each start.
"""

from bot.store.tables.changes import BillingChange, ChangeStep
from bot.store.tables.disputes import Dispute, Evidence
from bot.store.tables.escalations import Escalation
from bot.store.tables.kept import Audit, Resolution, Seen
from bot.store.tables.mirror import Mirrored
from bot.store.tables.refunds import Case, Ledger, Operation, OutsideRefund
from bot.store.tables.row import UtcTime
from bot.store.tables.waiting import Deadline, Inbox, Mail, Post

__all__ = [
    "Audit",
    "BillingChange",
    "Case",
    "ChangeStep",
    "Deadline",
    "Dispute",
    "Escalation",
    "Evidence",
    "Inbox",
    "Ledger",
    "Mail",
    "Mirrored",
    "Operation",
    "OutsideRefund",
    "Post",
    "Resolution",
    "Seen",
    "UtcTime",
]

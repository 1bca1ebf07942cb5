"""Fewer indexes for a click to write to.

The index of what is not resolved named the state, so that an acknowledgement wrote to every index of its
row; and the hash of an audit entry needs no index, since its number is its place in the chain.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# SQLite has no name for it; PostgreSQL's own is the one that this makes.
_NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}


def _live_by_issue(condition: str) -> None:
    op.drop_index("escalation_live_by_issue", "escalation")
    where = sa.text(condition)
    op.create_index(
        "escalation_live_by_issue", "escalation", ["issue"], sqlite_where=where, postgresql_where=where
    )


def upgrade() -> None:
    _live_by_issue("resolved_at IS NULL")
    with op.batch_alter_table("audit", naming_convention=_NAMES) as audit:
        audit.drop_constraint("audit_hash_key", type_="unique")


def downgrade() -> None:
    with op.batch_alter_table("audit", naming_convention=_NAMES) as audit:
        audit.create_unique_constraint("audit_hash_key", ["hash"])
    _live_by_issue("state <> 'resolved'")

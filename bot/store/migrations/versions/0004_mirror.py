"""The mirror of Stripe's objects, and the look-ups by ticket and by open issue.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

import bot.store.tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


_INDEXES = (
    ("mirrored", "mirrored_due", ["due_at"], _where("due_at IS NOT NULL")),
    ("mirrored", "mirrored_by_kind", ["kind", "created_at", "status"], {}),
    ("mirrored", "mirrored_by_status", ["kind", "status"], {}),
    ("mirrored", "mirrored_by_customer", ["customer_id", "kind", "created_at"], {}),
    ("mirrored", "mirrored_by_last4", ["last4", "created_at"], {}),
    ("mirrored", "mirrored_by_card", ["fingerprint", "created_at"], {}),
    ("escalation", "escalation_by_ticket", ["ticket"], {}),
    ("escalation", "escalation_live_by_issue", ["issue"], _where("state <> 'resolved'")),
    ("refund_case", "refund_case_by_ticket", ["ticket"], {}),
    ("dispute", "dispute_by_customer", ["customer_id"], {}),
)


def upgrade() -> None:
    op.create_table(
        "mirrored",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("charge_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount_minor", _BIG, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("created_at", bot.store.tables.UtcTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("decline_code", sa.String(), nullable=False),
        sa.Column("price", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("read_at", bot.store.tables.UtcTime(timezone=True), nullable=True),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("due_at", bot.store.tables.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, name, columns, where in _INDEXES:
        op.create_index(name, table, columns, unique=False, **where)


def downgrade() -> None:
    for table, name, _columns, where in reversed(_INDEXES):
        op.drop_index(name, table_name=table, **where)
    op.drop_table("mirrored")

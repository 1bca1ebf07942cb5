"""Disputes, whole: their evidence, usage, funds and fraud warnings."""

import sqlalchemy as sa
from alembic import op

import bot.store.tables

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_MINOR = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_OPEN_AT_STRIPE = "status IN ('needs_response', 'warning_needs_response')"


def upgrade() -> None:
    op.create_table('evidence',
    sa.Column('dispute_id', sa.String(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('slack_file', sa.String(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('stripe_file', sa.String(), nullable=False),
    sa.Column('given_by', sa.String(), nullable=False),
    sa.Column('given_at', bot.store.tables.UtcTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('staged', sa.Integer(), nullable=False),
    sa.Column('problem', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('dispute_id', 'field')
    )
    for column in (
        sa.Column('refundable', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('submitted_by', sa.String(), server_default='', nullable=False),
        sa.Column('submitted_at', bot.store.tables.UtcTime(timezone=True), nullable=True),
        sa.Column('investigate', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('usage', sa.JSON(), nullable=True),
        sa.Column('fraud_type', sa.String(), server_default='', nullable=False),
        sa.Column('funds_currency', sa.String(), server_default='', nullable=False),
        sa.Column('withdrawn_minor', _MINOR, server_default='0', nullable=False),
        sa.Column('reinstated_minor', _MINOR, server_default='0', nullable=False),
        sa.Column('fee_minor', _MINOR, server_default='0', nullable=False),
        sa.Column('held', sa.JSON(), server_default='{}', nullable=False),
    ):
        op.add_column('dispute', column)
    # Until now “challenged” began when somebody took it; from now on, when the bank has the evidence.
    op.execute(f"UPDATE dispute SET state = 'gathering' WHERE state = 'challenged' AND {_OPEN_AT_STRIPE}")


def downgrade() -> None:
    op.execute("UPDATE dispute SET state = 'challenged' WHERE state IN ('gathering', 'submitting')")
    with op.batch_alter_table('dispute', schema=None) as batch_op:
        for name in (
            'held', 'fee_minor', 'reinstated_minor', 'withdrawn_minor', 'funds_currency', 'fraud_type',
            'usage', 'investigate', 'submitted_at', 'submitted_by', 'refundable',
        ):
            batch_op.drop_column(name)
    op.drop_table('evidence')

"""What a thread tells of the trail follows from it, up to a mark.

Everything that was recorded until now has its message already. Let the desk show what it has recorded
before a downgrade: what is not told by then is only in the trail.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("in_thread", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "INSERT INTO seen (name, value) SELECT 'trail_told', CAST(number AS VARCHAR) FROM audit "
        "WHERE number = (SELECT max(number) FROM audit)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM seen WHERE name = 'trail_told'")
    with op.batch_alter_table("audit") as audit:
        audit.drop_column("in_thread")

"""the mark of the audit trail's newest entry."""

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO seen (name, value) SELECT 'audit_head', number || ' ' || hash FROM audit "
        "WHERE number = (SELECT max(number) FROM audit)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM seen WHERE name = 'audit_head'")

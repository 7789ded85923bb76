"""A credential that a node could not decrypt, and a CRM whose changes had expired, are noted."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unreadable_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("crm_sync", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes_lost_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("crm_sync", schema=None) as batch_op:
        batch_op.drop_column("changes_lost_at")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_column("unreadable_at")

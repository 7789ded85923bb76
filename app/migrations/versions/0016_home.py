"""The home page's checklist can be dismissed, and a session says why it was ended."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.add_column(sa.Column("checklist_dismissed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("end_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_column("end_reason")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_column("checklist_dismissed_at")

"""An import keeps the directory that its file's object IDs belong to."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tenant", sa.Text(), nullable=True))
    op.execute(
        "UPDATE people_import SET tenant = (SELECT tenant FROM connection WHERE connection.id = connection_id) "
        "WHERE connection_id IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("people_import", schema=None) as batch_op:
        batch_op.drop_column("tenant")

"""Imports and syncs count their tries, so that none is begun without end."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NUMBERS = (("people_import", "tries"), ("people_import", "rescanned"), ("crm_sync", "tries"))


def upgrade() -> None:
    # The defaults are for the rows that are there; new ones get theirs from the model.
    for table, column in NUMBERS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column(column, sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("people_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("has_failed", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("people_import", schema=None) as batch_op:
        batch_op.drop_column("has_failed")
    for table, column in reversed(NUMBERS):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)

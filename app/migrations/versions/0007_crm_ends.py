"""Ends of CRM credentials are found without looking at all connections."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("crm_connection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_connection_credential_expires"), ["credential_expires"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("crm_connection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_connection_credential_expires"))

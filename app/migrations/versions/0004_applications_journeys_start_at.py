"""Invitations and emailed links remember the application that they lead to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("invitation", "email_token")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("leads_to_id", sa.Uuid(), nullable=True))
            batch_op.create_index(batch_op.f(f"ix_{table}_leads_to_id"), ["leads_to_id"])
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{table}_leads_to_id_application"),
                "application",
                ["leads_to_id"],
                ["id"],
                ondelete="SET NULL",
            )


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_leads_to_id_application"), type_="foreignkey")
            batch_op.drop_index(batch_op.f(f"ix_{table}_leads_to_id"))
            batch_op.drop_column("leads_to_id")

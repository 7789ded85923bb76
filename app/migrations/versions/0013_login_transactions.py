"""Sessions tell when and how the person authenticated, and refer to their connection."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SESSION_CONNECTION = "fk_session_connection_id_connection_draft"
PERSON_CONNECTION = "fk_person_method_connection_id_connection_draft"


def upgrade() -> None:
    # Sessions without a transaction are those of passwords; a person signs in again.
    op.execute("DELETE FROM session WHERE attempt_id IS NULL")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_constraint("uq_session_attempt_id", type_="unique")
        batch_op.alter_column("attempt_id", new_column_name="transaction_id", existing_type=sa.Text(), nullable=False)
        batch_op.add_column(
            sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
        )
        batch_op.add_column(sa.Column("amr", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("microsoft_sid", sa.Text(), nullable=True))
        batch_op.create_foreign_key(SESSION_CONNECTION, "connection_draft", ["connection_id"], ["id"])
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.alter_column("auth_time", server_default=None)
        batch_op.alter_column("amr", server_default=None)
        # Not in the batch above: on SQLite a batch names columns as they were before it.
        batch_op.create_unique_constraint("uq_session_transaction_id", ["transaction_id"])
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_foreign_key(PERSON_CONNECTION, "connection_draft", ["method_connection_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_constraint(PERSON_CONNECTION, type_="foreignkey")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_constraint(SESSION_CONNECTION, type_="foreignkey")
        batch_op.drop_constraint("uq_session_transaction_id", type_="unique")
        for name in ("microsoft_sid", "amr", "auth_time"):
            batch_op.drop_column(name)
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.alter_column("transaction_id", new_column_name="attempt_id", existing_type=sa.Text(), nullable=True)
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_unique_constraint("uq_session_attempt_id", ["attempt_id"])

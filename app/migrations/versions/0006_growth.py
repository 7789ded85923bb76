"""A person's good sessions are found without looking at all that ended."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index("ix_session_person_expires", ["person_id", "expires_at"], unique=False)
        batch_op.drop_index(batch_op.f("ix_session_person_id"))


def downgrade() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_person_id"), ["person_id"], unique=False)
        batch_op.drop_index("ix_session_person_expires")

"""When a session's person last proved who they are; an app that is to replace another; challenges that are spent."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reauthenticated_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("authenticator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replacement_sealed", sa.Text(), nullable=True))
    op.create_table(
        "spent_challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_spent_challenge_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_challenge")),
        sa.UniqueConstraint("challenge_hash", name=op.f("uq_spent_challenge_challenge_hash")),
    )
    with op.batch_alter_table("spent_challenge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_challenge_company_id"), ["company_id"], unique=False)


def downgrade() -> None:
    op.drop_table("spent_challenge")
    with op.batch_alter_table("authenticator", schema=None) as batch_op:
        batch_op.drop_column("replacement_sealed")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_column("reauthenticated_at")

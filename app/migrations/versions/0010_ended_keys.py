"""Keys that were replaced or revoked, so that their links can say which."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_key",
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_ended_key_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_ended_key_key_hash")),
    )
    with op.batch_alter_table("ended_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ended_key_company_id"), ["company_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ended_key")

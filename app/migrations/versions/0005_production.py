"""What a picture was made of, so that the same one is not decoded again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("avatar", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source_hash", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("ix_avatar_source_hash"), ["source_hash"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("avatar", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_avatar_source_hash"))
        batch_op.drop_column("source_hash")

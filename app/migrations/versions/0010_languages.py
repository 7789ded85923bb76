"""A person's own language, and a company's default."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("language", sa.Text()))
    op.add_column("company", sa.Column("language", sa.Text(), nullable=False, server_default="en"))


def downgrade() -> None:
    op.drop_column("company", "language")
    op.drop_column("person", "language")

"""A connection is active, not live."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE connection RENAME COLUMN live_since TO active_since")


def downgrade() -> None:
    op.execute("ALTER TABLE connection RENAME COLUMN active_since TO live_since")

"""A connection is active, not live; and searches for people don't slow down until the next VACUUM."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE connection RENAME COLUMN live_since TO active_since")
    if op.get_bind().dialect.name == "postgresql":
        # In kB: a search reads through all new entries, up to this limit, until they are added to the index.
        op.execute("ALTER INDEX ix_person_company_search SET (gin_pending_list_limit = 256)")
        op.execute("SELECT gin_clean_pending_list('ix_person_company_search')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX ix_person_company_search RESET (gin_pending_list_limit)")
    op.execute("ALTER TABLE connection RENAME COLUMN active_since TO live_since")

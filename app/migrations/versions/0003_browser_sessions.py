"""A browser has a session at each of several companies, and a login code that was used is its company's for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RANDOM = {"postgresql": "substr(md5(gen_random_uuid()::text), 1, 24)", "sqlite": "lower(hex(randomblob(12)))"}


def upgrade() -> None:
    random_id = RANDOM[op.get_bind().dialect.name]
    op.add_column("company", sa.Column("public_id", sa.Text(), nullable=False, server_default=""))
    op.add_column("session", sa.Column("public_id", sa.Text(), nullable=False, server_default=""))
    op.add_column("session", sa.Column("browser_hash", sa.Text(), nullable=False, server_default=""))
    op.execute(f"UPDATE company SET public_id = {random_id}")  # noqa: S608 - a constant
    op.execute(f"UPDATE session SET public_id = {random_id}")  # noqa: S608
    with op.batch_alter_table("company") as batch:
        batch.alter_column("public_id", server_default=None)
        batch.create_unique_constraint("uq_company_public_id", ["public_id"])
    with op.batch_alter_table("session") as batch:
        batch.alter_column("public_id", server_default=None)
        batch.alter_column("browser_hash", server_default=None)
        batch.create_unique_constraint("uq_session_public_id", ["public_id"])
        batch.create_index("ix_session_browser_hash", ["browser_hash"])
    with op.batch_alter_table("retired_code") as batch:
        batch.alter_column("reserved_until", new_column_name="forwards_until")
        batch.alter_column("page_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM retired_code WHERE page_id IS NULL")
    with op.batch_alter_table("retired_code") as batch:
        batch.alter_column("page_id", nullable=False)
        batch.alter_column("forwards_until", new_column_name="reserved_until")
    with op.batch_alter_table("session") as batch:
        batch.drop_index("ix_session_browser_hash")
        batch.drop_constraint("uq_session_public_id", type_="unique")
        batch.drop_column("browser_hash")
        batch.drop_column("public_id")
    with op.batch_alter_table("company") as batch:
        batch.drop_constraint("uq_company_public_id", type_="unique")
        batch.drop_column("public_id")

"""Refresh tokens of grants with offline access, and changes of a directory's users."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OF_SESSION = sa.text("grant_id IS NULL")


def upgrade() -> None:
    op.add_column("application_grant", sa.Column("is_watched", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("connection_draft", sa.Column("reads_users", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("tenant_domain", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("upstream_token") as batch:
        batch.drop_constraint(op.f("uq_upstream_token_session_id"), type_="unique")
        batch.add_column(sa.Column("grant_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_upstream_token_grant_id_application_grant"),
            "application_grant",
            ["grant_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch.create_unique_constraint(op.f("uq_upstream_token_grant_id"), ["grant_id"])
        batch.create_index(op.f("ix_upstream_token_session_id"), ["session_id"])
        batch.create_index(
            "uq_upstream_token_of_session",
            ["session_id"],
            unique=True,
            postgresql_where=OF_SESSION,
            sqlite_where=OF_SESSION,
        )
    op.create_table(
        "user_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("next_read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_user_changes_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection_draft.id"], name=op.f("fk_user_changes_connection_id_connection_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_changes")),
        sa.UniqueConstraint("connection_id", name=op.f("uq_user_changes_connection_id")),
    )
    for column in ("company_id", "next_read_at"):
        op.create_index(op.f(f"ix_user_changes_{column}"), "user_changes", [column])


def downgrade() -> None:
    op.drop_table("user_changes")
    op.execute("DELETE FROM upstream_token WHERE grant_id IS NOT NULL")
    with op.batch_alter_table("upstream_token") as batch:
        batch.drop_index("uq_upstream_token_of_session")
        batch.drop_index(op.f("ix_upstream_token_session_id"))
        batch.drop_constraint(op.f("uq_upstream_token_grant_id"), type_="unique")
        batch.drop_constraint(op.f("fk_upstream_token_grant_id_application_grant"), type_="foreignkey")
        batch.drop_column("grant_id")
        batch.create_unique_constraint(op.f("uq_upstream_token_session_id"), ["session_id"])
    op.drop_column("tenant_domain", "read_at")
    op.drop_column("connection_draft", "reads_users")
    op.drop_column("application_grant", "is_watched")

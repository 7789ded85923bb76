"""Domains that companies prove, domains of their tenants, and accounts found by their address alone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "domain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown_name", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("previous_token", sa.Text(), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warnings_sent", sa.Integer(), nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("includes_subdomains", sa.Boolean(), nullable=False),
        sa.Column("microsoft_only", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_domain_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_domain_company_id_name")),
        sa.UniqueConstraint("token", name=op.f("uq_domain_token")),
    )
    with op.batch_alter_table("domain", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_domain_root"), ["root"], unique=False)
        batch_op.create_index(
            "uq_domain_proven_name",
            ["name"],
            unique=True,
            postgresql_where=sa.text("proven_at IS NOT NULL"),
            sqlite_where=sa.text("proven_at IS NOT NULL"),
        )

    op.create_table(
        "tenant_domain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("tid", sa.Text(), nullable=False),
        sa.Column("shown_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_tenant_domain_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_domain")),
        sa.UniqueConstraint("company_id", "tid", "shown_name", name=op.f("uq_tenant_domain_company_id_tid_shown_name")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_email", ["email"], unique=False, postgresql_using="hash")
        batch_op.create_index("ix_person_sign_in_email", ["sign_in_email"], unique=False, postgresql_using="hash")


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_sign_in_email")
        batch_op.drop_index("ix_person_email")

    op.drop_table("tenant_domain")
    with op.batch_alter_table("domain", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_domain_proven_name",
            postgresql_where=sa.text("proven_at IS NOT NULL"),
            sqlite_where=sa.text("proven_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_domain_root"))

    op.drop_table("domain")

"""The CRM: a connection to Dynamics 365 per company, and the contacts it brings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_connection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("is_federated", sa.Boolean(), nullable=False),
        sa.Column("federation_id", sa.Text(), nullable=True),
        sa.Column("federation_key_sealed", sa.Text(), nullable=True),
        sa.Column("credential_expires", sa.Date(), nullable=True),
        sa.Column("credential_warned", sa.Integer(), nullable=True),
        sa.Column("refresh_token_sealed", sa.Text(), nullable=True),
        sa.Column("access_token_sealed", sa.Text(), nullable=True),
        sa.Column("access_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_sealed", sa.Text(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("entered_sealed", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.Text(), nullable=True),
        sa.Column("organisation_name", sa.Text(), nullable=True),
        sa.Column("acts_as", sa.Text(), nullable=True),
        sa.Column("connected_by", sa.Uuid(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("trouble_code", sa.Integer(), nullable=True),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_crm_connection_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_connection")),
        sa.UniqueConstraint("company_id", name=op.f("uq_crm_connection_company_id")),
        sa.UniqueConstraint("federation_id", name=op.f("uq_crm_connection_federation_id")),
    )
    op.create_table(
        "crm_contact",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sort_name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("name_suffix_2", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("name_suffix_3", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("name_suffix_last", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("folded_email", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_crm_contact_company_id_company")),
        sa.PrimaryKeyConstraint("company_id", "external_id", name=op.f("pk_crm_contact")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("crm_contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_crm_contact_by_email", ["company_id", "folded_email", "sort_name", "external_id"], unique=False
        )
        batch_op.create_index(
            "ix_crm_contact_by_name_suffix_last",
            ["company_id", "name_suffix_last", "sort_name", "external_id"],
            unique=False,
            postgresql_where=sa.text("name_suffix_last IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_last IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_crm_contact_by_name_suffix_2",
            ["company_id", "name_suffix_2", "sort_name", "external_id"],
            unique=False,
            postgresql_where=sa.text("name_suffix_2 IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_2 IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_crm_contact_by_name_suffix_3",
            ["company_id", "name_suffix_3", "sort_name", "external_id"],
            unique=False,
            postgresql_where=sa.text("name_suffix_3 IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_3 IS NOT NULL"),
        )
        batch_op.create_index("ix_crm_contact_by_name", ["company_id", "sort_name", "external_id"], unique=False)

    op.create_table(
        "crm_sync",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("delta_link", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["crm_connection.id"], name=op.f("fk_crm_sync_connection_id_crm_connection")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_crm_sync")),
    )
    with op.batch_alter_table("crm_sync", schema=None) as batch_op:
        batch_op.create_index("ix_crm_sync_due", ["next_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("crm_sync", schema=None) as batch_op:
        batch_op.drop_index("ix_crm_sync_due")

    op.drop_table("crm_sync")
    with op.batch_alter_table("crm_contact", schema=None) as batch_op:
        batch_op.drop_index("ix_crm_contact_by_name")
        batch_op.drop_index(
            "ix_crm_contact_by_name_suffix_3",
            postgresql_where=sa.text("name_suffix_3 IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_3 IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_crm_contact_by_name_suffix_2",
            postgresql_where=sa.text("name_suffix_2 IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_2 IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_crm_contact_by_name_suffix_last",
            postgresql_where=sa.text("name_suffix_last IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_last IS NOT NULL"),
        )
        batch_op.drop_index("ix_crm_contact_by_email")

    op.drop_table("crm_contact")
    op.drop_table("crm_connection")

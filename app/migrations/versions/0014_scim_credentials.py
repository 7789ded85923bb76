"""SCIM: client secrets and workload identity federation beside bearer tokens; access tokens and spent assertions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPTIONAL: dict[str, Any] = {"token_hash": sa.Text(), "ending": sa.Text(), "expires": sa.Date()}
"""What workload identity federation doesn't have."""


def upgrade() -> None:
    with op.batch_alter_table("scim_token") as batch:
        for name, kind in OPTIONAL.items():
            batch.alter_column(name, existing_type=kind, nullable=True)
        batch.add_column(sa.Column("method", sa.Text(), nullable=False, server_default="token"))
        batch.add_column(sa.Column("application", sa.Text(), nullable=True))
        batch.add_column(sa.Column("subject", sa.Text(), nullable=True))
        batch.add_column(sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("refused_why", sa.Text(), nullable=True))
    op.create_table(
        "scim_access_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_scim_access_token_company_id_company")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["scim_token.id"], name=op.f("fk_scim_access_token_credential_id_scim_token")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_access_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_scim_access_token_token_hash")),
    )
    op.create_index(op.f("ix_scim_access_token_company_id"), "scim_access_token", ["company_id"])
    op.create_index(op.f("ix_scim_access_token_credential_id"), "scim_access_token", ["credential_id"])
    op.create_table(
        "spent_scim_assertion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_spent_scim_assertion_company_id_company")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_scim_assertion")),
        sa.UniqueConstraint("digest", name=op.f("uq_spent_scim_assertion_digest")),
    )
    op.create_index(op.f("ix_spent_scim_assertion_company_id"), "spent_scim_assertion", ["company_id"])


def downgrade() -> None:
    """Directories with another method than a bearer token have to be given a token."""
    op.drop_table("spent_scim_assertion")
    op.drop_table("scim_access_token")
    op.execute("DELETE FROM scim_token WHERE method <> 'token'")
    with op.batch_alter_table("scim_token") as batch:
        for column in ("refused_why", "refused_at", "subject", "application", "method"):
            batch.drop_column(column)
        for name, kind in OPTIONAL.items():
            batch.alter_column(name, existing_type=kind, nullable=False)

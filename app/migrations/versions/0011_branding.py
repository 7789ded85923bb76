"""A company's branding, and its images."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("branding", sa.JSON(none_as_null=True)))
    op.create_table(
        "branding_image",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_branding_image_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branding_image")),
        sa.UniqueConstraint("company_id", "kind", name=op.f("uq_branding_image_company_id_kind")),
    )
    with op.batch_alter_table("branding_image", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_branding_image_hash"), ["hash"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("branding_image", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_branding_image_hash"))

    op.drop_table("branding_image")
    op.drop_column("company", "branding")

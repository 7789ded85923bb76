"""Icons of applications, requests for access, and tests of an application by its owner."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application_icon",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_icon_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_icon")),
        sa.UniqueConstraint("application_id", name=op.f("uq_application_icon_application_id")),
    )
    op.create_table(
        "access_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_access_request_company_id_company")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_access_request_application_id_application")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_request_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_access_request_application_id_person_id")),
    )
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_request_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_request_person_id"), ["person_id"], unique=False)
    op.create_table(
        "application_test",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_test_company_id_company")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_test_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_application_test_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_test")),
        sa.UniqueConstraint("session_id", name=op.f("uq_application_test_session_id")),
    )
    with op.batch_alter_table("application_test", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_test_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_test_application_id"), ["application_id"], unique=False)

    op.create_table(
        "application_test_arrival",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("test_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["application_test.id"],
            name=op.f("fk_application_test_arrival_test_id_application_test"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_test_arrival")),
    )
    with op.batch_alter_table("application_test_arrival", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_test_arrival_test_id"), ["test_id"], unique=False)


def downgrade() -> None:
    op.drop_table("application_test_arrival")
    op.drop_table("application_test")
    op.drop_table("access_request")
    op.drop_table("application_icon")

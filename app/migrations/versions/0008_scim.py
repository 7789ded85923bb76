"""SCIM: users, groups, tokens and requests of a connection's directory, and who has deactivated a person."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scim_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_scim_group_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_group_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_group")),
        sa.UniqueConstraint("connection_id", "external_id", name=op.f("uq_scim_group_connection_id_external_id")),
    )
    with op.batch_alter_table("scim_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scim_group_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_scim_group_connection_id", ["connection_id", "id"], unique=False)
        batch_op.create_index("ix_scim_group_connection_name", ["connection_id", "name_key"], unique=False)
        batch_op.create_index(
            "uq_scim_group_name_alone",
            ["connection_id", "name_key"],
            unique=True,
            postgresql_where=sa.text("external_id IS NULL"),
            sqlite_where=sa.text("external_id IS NULL"),
        )

    op.create_table(
        "scim_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_scim_request_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_request_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_request")),
    )
    with op.batch_alter_table("scim_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scim_request_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_scim_request_connection_id", ["connection_id", "id"], unique=False)

    op.create_table(
        "scim_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_scim_token_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_token_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_scim_token_token_hash")),
    )
    with op.batch_alter_table("scim_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scim_token_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scim_token_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scim_token_expires"), ["expires"], unique=False)

    op.create_table(
        "scim_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("user_name_key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("manager_id", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_scim_user_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_user_connection_id_connection")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_scim_user_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_user")),
        sa.UniqueConstraint("connection_id", "external_id", name=op.f("uq_scim_user_connection_id_external_id")),
        sa.UniqueConstraint("connection_id", "user_name_key", name=op.f("uq_scim_user_connection_id_user_name_key")),
    )
    with op.batch_alter_table("scim_user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scim_user_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_scim_user_connection_email", ["connection_id", "email_key"], unique=False)
        batch_op.create_index("ix_scim_user_connection_id", ["connection_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scim_user_person_id"), ["person_id"], unique=False)

    op.create_table(
        "scim_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_scim_member_company_id_company")),
        sa.ForeignKeyConstraint(["group_id"], ["scim_group.id"], name=op.f("fk_scim_member_group_id_scim_group")),
        sa.ForeignKeyConstraint(["user_id"], ["scim_user.id"], name=op.f("fk_scim_member_user_id_scim_user")),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_scim_member")),
    )
    with op.batch_alter_table("scim_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scim_member_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scim_member_user_id"), ["user_id"], unique=False)

    add_columns_of_person()


def downgrade() -> None:
    for column in ("may_duplicate_id", "inactive_by_connection_id"):
        op.drop_index(f"ix_person_{column}", "person")
    for column in ("may_duplicate_id", "inactive_by_connection_id", "is_inactive_by_admin"):
        # Not in batch mode, which would recreate the table without its triggers.
        op.execute(f"ALTER TABLE person DROP COLUMN {column}")
    with op.batch_alter_table("scim_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scim_member_user_id"))
        batch_op.drop_index(batch_op.f("ix_scim_member_company_id"))

    op.drop_table("scim_member")
    with op.batch_alter_table("scim_user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scim_user_person_id"))
        batch_op.drop_index("ix_scim_user_connection_id")
        batch_op.drop_index("ix_scim_user_connection_email")
        batch_op.drop_index(batch_op.f("ix_scim_user_company_id"))

    op.drop_table("scim_user")
    with op.batch_alter_table("scim_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scim_token_expires"))
        batch_op.drop_index(batch_op.f("ix_scim_token_connection_id"))
        batch_op.drop_index(batch_op.f("ix_scim_token_company_id"))

    op.drop_table("scim_token")
    with op.batch_alter_table("scim_request", schema=None) as batch_op:
        batch_op.drop_index("ix_scim_request_connection_id")
        batch_op.drop_index(batch_op.f("ix_scim_request_company_id"))

    op.drop_table("scim_request")
    with op.batch_alter_table("scim_group", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_scim_group_name_alone",
            postgresql_where=sa.text("external_id IS NULL"),
            sqlite_where=sa.text("external_id IS NULL"),
        )
        batch_op.drop_index("ix_scim_group_connection_name")
        batch_op.drop_index("ix_scim_group_connection_id")
        batch_op.drop_index(batch_op.f("ix_scim_group_company_id"))

    op.drop_table("scim_group")


def add_columns_of_person() -> None:
    """Not in batch mode, which would recreate SQLite's table without its triggers and indexes on expressions."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    kind, no = ("CHAR(32)", "0") if is_sqlite else ("UUID", "false")
    op.execute(f"ALTER TABLE person ADD COLUMN is_inactive_by_admin BOOLEAN NOT NULL DEFAULT {no}")
    for column, table in (("inactive_by_connection_id", "connection_draft"), ("may_duplicate_id", "person")):
        op.execute(
            f"ALTER TABLE person ADD COLUMN {column} {kind}"
            f" CONSTRAINT fk_person_{column}_{table} REFERENCES {table} (id)"
        )
        op.create_index(f"ix_person_{column}", "person", [column])
    op.execute("UPDATE person SET is_inactive_by_admin = NOT is_active WHERE deleted_at IS NULL")

"""Roles can come from groups and app roles of a directory, each has its reasons, and people who leave are noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

BY_HAND = sa.text("mapping_id IS NULL")
PORTICO_ADMIN = sa.text("role_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "role_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_role_mapping_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection_draft.id"], name=op.f("fk_role_mapping_connection_id_connection_draft")
        ),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["application_role.id"],
            name=op.f("fk_role_mapping_role_id_application_role"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_mapping")),
        sa.UniqueConstraint(
            "connection_id", "kind", "value", "role_id", name=op.f("uq_role_mapping_connection_id_kind_value_role_id")
        ),
    )
    op.create_index(op.f("ix_role_mapping_company_id"), "role_mapping", ["company_id"])
    op.create_index(op.f("ix_role_mapping_role_id"), "role_mapping", ["role_id"])
    op.create_index(
        "uq_role_mapping_portico_admin",
        "role_mapping",
        ["connection_id", "kind", "value"],
        unique=True,
        postgresql_where=PORTICO_ADMIN,
        sqlite_where=PORTICO_ADMIN,
    )
    with op.batch_alter_table("person_role") as batch:
        batch.add_column(sa.Column("mapping_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("assigned_by_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_person_role_mapping_id_role_mapping"), "role_mapping", ["mapping_id"], ["id"], ondelete="CASCADE"
        )
        batch.create_foreign_key(op.f("fk_person_role_assigned_by_id_person"), "person", ["assigned_by_id"], ["id"])
        batch.drop_constraint(op.f("uq_person_role_person_id_role_id"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_person_role_person_id_role_id_mapping_id"), ["person_id", "role_id", "mapping_id"]
        )
        batch.create_index(op.f("ix_person_role_mapping_id"), ["mapping_id"])
        batch.create_index(op.f("ix_person_role_assigned_by_id"), ["assigned_by_id"])
        batch.create_index(
            "uq_person_role_by_hand",
            ["person_id", "role_id"],
            unique=True,
            postgresql_where=BY_HAND,
            sqlite_where=BY_HAND,
        )
    op.create_table(
        "directory_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("oid", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("app_roles", sa.JSON(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("groups_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("groups_kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_directory_snapshot_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection_draft.id"],
            name=op.f("fk_directory_snapshot_connection_id_connection_draft"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_directory_snapshot_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_snapshot")),
        sa.UniqueConstraint("connection_id", "oid", name=op.f("uq_directory_snapshot_connection_id_oid")),
    )
    for column in ("company_id", "person_id", "groups_kept_until"):
        op.create_index(op.f(f"ix_directory_snapshot_{column}"), "directory_snapshot", [column])
    op.create_table(
        "mapped_admin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("mapping_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_mapped_admin_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mapped_admin_person_id_person")),
        sa.ForeignKeyConstraint(
            ["mapping_id"],
            ["role_mapping.id"],
            name=op.f("fk_mapped_admin_mapping_id_role_mapping"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapped_admin")),
        sa.UniqueConstraint("person_id", "mapping_id", name=op.f("uq_mapped_admin_person_id_mapping_id")),
    )
    for column in ("company_id", "mapping_id"):
        op.create_index(op.f(f"ix_mapped_admin_{column}"), "mapped_admin", [column])
    with op.batch_alter_table("connection_draft") as batch:
        batch.add_column(sa.Column("notices_leavers", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "upstream_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("refresh_token_sealed", sa.Text(), nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_upstream_token_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upstream_token_person_id_person")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection_draft.id"], name=op.f("fk_upstream_token_connection_id_connection_draft")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_upstream_token_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_token")),
        sa.UniqueConstraint("session_id", name=op.f("uq_upstream_token_session_id")),
    )
    for column in ("company_id", "person_id", "connection_id", "next_check_at"):
        op.create_index(op.f(f"ix_upstream_token_{column}"), "upstream_token", [column])


def downgrade() -> None:
    op.drop_table("upstream_token")
    with op.batch_alter_table("connection_draft") as batch:
        batch.drop_column("notices_leavers")
    op.drop_table("mapped_admin")
    op.drop_table("directory_snapshot")
    op.execute("DELETE FROM person_role WHERE mapping_id IS NOT NULL")
    with op.batch_alter_table("person_role") as batch:
        batch.drop_index("uq_person_role_by_hand")
        batch.drop_index(op.f("ix_person_role_mapping_id"))
        batch.drop_index(op.f("ix_person_role_assigned_by_id"))
        batch.drop_constraint(op.f("uq_person_role_person_id_role_id_mapping_id"), type_="unique")
        batch.drop_constraint(op.f("fk_person_role_mapping_id_role_mapping"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_person_role_assigned_by_id_person"), type_="foreignkey")
        batch.drop_column("assigned_by_id")
        batch.drop_column("mapping_id")
        batch.create_unique_constraint(op.f("uq_person_role_person_id_role_id"), ["person_id", "role_id"])
    op.drop_table("role_mapping")

"""Applications that sign people in, their grants, and the keys that sign their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("private_key_sealed", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("algorithm", "generation", name=op.f("uq_signing_key_algorithm_generation")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_key_kid")),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("authentication", sa.Text(), nullable=False),
        sa.Column("jwks", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("require_pkce", sa.Boolean(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_salt", sa.Text(), nullable=False),
        sa.Column("allow_offline_access", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("for_all_companies", sa.Boolean(), nullable=False),
        sa.Column("allowed_roles", sa.JSON(), nullable=False),
        sa.Column("start_url", sa.Text(), nullable=True),
        sa.Column("initiate_login_uri", sa.Text(), nullable=True),
        sa.Column("backchannel_logout_uri", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("client_id", name=op.f("uq_application_client_id")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_company_id"), ["company_id"], unique=False)

    op.create_table(
        "application_company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_company_application_id_application")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_company_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_company")),
        sa.UniqueConstraint(
            "company_id", "application_id", name=op.f("uq_application_company_company_id_application_id")
        ),
    )
    with op.batch_alter_table("application_company", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_company_application_id"), ["application_id"], unique=False)

    op.create_table(
        "application_resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("clients", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_resource_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_resource")),
        sa.UniqueConstraint("uri", name=op.f("uq_application_resource_uri")),
    )
    with op.batch_alter_table("application_resource", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_resource_application_id"), ["application_id"], unique=False)

    op.create_table(
        "application_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_role_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_role")),
        sa.UniqueConstraint("application_id", "value", name=op.f("uq_application_role_application_id_value")),
    )
    op.create_table(
        "application_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_secret_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_secret")),
    )
    with op.batch_alter_table("application_secret", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_secret_application_id"), ["application_id"], unique=False)

    op.create_table(
        "application_uri",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_uri_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_uri")),
        sa.UniqueConstraint("application_id", "use", "uri", name=op.f("uq_application_uri_application_id_use_uri")),
    )
    with op.batch_alter_table("application_uri", schema=None) as batch_op:
        batch_op.create_index("ix_application_uri_use_uri", ["use", "uri"], unique=False)

    op.create_table(
        "spent_assertion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("jti_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_spent_assertion_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_assertion")),
        sa.UniqueConstraint("jti_hash", name=op.f("uq_spent_assertion_jti_hash")),
    )
    with op.batch_alter_table("spent_assertion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_assertion_application_id"), ["application_id"], unique=False)

    op.create_table(
        "stored_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_stored_request_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_request")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_stored_request_key_hash")),
    )
    with op.batch_alter_table("stored_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_request_application_id"), ["application_id"], unique=False)

    op.create_table(
        "person_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_person_role_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id_person")),
        sa.ForeignKeyConstraint(
            ["role_id"], ["application_role.id"], name=op.f("fk_person_role_role_id_application_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
        sa.UniqueConstraint("person_id", "role_id", name=op.f("uq_person_role_person_id_role_id")),
    )
    with op.batch_alter_table("person_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_role_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_role_role_id"), ["role_id"], unique=False)

    op.create_table(
        "person_picture",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("avatar_hash", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_person_picture_application_id_application")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_person_picture_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_picture_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_picture")),
        sa.UniqueConstraint(
            "person_id",
            "application_id",
            "avatar_hash",
            name=op.f("uq_person_picture_person_id_application_id_avatar_hash"),
        ),
        sa.UniqueConstraint("token", name=op.f("uq_person_picture_token")),
    )
    with op.batch_alter_table("person_picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_picture_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_picture_company_id"), ["company_id"], unique=False)

    op.create_table(
        "application_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("resource", sa.Text(), nullable=True),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("is_offline", sa.Boolean(), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_grant_application_id_application")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_grant_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_application_grant_person_id_person")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_application_grant_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_grant")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_application_grant_code_hash")),
    )
    with op.batch_alter_table("application_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_grant_application_id"), ["application_id"], unique=False)
        batch_op.create_index("ix_application_grant_company_person", ["company_id", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_grant_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_application_grant_session_application", ["session_id", "application_id"], unique=False
        )

    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor_sealed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["application_grant.id"],
            name=op.f("fk_refresh_token_grant_id_application_grant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_token_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(
            "ix_refresh_token_replaced",
            ["replaced_at"],
            unique=False,
            postgresql_where=sa.text("successor_sealed IS NOT NULL"),
            sqlite_where=sa.text("successor_sealed IS NOT NULL"),
        )

    with op.batch_alter_table("retired_code", schema=None) as batch_op:
        batch_op.alter_column("page_id", existing_type=sa.Uuid(), nullable=True)

    # Not in batch mode, which would recreate the table without its full-text triggers.
    op.add_column("person", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "email_verified_at")
    op.execute("DELETE FROM retired_code WHERE page_id IS NULL")
    with op.batch_alter_table("retired_code", schema=None) as batch_op:
        batch_op.alter_column("page_id", existing_type=sa.Uuid(), nullable=False)

    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_refresh_token_replaced",
            postgresql_where=sa.text("successor_sealed IS NOT NULL"),
            sqlite_where=sa.text("successor_sealed IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_refresh_token_grant_id"))

    op.drop_table("refresh_token")
    with op.batch_alter_table("application_grant", schema=None) as batch_op:
        batch_op.drop_index("ix_application_grant_session_application")
        batch_op.drop_index(batch_op.f("ix_application_grant_person_id"))
        batch_op.drop_index("ix_application_grant_company_person")
        batch_op.drop_index(batch_op.f("ix_application_grant_application_id"))

    op.drop_table("application_grant")
    with op.batch_alter_table("person_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_role_role_id"))
        batch_op.drop_index(batch_op.f("ix_person_role_company_id"))

    op.drop_table("person_picture")
    op.drop_table("person_role")
    with op.batch_alter_table("stored_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_request_application_id"))

    op.drop_table("stored_request")
    with op.batch_alter_table("spent_assertion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spent_assertion_application_id"))

    op.drop_table("spent_assertion")
    with op.batch_alter_table("application_uri", schema=None) as batch_op:
        batch_op.drop_index("ix_application_uri_use_uri")

    op.drop_table("application_uri")
    with op.batch_alter_table("application_secret", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_secret_application_id"))

    op.drop_table("application_secret")
    op.drop_table("application_role")
    with op.batch_alter_table("application_resource", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_resource_application_id"))

    op.drop_table("application_resource")
    with op.batch_alter_table("application_company", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_company_application_id"))

    op.drop_table("application_company")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_company_id"))

    op.drop_table("application")
    op.drop_table("signing_key")

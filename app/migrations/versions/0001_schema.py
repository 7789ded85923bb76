"""The schema of the first release. Triggers make the audit log append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A migration that recreates SQLite's table (batch_alter_table) drops its triggers and must create them again.
TRIGGERS = {
    "postgresql": (
        """
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'history is written once: no % of %', TG_OP, TG_TABLE_NAME; END $$
        """,
        """
        CREATE TRIGGER audit_entry_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """,
    ),
    "sqlite": (
        """
        CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'history is written once: no UPDATE of audit_entry'); END
        """,
        """
        CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'history is written once: no DELETE of audit_entry'); END
        """,
    ),
}
NO_TRIGGERS = {
    "postgresql": ("DROP TRIGGER audit_entry_written_once ON audit_entry", "DROP FUNCTION refuse_to_change_history()"),
    "sqlite": ("DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete"),
}


def upgrade() -> None:
    op.create_table(
        "avatar",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("source_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_avatar")),
    )
    with op.batch_alter_table("avatar", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_avatar_source_hash"), ["source_hash"], unique=False)

    op.create_table(
        "company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("password_sign_in", sa.Text(), nullable=False),
        sa.Column("notices", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.Column("session_hours", sa.Integer(), nullable=False),
        sa.Column("checklist_dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("public_id", name=op.f("uq_company_public_id")),
    )
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
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("initiate_login_uri", sa.Text(), nullable=True),
        sa.Column("backchannel_logout_uri", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("client_id", name=op.f("uq_application_client_id")),
        sa.UniqueConstraint("origin", name=op.f("uq_application_origin")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_company_id"), ["company_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_audit_entry_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_audit_entry_company_id_number")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_company_actor", ["company_id", "actor_id", "id"], unique=False)
        batch_op.create_index("ix_audit_entry_company_event", ["company_id", "event", "id"], unique=False)
        batch_op.create_index("ix_audit_entry_company_newest", ["company_id", "id"], unique=False)
        batch_op.create_index("ix_audit_entry_company_reference", ["company_id", "reference", "id"], unique=False)
        batch_op.create_index("ix_audit_entry_company_subject", ["company_id", "subject_id", "id"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_audit_head_company_id_company")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_audit_head")),
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
        batch_op.create_index("ix_crm_contact_by_name", ["company_id", "sort_name", "external_id"], unique=False)
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
        batch_op.create_index(
            "ix_crm_contact_by_name_suffix_last",
            ["company_id", "name_suffix_last", "sort_name", "external_id"],
            unique=False,
            postgresql_where=sa.text("name_suffix_last IS NOT NULL"),
            sqlite_where=sa.text("name_suffix_last IS NOT NULL"),
        )

    op.create_table(
        "ended_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_ended_key_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_ended_key_key_hash")),
    )
    with op.batch_alter_table("ended_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ended_key_company_id"), ["company_id"], unique=False)

    op.create_table(
        "entra_app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_entra_app_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entra_app")),
    )
    with op.batch_alter_table("entra_app", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entra_app_company_id"), ["company_id"], unique=False)

    op.create_table(
        "login_page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_login_page_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_page")),
        sa.UniqueConstraint("code", name=op.f("uq_login_page_code")),
        sa.UniqueConstraint("company_id", "position", name=op.f("uq_login_page_company_id_position")),
    )
    op.create_table(
        "spent_challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_spent_challenge_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_challenge")),
        sa.UniqueConstraint("challenge_hash", name=op.f("uq_spent_challenge_challenge_hash")),
    )
    with op.batch_alter_table("spent_challenge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_challenge_company_id"), ["company_id"], unique=False)

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
        "client_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entra_app_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreadable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.Column("refusal_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entra_app_id"], ["entra_app.id"], name=op.f("fk_client_credential_entra_app_id_entra_app")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_credential")),
    )
    with op.batch_alter_table("client_credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_client_credential_entra_app_id"), ["entra_app_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_client_credential_expires"), ["expires"], unique=False)

    op.create_table(
        "connection_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tested_version", sa.Integer(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("entra_app_id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("create_people", sa.Boolean(), nullable=False),
        sa.Column("allow_guests", sa.Boolean(), nullable=False),
        sa.Column("button_label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_connection_draft_company_id_company")),
        sa.ForeignKeyConstraint(
            ["entra_app_id"], ["entra_app.id"], name=op.f("fk_connection_draft_entra_app_id_entra_app")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_draft")),
        sa.UniqueConstraint("entra_app_id", name=op.f("uq_connection_draft_entra_app_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_connection_draft_public_id")),
    )
    with op.batch_alter_table("connection_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connection_draft_company_id"), ["company_id"], unique=False)

    op.create_table(
        "crm_connection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("entra_app_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("federation_id", sa.Text(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["entra_app_id"], ["entra_app.id"], name=op.f("fk_crm_connection_entra_app_id_entra_app")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_connection")),
        sa.UniqueConstraint("company_id", name=op.f("uq_crm_connection_company_id")),
        sa.UniqueConstraint("entra_app_id", name=op.f("uq_crm_connection_entra_app_id")),
        sa.UniqueConstraint("federation_id", name=op.f("uq_crm_connection_federation_id")),
    )
    op.create_table(
        "retired_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("forwards_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_retired_code_company_id_company")),
        sa.ForeignKeyConstraint(["page_id"], ["login_page.id"], name=op.f("fk_retired_code_page_id_login_page")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retired_code")),
        sa.UniqueConstraint("code", name=op.f("uq_retired_code_code")),
    )
    with op.batch_alter_table("retired_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retired_code_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retired_code_page_id"), ["page_id"], unique=False)

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
        "connection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("entra_app_id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("create_people", sa.Boolean(), nullable=False),
        sa.Column("allow_guests", sa.Boolean(), nullable=False),
        sa.Column("button_label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_connection_company_id_company")),
        sa.ForeignKeyConstraint(["entra_app_id"], ["entra_app.id"], name=op.f("fk_connection_entra_app_id_entra_app")),
        sa.ForeignKeyConstraint(["id"], ["connection_draft.id"], name=op.f("fk_connection_id_connection_draft")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("entra_app_id", name=op.f("uq_connection_entra_app_id")),
    )
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connection_company_id"), ["company_id"], unique=False)

    op.create_table(
        "crm_sync",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("changes_lost_at", sa.DateTime(timezone=True), nullable=True),
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

    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("email", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("sign_in_email", sa.Text(), nullable=True),
        sa.Column("email_is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("sign_in_method", sa.Text(), nullable=False),
        sa.Column("method_connection_id", sa.Uuid(), nullable=True),
        sa.Column("tid", sa.Text(), nullable=True),
        sa.Column("oid", sa.Text(), nullable=True),
        sa.Column("is_guest", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("avatar_hash", sa.Text(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(sign_in_method = 'connection') = (method_connection_id IS NOT NULL)", name=op.f("ck_person_whole_method")
        ),
        sa.CheckConstraint("(tid IS NULL) = (oid IS NULL)", name=op.f("ck_person_whole_identity")),
        sa.ForeignKeyConstraint(["avatar_hash"], ["avatar.hash"], name=op.f("fk_person_avatar_hash_avatar")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_person_company_id_company")),
        sa.ForeignKeyConstraint(
            ["method_connection_id"],
            ["connection_draft.id"],
            name=op.f("fk_person_method_connection_id_connection_draft"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("company_id", "sign_in_email", name=op.f("uq_person_company_id_sign_in_email")),
        sa.UniqueConstraint("company_id", "tid", "oid", name=op.f("uq_person_company_id_tid_oid")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_avatar_hash"), ["avatar_hash"], unique=False)
        batch_op.create_index("ix_person_company_email", ["company_id", "email"], unique=False)
        batch_op.create_index("ix_person_company_sort", ["company_id", "sort_name", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_method_connection_id"), ["method_connection_id"], unique=False)

    op.create_table(
        "access_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_access_request_application_id_application")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_access_request_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_request_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_access_request_application_id_person_id")),
    )
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_request_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_request_person_id"), ["person_id"], unique=False)

    op.create_table(
        "authenticator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("replacement_sealed", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_authenticator_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_authenticator_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("person_id", name=op.f("uq_authenticator_person_id")),
    )
    with op.batch_alter_table("authenticator", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_authenticator_company_id"), ["company_id"], unique=False)

    op.create_table(
        "email_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_email_token_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_email_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_token")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_email_token_key_hash")),
    )
    with op.batch_alter_table("email_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_email_token_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_email_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invitation_company_id_company")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_invitation_invited_by_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invitation_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_invitation_key_hash")),
        sa.UniqueConstraint("person_id", name=op.f("uq_invitation_person_id")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_invited_by_id"), ["invited_by_id"], unique=False)

    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_passkey_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkey_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_passkey_person_id"), ["person_id"], unique=False)

    op.create_table(
        "people_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("sends_mail", sa.Boolean(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("rescanned", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_failed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_people_import_actor_id_person")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_people_import_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection_draft.id"], name=op.f("fk_people_import_connection_id_connection_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import")),
    )
    with op.batch_alter_table("people_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_people_import_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_people_import_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_people_import_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(
            "ix_people_import_open",
            ["lease_until"],
            unique=False,
            postgresql_where=sa.text("finished_at IS NULL"),
            sqlite_where=sa.text("finished_at IS NULL"),
        )

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
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_recovery_code_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_recovery_code_key_hash")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recovery_code_person_id"), ["person_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("auth_label", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("microsoft_sid", sa.Text(), nullable=True),
        sa.Column("login_hint", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("reauthenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_session_company_id_company")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection_draft.id"], name=op.f("fk_session_connection_id_connection_draft")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_session_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_session_transaction_id")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_browser_hash"), ["browser_hash"], unique=False)
        batch_op.create_index(
            "ix_session_company_began",
            ["company_id", "created_at"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_session_company_id"), ["company_id"], unique=False)
        batch_op.create_index(
            "ix_session_company_last_seen",
            ["company_id", "last_seen_at"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_session_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index("ix_session_person_expires", ["person_id", "expires_at"], unique=False)

    op.create_table(
        "setup_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_setup_link_created_by_person")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["connection_draft.id"], name=op.f("fk_setup_link_draft_id_connection_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_setup_link_token_hash")),
    )
    with op.batch_alter_table("setup_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_setup_link_created_by"), ["created_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_setup_link_draft_id"), ["draft_id"], unique=False)

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
        sa.Column("cookie_hash", sa.Text(), nullable=True),
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
        sa.UniqueConstraint("cookie_hash", name=op.f("uq_application_grant_cookie_hash")),
    )
    with op.batch_alter_table("application_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_grant_application_id"), ["application_id"], unique=False)
        batch_op.create_index("ix_application_grant_company_person", ["company_id", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_grant_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_application_grant_session_application", ["session_id", "application_id"], unique=False
        )

    op.create_table(
        "application_test",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_test_application_id_application")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_test_company_id_company")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_application_test_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_test")),
        sa.UniqueConstraint("session_id", name=op.f("uq_application_test_session_id")),
    )
    with op.batch_alter_table("application_test", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_test_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_test_company_id"), ["company_id"], unique=False)

    op.create_table(
        "logout_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_logout_delivery_application_id_application"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_logout_delivery_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_logout_delivery_person_id_person")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_logout_delivery_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logout_delivery")),
    )
    with op.batch_alter_table("logout_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_logout_delivery_application_id"), ["application_id"], unique=False)
        batch_op.create_index(
            "ix_logout_delivery_company_application", ["company_id", "application_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_logout_delivery_due",
            ["next_try_at"],
            unique=False,
            postgresql_where=sa.text("finished_at IS NULL"),
            sqlite_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_logout_delivery_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_logout_delivery_session_id"), ["session_id"], unique=False)
        batch_op.create_index(
            "uq_logout_delivery_waiting",
            ["session_id", "client_id"],
            unique=True,
            postgresql_where=sa.text("finished_at IS NULL"),
            sqlite_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "people_import_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("object_id", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["people_import.id"], name=op.f("fk_people_import_row_import_id_people_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import_row")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_people_import_row_import_id_number")),
    )
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
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in NO_TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_table("refresh_token")
    op.drop_table("application_test_arrival")
    op.drop_table("people_import_row")
    op.drop_table("logout_delivery")
    op.drop_table("application_test")
    op.drop_table("application_grant")
    op.drop_table("setup_link")
    op.drop_table("session")
    op.drop_table("recovery_code")
    op.drop_table("person_role")
    op.drop_table("person_picture")
    op.drop_table("people_import")
    op.drop_table("passkey")
    op.drop_table("invitation")
    op.drop_table("email_token")
    op.drop_table("authenticator")
    op.drop_table("access_request")
    op.drop_table("person")
    op.drop_table("crm_sync")
    op.drop_table("connection")
    op.drop_table("stored_request")
    op.drop_table("spent_assertion")
    op.drop_table("retired_code")
    op.drop_table("crm_connection")
    op.drop_table("connection_draft")
    op.drop_table("client_credential")
    op.drop_table("application_uri")
    op.drop_table("application_secret")
    op.drop_table("application_role")
    op.drop_table("application_resource")
    op.drop_table("application_icon")
    op.drop_table("application_company")
    op.drop_table("spent_challenge")
    op.drop_table("login_page")
    op.drop_table("entra_app")
    op.drop_table("ended_key")
    op.drop_table("crm_contact")
    op.drop_table("audit_head")
    op.drop_table("audit_entry")
    op.drop_table("application")
    op.drop_table("signing_key")
    op.drop_table("company")
    op.drop_table("avatar")

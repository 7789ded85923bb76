"""The audit log as a hash chain: numbered entries with the previous entry's hash, which triggers make append-only.

The columns are nullable: earlier entries stay as they are, and earlier code continues to write during an upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_audit_entry_company_event": ["company_id", "event", "id"],
    "ix_audit_entry_company_actor": ["company_id", "actor_id", "id"],
    "ix_audit_entry_company_subject": ["company_id", "subject_id", "id"],
    "ix_audit_entry_company_reference": ["company_id", "reference", "id"],
}

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
        "audit_head",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_audit_head_company_id_company")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_audit_head")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("previous_hash", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.Text(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_audit_entry_company_id_number"), ["company_id", "number"])
        for name, columns in INDEXES.items():
            batch_op.create_index(name, columns, unique=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in NO_TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        for name in reversed(INDEXES):
            batch_op.drop_index(name)
        batch_op.drop_constraint(batch_op.f("uq_audit_entry_company_id_number"), type_="unique")
        batch_op.drop_column("hash")
        batch_op.drop_column("previous_hash")
        batch_op.drop_column("number")
    op.drop_table("audit_head")

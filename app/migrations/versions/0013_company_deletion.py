"""Companies that are deleted, their codes, and sessions of devices that are remembered.

The audit log's triggers allow deleting the entries of a company that has a row in `company_erasure`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFUSED = "BEGIN SELECT RAISE(ABORT, 'history is written once: no DELETE of {table}'); END"
IS_KEPT = "NOT EXISTS (SELECT 1 FROM company_erasure WHERE company_id = old.company_id)"
IS_OPEN = "NOT EXISTS (SELECT 1 FROM audit_chain WHERE company_id = old.company_id AND entry_id = old.entry_id)"
LOST = "BEGIN SELECT RAISE(ABORT, 'history is written once: an entry of audit_open is not in audit_chain'); END"
# SQLite's, which a later migration that recreates one of their tables must create again.
ALLOWING_ERASURE = {
    "audit_entry_no_delete": f"ON audit_entry WHEN {IS_KEPT} {REFUSED.format(table='audit_entry')}",
    "audit_chain_no_delete": f"ON audit_chain WHEN {IS_KEPT} {REFUSED.format(table='audit_chain')}",
    "audit_open_no_delete": f"ON audit_open WHEN {IS_KEPT} AND {IS_OPEN} {LOST}",
}
FORMER = {
    "audit_entry_no_delete": f"ON audit_entry {REFUSED.format(table='audit_entry')}",
    "audit_chain_no_delete": f"ON audit_chain {REFUSED.format(table='audit_chain')}",
    "audit_open_no_delete": f"ON audit_open WHEN {IS_OPEN} {LOST}",
}
# The body of PostgreSQL's function for `audit_open`, without and with the exception.
FORMER_CHECK = """
    CREATE OR REPLACE FUNCTION refuse_to_lose_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM gone WHERE NOT EXISTS (SELECT FROM audit_chain AS place
        WHERE place.company_id = gone.company_id AND place.entry_id = gone.entry_id))
      THEN RAISE EXCEPTION 'history is written once: an entry of audit_open is not in audit_chain'; END IF;
      RETURN NULL;
    END $$
"""
CHECK = FORMER_CHECK.replace(
    "place.entry_id = gone.entry_id))",
    "place.entry_id = gone.entry_id)\n"
    "        AND NOT EXISTS (SELECT FROM company_erasure AS erased WHERE erased.company_id = gone.company_id))",
)
REFUSE_TO_DELETE = """
    CREATE FUNCTION refuse_to_delete_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM company_erasure WHERE company_id = OLD.company_id)
      THEN RAISE EXCEPTION 'history is written once: no % of %', TG_OP, TG_TABLE_NAME; END IF;
      RETURN OLD;
    END $$
"""


def upgrade() -> None:
    op.add_column("company", sa.Column("deletes_at", sa.DateTime(timezone=True)))
    op.add_column("company", sa.Column("deletion_reminded_at", sa.DateTime(timezone=True)))
    op.add_column("company", sa.Column("remember_days", sa.Integer()))
    op.add_column("session", sa.Column("remembered", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("retired_code") as batch:
        batch.alter_column("company_id", existing_type=sa.Uuid(), nullable=True)
    op.create_table(
        "company_erasure",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_company_erasure_company_id_company"),
        sa.PrimaryKeyConstraint("company_id", name="pk_company_erasure"),
    )
    op.create_table(
        "deleted_company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deleted_company"),
        sa.UniqueConstraint("public_id", name="uq_deleted_company_public_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _replace_triggers(ALLOWING_ERASURE)
        return
    op.execute(REFUSE_TO_DELETE)
    op.execute(CHECK)
    for table in ("audit_entry", "audit_chain"):
        op.execute(f"DROP TRIGGER {table}_written_once ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_to_delete_history()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _replace_triggers(FORMER)
    else:
        for table in ("audit_entry", "audit_chain"):
            op.execute(f"DROP TRIGGER {table}_kept ON {table}")
            op.execute(f"DROP TRIGGER {table}_written_once ON {table}")
            op.execute(
                f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()"
            )
        op.execute(FORMER_CHECK)
        op.execute("DROP FUNCTION refuse_to_delete_history()")
    op.drop_table("deleted_company")
    op.drop_table("company_erasure")
    # Without their company, codes of deleted ones could not stay reserved.
    op.execute("DELETE FROM retired_code WHERE company_id IS NULL")
    with op.batch_alter_table("retired_code") as batch:
        batch.alter_column("company_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_column("session", "remembered")
    for name in ("remember_days", "deletion_reminded_at", "deletes_at"):
        op.drop_column("company", name)


def _replace_triggers(definitions: dict[str, str]) -> None:
    for name, definition in definitions.items():
        op.execute(f"DROP TRIGGER {name}")
        op.execute(f"CREATE TRIGGER {name} BEFORE DELETE {definition}")

"""The chain of the audit log is a table of its own, to which entries are added after their transaction.

Triggers give each new entry a row in `audit_open`, which can be deleted only once the entry is in `audit_chain`. The
keys and indexes of what each sign-in writes become fewer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite's table is recreated, with its triggers; a later migration that does so must create all of them again.
ENTRY_TRIGGERS = {
    "audit_entry_no_update": """BEFORE UPDATE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'history is written once: no UPDATE of audit_entry'); END""",
    "audit_entry_no_delete": """BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'history is written once: no DELETE of audit_entry'); END""",
}
SQLITE_TRIGGERS = {
    **ENTRY_TRIGGERS,
    "audit_entry_open": """AFTER INSERT ON audit_entry
        BEGIN INSERT INTO audit_open (company_id, entry_id) VALUES (new.company_id, new.id); END""",
    "audit_chain_no_update": """BEFORE UPDATE ON audit_chain
        BEGIN SELECT RAISE(ABORT, 'history is written once: no UPDATE of audit_chain'); END""",
    "audit_chain_no_delete": """BEFORE DELETE ON audit_chain
        BEGIN SELECT RAISE(ABORT, 'history is written once: no DELETE of audit_chain'); END""",
    "audit_open_no_update": """BEFORE UPDATE ON audit_open
        BEGIN SELECT RAISE(ABORT, 'history is written once: no UPDATE of audit_open'); END""",
    "audit_open_no_delete": """BEFORE DELETE ON audit_open
        WHEN NOT EXISTS (SELECT 1 FROM audit_chain WHERE company_id = old.company_id AND entry_id = old.entry_id)
        BEGIN SELECT RAISE(ABORT, 'history is written once: an entry of audit_open is not in audit_chain'); END""",
}
POSTGRESQL_TRIGGERS = (
    """
    CREATE FUNCTION open_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO audit_open (company_id, entry_id) SELECT company_id, id FROM added; RETURN NULL; END $$
    """,
    """
    CREATE TRIGGER audit_entry_open AFTER INSERT ON audit_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION open_audit_entries()
    """,
    """
    CREATE TRIGGER audit_chain_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
    """,
    """
    CREATE TRIGGER audit_open_kept BEFORE UPDATE OR TRUNCATE ON audit_open
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
    """,
    """
    CREATE FUNCTION refuse_to_lose_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM gone WHERE NOT EXISTS (SELECT FROM audit_chain AS place
        WHERE place.company_id = gone.company_id AND place.entry_id = gone.entry_id))
      THEN RAISE EXCEPTION 'history is written once: an entry of audit_open is not in audit_chain'; END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER audit_open_deleted AFTER DELETE ON audit_open
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_lose_audit_entries()
    """,
)
PLACES = ("number", "previous_hash", "hash")
ABOUT_ANOTHER = sa.text("(actor_id IS NULL OR subject_id <> actor_id)")
HAS_REFERENCE = sa.text("reference IS NOT NULL")


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(
        "CREATE TEMPORARY TABLE old_chain AS SELECT company_id, number, id AS entry_id, previous_hash, hash"
        " FROM audit_entry"
    )
    _change_entries(is_sqlite)
    _create_tables()
    op.execute("INSERT INTO audit_chain SELECT * FROM old_chain WHERE number IS NOT NULL")
    # What was never in the chain is added to its end.
    op.execute("INSERT INTO audit_open SELECT company_id, entry_id FROM old_chain WHERE number IS NULL")
    op.execute("DROP TABLE old_chain")
    if is_sqlite:
        for name, definition in SQLITE_TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {definition}")
    else:
        for statement in POSTGRESQL_TRIGGERS:
            op.execute(statement)
    with op.batch_alter_table("session") as batch:
        batch.drop_index("ix_session_company_id")
        batch.drop_constraint("uq_session_public_id", type_="unique")


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("session") as batch:
        batch.create_unique_constraint("uq_session_public_id", ["public_id"])
        batch.create_index("ix_session_company_id", ["company_id"])
    op.execute("CREATE TEMPORARY TABLE old_chain AS SELECT * FROM audit_chain")
    if is_sqlite:
        for name in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP TRIGGER audit_entry_open ON audit_entry")
    op.drop_table("audit_open")
    op.drop_table("audit_chain")
    if not is_sqlite:
        op.execute("DROP FUNCTION open_audit_entries()")
        op.execute("DROP FUNCTION refuse_to_lose_audit_entries()")
    _restore_entries(is_sqlite)
    op.execute("DROP TABLE old_chain")


def _change_entries(is_sqlite: bool) -> None:
    for name in ("newest", "subject", "reference"):
        op.drop_index(f"ix_audit_entry_company_{name}", "audit_entry")
    with op.batch_alter_table("audit_entry", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_constraint("uq_audit_entry_company_id_number", type_="unique")
        for name in PLACES:
            batch.drop_column(name)
        batch.drop_constraint("pk_audit_entry", type_="primary")
        batch.create_primary_key("pk_audit_entry", ["company_id", "id"])
    for name, condition in (("subject", ABOUT_ANOTHER), ("reference", HAS_REFERENCE)):
        op.create_index(
            f"ix_audit_entry_company_{name}",
            "audit_entry",
            ["company_id", "subject_id" if name == "subject" else name, "id"],
            postgresql_where=condition,
            sqlite_where=condition,
        )


def _create_tables() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "entry_id"],
            ["audit_entry.company_id", "audit_entry.id"],
            name="fk_audit_chain_company_id_entry_id_audit_entry",
        ),
        sa.PrimaryKeyConstraint("company_id", "number", name="pk_audit_chain"),
        sa.UniqueConstraint("company_id", "entry_id", name="uq_audit_chain_company_id_entry_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_open",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "entry_id"],
            ["audit_entry.company_id", "audit_entry.id"],
            name="fk_audit_open_company_id_entry_id_audit_entry",
        ),
        sa.PrimaryKeyConstraint("company_id", "entry_id", name="pk_audit_open"),
        sqlite_with_rowid=False,
    )


def _restore_entries(is_sqlite: bool) -> None:
    for name in ("subject", "reference"):
        op.drop_index(f"ix_audit_entry_company_{name}", "audit_entry")
    with op.batch_alter_table("audit_entry", table_kwargs={"sqlite_with_rowid": True}) as batch:
        batch.add_column(sa.Column("number", sa.Integer()))
        batch.add_column(sa.Column("previous_hash", sa.Text()))
        batch.add_column(sa.Column("hash", sa.Text()))
        batch.drop_constraint("pk_audit_entry", type_="primary")
        batch.create_primary_key("pk_audit_entry", ["id"])
        batch.create_unique_constraint("uq_audit_entry_company_id_number", ["company_id", "number"])
    for name in ("newest", "subject", "reference"):
        columns = ["company_id", *{"subject": ["subject_id"], "reference": ["reference"]}.get(name, []), "id"]
        op.create_index(f"ix_audit_entry_company_{name}", "audit_entry", columns)
    if not is_sqlite:
        op.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_written_once")
    op.execute(
        "UPDATE audit_entry SET number = old_chain.number, previous_hash = old_chain.previous_hash,"
        " hash = old_chain.hash FROM old_chain"
        " WHERE old_chain.company_id = audit_entry.company_id AND old_chain.entry_id = audit_entry.id"
    )
    if is_sqlite:
        for name, definition in ENTRY_TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {definition}")
    else:
        op.execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_written_once")

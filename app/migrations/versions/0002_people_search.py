"""People are found by any part of their name or address, and sorted by address or role.

PostgreSQL gets a trigram index. SQLite gets a full-text index, whose triggers keep it in step with `person`: a later
migration that recreates that table (Alembic's batch mode) has to create the triggers again.
"""

import sqlite3

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EXTENSIONS = ("pg_trgm", "btree_gin")
OLDEST_SQLITE = (3, 34)
SORTED = {
    "ix_person_company_email_order": "coalesce(email, '~')",
    "ix_person_company_role_order": "replace(replace(role, 'owner', '0'), 'admin', '1') || sort_name",
}

SQLITE_TABLES = (
    # VACUUM may renumber the rows of `person`, whose key is no integer; the full-text index needs lasting numbers.
    "CREATE TABLE person_search_key (number INTEGER PRIMARY KEY, person_id CHAR(32) NOT NULL UNIQUE)",
    # `company` is the end of the company's id: one trigram, by which the index skips nearly all other companies.
    "CREATE VIRTUAL TABLE person_search"
    " USING fts5(company, sort_name, email, content='', tokenize='trigram case_sensitive 1')",
)
FILL = (
    "INSERT INTO person_search_key (person_id) SELECT id FROM person",
    """INSERT INTO person_search (rowid, company, sort_name, email)
    SELECT number, substr(company_id, -3), sort_name, coalesce(email, '')
    FROM person JOIN person_search_key ON person_id = person.id""",
)
# An index without content is told what to remove from it.
TRIGGERS = {
    "person_search_insert": """AFTER INSERT ON person BEGIN
        INSERT INTO person_search_key (person_id) VALUES (new.id);
        INSERT INTO person_search (rowid, company, sort_name, email)
        SELECT number, substr(new.company_id, -3), new.sort_name, coalesce(new.email, '')
        FROM person_search_key WHERE person_id = new.id;
    END""",
    "person_search_update": """AFTER UPDATE OF company_id, sort_name, email ON person
    WHEN old.company_id <> new.company_id OR old.sort_name <> new.sort_name OR old.email IS NOT new.email BEGIN
        INSERT INTO person_search (person_search, rowid, company, sort_name, email)
        SELECT 'delete', number, substr(old.company_id, -3), old.sort_name, coalesce(old.email, '')
        FROM person_search_key WHERE person_id = old.id;
        INSERT INTO person_search (rowid, company, sort_name, email)
        SELECT number, substr(new.company_id, -3), new.sort_name, coalesce(new.email, '')
        FROM person_search_key WHERE person_id = new.id;
    END""",
    "person_search_delete": """AFTER DELETE ON person BEGIN
        INSERT INTO person_search (person_search, rowid, company, sort_name, email)
        SELECT 'delete', number, substr(old.company_id, -3), old.sort_name, coalesce(old.email, '')
        FROM person_search_key WHERE person_id = old.id;
        DELETE FROM person_search_key WHERE person_id = old.id;
    END""",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        create_extensions(op.get_bind())
        op.alter_column("person", "email", type_=sa.Text(collation="C"))
        op.create_index(
            "ix_person_company_search",
            "person",
            ["company_id", "sort_name", "email"],
            postgresql_using="gin",
            postgresql_ops={"sort_name": "gin_trgm_ops", "email": "gin_trgm_ops"},
            # In kB: a search reads through all new entries, up to this limit, until they are added to the index.
            postgresql_with={"gin_pending_list_limit": 256},
        )
    else:
        create_full_text_index()
    for name, key in SORTED.items():
        op.create_index(name, "person", ["company_id", sa.text(f"({key})"), "id"])


def downgrade() -> None:
    op.drop_index("ix_person_company_role_order", "person")
    op.drop_index("ix_person_company_email_order", "person")
    if op.get_bind().dialect.name == "postgresql":
        # The extensions stay: something else in this database may use them.
        op.drop_index("ix_person_company_search", "person")
        op.alter_column("person", "email", type_=sa.Text(collation="default"))
        return
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP TABLE person_search")
    op.execute("DROP TABLE person_search_key")


def create_extensions(connection: sa.Connection) -> None:
    """Raises RuntimeError, which `flask db upgrade` prints as one line, if this user may not create them."""
    present = set(connection.scalars(sa.text("SELECT extname FROM pg_extension")))
    for name in EXTENSIONS:
        if name in present:
            continue
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {name}")
        except sa.exc.DBAPIError as error:
            reason = str(error.orig).splitlines()[0]
            raise RuntimeError(
                f"PostgreSQL can't create its extension {name}, which the search for people needs ({reason}). Install"
                " PostgreSQL's contrib package if it is missing, have an administrator of the database run"
                f' "CREATE EXTENSION {name};" in this database, and run `flask db upgrade` again.'
            ) from None


def create_full_text_index() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise RuntimeError(
            f"SQLite {sqlite3.sqlite_version} is too old for the search for people. Use a Python with SQLite 3.34 or"
            " newer, or PostgreSQL."
        )
    for statement in (*SQLITE_TABLES, *FILL):
        op.execute(statement)
    for name, definition in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {definition}")

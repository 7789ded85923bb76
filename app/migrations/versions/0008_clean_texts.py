"""A file's failed rows are kept whole; names show something; addresses have one form."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.email_address import normalize_email
from app.core.text import sanitize_name
from app.people.names import fold

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
EMAILS = ("email", "sign_in_email")
PERSON = sa.table(
    "person", *(sa.column(name) for name in ("id", "company_id", "name", "sort_name", "email", "sign_in_email"))
)


def upgrade() -> None:
    with op.batch_alter_table("people_import_row", schema=None) as batch_op:
        for name in ("name", "role", "object_id"):
            batch_op.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
    clean_people(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("people_import_row", schema=None) as batch_op:
        for name in ("object_id", "role", "name"):
            batch_op.drop_column(name)


def clean_people(connection: sa.Connection) -> None:
    """Nearly all rows stay as they are, and are only read."""
    query = sa.select(PERSON).order_by(PERSON.c.id).limit(ROWS_AT_ONCE)
    rows = connection.execute(query).all()
    while rows:
        for row in rows:
            changed = {name: value for name, value in _cleaned(row).items() if value != getattr(row, name)}
            if changed and not _is_taken(connection, row, changed.get("sign_in_email")):
                connection.execute(sa.update(PERSON).where(PERSON.c.id == row.id).values(changed))
        rows = connection.execute(query.where(PERSON.c.id > rows[-1].id)).all()


def _cleaned(row: Any) -> dict[str, str | None]:
    emails = {name: normalize_email(value) if (value := getattr(row, name)) else value for name in EMAILS}
    name = sanitize_name(row.name) or emails["email"] or emails["sign_in_email"] or "Unnamed"
    if name == row.name:
        return dict(emails)
    return {**emails, "name": name, "sort_name": fold(name)}


def _is_taken(connection: sa.Connection, row: Any, email: str | None) -> bool:
    """Whether another account of the company has the address in its one form already: then both stay as they are."""
    other = sa.select(PERSON.c.id).where(PERSON.c.company_id == row.company_id, PERSON.c.sign_in_email == email)
    return email is not None and connection.execute(other.limit(1)).first() is not None

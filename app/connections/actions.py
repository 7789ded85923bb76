"""All writes about connections. They flush and record history; the caller commits."""

from uuid import UUID

from app.audit.actions import record
from app.connections.models import Connection
from app.database import changes, db


def make(company_id: UUID, title: str, *, client_secret: str | None, **values: object) -> Connection:
    connection = Connection(company_id=company_id, title=title, **values)
    connection.client_secret = client_secret
    db.session.add(connection)
    db.session.flush()
    record(company_id, "connection.made", subject_id=connection.id, title=title)
    return connection


def change(connection: Connection, *, client_secret: str | None, **values: object) -> list[str]:
    """Sets what differs; returns the names of what changed. No secret given keeps the stored one."""
    changed: dict[str, object] = dict(changes(connection, values))
    if client_secret is not None and client_secret != connection.client_secret:
        connection.client_secret = client_secret
        changed["client_secret"] = "changed"  # noqa: S105 - says that it was, not what it is
    if changed:
        db.session.flush()
        record(connection.company_id, "connection.changed", subject_id=connection.id, changed=changed)
    return list(changed)

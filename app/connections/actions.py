"""All writes about connections. They flush and record history; the caller commits."""

from datetime import date
from typing import Any
from uuid import UUID

from app.audit.actions import record
from app.connections.models import Connection, Credential, CredentialKind, Draft, Settings
from app.database import changes, db, now


def make(company_id: UUID, *, actor_id: UUID | None = None, **values: Any) -> Draft:
    """A new connection; nobody signs in through it before it is activated."""
    draft = Draft(company_id=company_id, **values)
    db.session.add(draft)
    db.session.flush()
    record(company_id, "connection.made", actor_id=actor_id, subject_id=draft.id, title=draft.title)
    return draft


def change(draft: Draft, *, actor_id: UUID | None = None, **values: Any) -> list[str]:
    """Sets what differs in the draft; returns the names of what changed. What is live stays as it is."""
    changed = changes(draft, values)
    if changed:
        draft.version += 1
        db.session.flush()
        record(draft.company_id, "connection.changed", actor_id=actor_id, subject_id=draft.id, changed=changed)
    return list(changed)


def add_secret(draft: Draft, value: str, expires: date | None, *, actor_id: UUID | None = None) -> Credential:
    """A client secret for the draft; the live ones stay until it goes live."""
    return _add(
        draft, Credential(draft_id=draft.id, kind=CredentialKind.SECRET, secret=value, expires=expires), actor_id
    )


def _add(draft: Draft, credential: Credential, actor_id: UUID | None) -> Credential:
    draft.credentials.append(credential)
    draft.version += 1
    db.session.flush()
    record(
        draft.company_id,
        "credential.added",
        actor_id=actor_id,
        subject_id=draft.id,
        kind=credential.kind,
        expires=credential.expires.isoformat() if credential.expires else None,
    )
    return credential


def activate(draft: Draft, *, actor_id: UUID | None = None, is_enabled: bool = True) -> Connection:
    """Lets people sign in through the draft as it is. Its new credentials come before those that were live."""
    connection = draft.connection
    values = {name: getattr(draft, name) for name in Settings.NAMES}
    if connection is None:
        connection = Connection(
            id=draft.id, company_id=draft.company_id, is_enabled=is_enabled, live_since=now(), **values
        )
        draft.connection = connection
        changed: dict[str, Any] = {}
    else:
        changed = changes(connection, {**values, "is_enabled": is_enabled})
    fresh = [credential for credential in draft.credentials if not credential.is_live]
    for credential in fresh:
        credential.is_live = True
    if fresh or changed:
        connection.live_since = now()
    db.session.flush()
    record(draft.company_id, "connection.activated", actor_id=actor_id, subject_id=draft.id, changed=changed)
    return connection


def note_accepted(credential: Credential) -> None:
    """Microsoft took it, whatever it said before."""
    if credential.refused_at is not None:
        credential.refused_at = None


def note_refused(credential: Credential, company_id: UUID) -> None:
    """Microsoft refused a credential; from now on the next one is tried first."""
    if credential.refused_at is None:
        credential.refused_at = now()
        record(company_id, "credential.refused", subject_id=credential.draft_id, kind=credential.kind)

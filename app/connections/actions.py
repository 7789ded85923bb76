"""Writes for connections. They flush and record audit entries; the caller's unit of work commits."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.connections import (
    ConnectionActivated,
    ConnectionChanged,
    ConnectionCreated,
    ConnectionMoved,
    ConnectionTested,
    CredentialAdded,
    CredentialRejected,
    CredentialRemoved,
    CredentialUnreadable,
    SetupLinkCreated,
    SetupLinkRevoked,
)
from app.audit.log import record
from app.companies.models import Company
from app.connections import queries
from app.connections.models import Connection, ConnectionFields, Draft, SetupLink
from app.core.batches import in_batches
from app.core.database import apply_changes, db, now
from app.entra_apps import actions as entra_apps
from app.entra_apps.client_credential import NewCredential, generated_certificate, generated_federated
from app.entra_apps.expiry import admin_banner, banner_as_stored
from app.entra_apps.models import ClientCredential, CredentialKind
from app.sessions.limits import due_for_touch, new_token, token_hash

BATCH = 500
"""Companies processed together."""


def make(company_id: UUID, *, actor_id: UUID | None = None, **values: Any) -> Draft:
    """Creates a connection; it can't be used to sign in before it is activated."""
    draft = Draft(company_id=company_id, **values)
    db.session.add(draft)
    db.session.flush()
    record(ConnectionCreated(company_id=company_id, actor_id=actor_id, subject_id=draft.id, title=draft.title))
    return draft


def change(draft: Draft, *, actor_id: UUID | None = None, link: SetupLink | None = None, **values: Any) -> list[str]:
    """Sets the draft's values that differ and returns their names. The active connection stays as it is."""
    changed = apply_changes(draft, values)
    if changed:
        draft.version += 1
        db.session.flush()
        record(
            ConnectionChanged(
                company_id=draft.company_id,
                actor_id=actor_id,
                subject_id=draft.id,
                changed=changed,
                setup_link=link.id if link else None,
            )
        )
    return list(changed)


def add_secret(
    draft: Draft,
    value: str,
    expires: date | None,
    *,
    actor_id: UUID | None = None,
    link: SetupLink | None = None,
) -> ClientCredential:
    """Adds a client secret to the draft; the active ones stay until the draft is activated."""
    return _add(draft, NewCredential(CredentialKind.SECRET, value, expires=expires), actor_id, link)


def add_certificate(draft: Draft, *, actor_id: UUID | None = None) -> ClientCredential:
    """Generates a certificate for the draft."""
    return _add(draft, generated_certificate(f"Portico {draft.public_id}"), actor_id)


def add_federated(draft: Draft, *, actor_id: UUID | None = None) -> ClientCredential:
    """Adds a federated credential: Microsoft trusts a key of ours instead of a secret."""
    return _add(draft, generated_federated(), actor_id)


def remove_credential(draft: Draft, credential: ClientCredential, *, actor_id: UUID | None = None) -> None:
    """Removes a credential and erases its secret."""
    draft.version += 1
    entra_apps.remove_credential(credential)
    record(CredentialRemoved(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, kind=credential.kind))
    refresh_banners(draft.company_id)


def set_enabled(
    connection: Connection, is_enabled: bool, *, actor_id: UUID | None = None, kept_session: UUID | None = None
) -> None:
    """Activates or deactivates the connection. Deactivating ends the sessions that began with it, except
    `kept_session`, and what applications received in them.
    """
    changed = apply_changes(connection, {"is_enabled": is_enabled})
    if changed:
        record(
            ConnectionChanged(
                company_id=connection.company_id,
                actor_id=actor_id,
                subject_id=connection.id,
                changed=changed,
                kept_session=kept_session,
            )
        )
        refresh_banners(connection.company_id)


def move_up(drafts: list[Draft], draft: Draft, *, actor_id: UUID | None = None) -> None:
    """Moves a connection one position up on the login page. `drafts` are the company's, in their order."""
    place = drafts.index(draft)
    if place > 0:
        drafts[place - 1], drafts[place] = drafts[place], drafts[place - 1]
    for position, one in enumerate(drafts):
        one.position = position
    record(ConnectionMoved(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id))


def save_test_report(
    draft: Draft, version: int, report: dict[str, Any], *, passed: bool, actor_id: UUID | None
) -> None:
    """Stores the outcome of a test sign-in with this version of the draft."""
    draft.report = report
    draft.tested_version = version if passed else None
    record(ConnectionTested(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, passed=passed))


def save_test_progress(draft: Draft, report: dict[str, Any]) -> None:
    """Stores how far a running test sign-in is."""
    draft.report = report


def _add(draft: Draft, new: NewCredential, actor_id: UUID | None, link: SetupLink | None = None) -> ClientCredential:
    draft.version += 1
    credential = entra_apps.add_credential(draft.entra_app, new)
    record(
        CredentialAdded(
            company_id=draft.company_id,
            actor_id=actor_id,
            subject_id=draft.id,
            kind=credential.kind,
            expires=credential.expires,
            setup_link=link.id if link else None,
        )
    )
    return credential


def activate(draft: Draft, *, actor_id: UUID | None = None, is_enabled: bool = True) -> Connection:
    """Activates the draft. Its new credentials come before those that were active."""
    connection = draft.connection
    values = {name: getattr(draft, name) for name in ConnectionFields.NAMES}
    if connection is None:
        connection = Connection(
            id=draft.id, company_id=draft.company_id, is_enabled=is_enabled, active_since=now(), **values
        )
        draft.connection = connection
        changed: dict[str, Any] = {}
    else:
        changed = apply_changes(connection, {**values, "is_enabled": is_enabled})
    fresh = entra_apps.move_credentials(draft.entra_app, connection.entra_app)
    if fresh or changed:
        connection.active_since = now()
    db.session.flush()
    record(ConnectionActivated(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, changed=changed))
    refresh_banners(draft.company_id)
    return connection


def record_accepted(company_id: UUID, credential_id: UUID) -> None:
    """Records that Microsoft accepted the credential, which clears earlier rejections."""
    if entra_apps.mark_accepted(company_id, credential_id):
        refresh_banners(company_id)


def record_rejected(company_id: UUID, connection_id: UUID, credential_id: UUID) -> bool:
    """Records that Microsoft rejected a credential, so that the next one is tried first. Returns whether that
    is new.
    """
    credential = entra_apps.mark_refused(company_id, credential_id)
    if credential is None:
        return False
    record(CredentialRejected(company_id=company_id, subject_id=connection_id, kind=credential.kind))
    refresh_banners(company_id)
    return True


def note_unreadable(company_id: UUID, connection_id: UUID, credential_id: UUID) -> bool:
    """Records that a node could not decrypt a credential, so that the next one is tried first. Returns whether that is
    new.
    """
    credential = entra_apps.mark_unreadable(company_id, credential_id)
    if credential is None:
        return False
    record(CredentialUnreadable(company_id=company_id, subject_id=connection_id, kind=credential.kind))
    refresh_banners(company_id)
    return True


def refresh_banners(*company_ids: UUID) -> None:
    """Stores the banners that each company's owners and admins see on every page, as of today."""
    today = now().date()
    for batch in in_batches(company_ids, BATCH):
        terms = queries.credential_validities(batch)
        for company in db.session.scalars(sa.select(Company).where(Company.id.in_(batch))):
            found = (
                admin_banner(one.id, one.title, one.terms, today, is_needed=one.needs_credential)
                for one in terms.get(company.id, [])
            )
            company.notices = [banner_as_stored(one) for one in found if one] or None
        db.session.flush()


def make_setup_link(draft: Draft, days: int, *, actor_id: UUID) -> str:
    """Creates a setup link for a person without an account; returns its token, which is not stored."""
    token = new_token()
    link = SetupLink(
        draft_id=draft.id, token_hash=token_hash(token), created_by=actor_id, expires_at=now() + timedelta(days=days)
    )
    db.session.add(link)
    db.session.flush()
    record(
        SetupLinkCreated(
            company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, days=days, setup_link=link.id
        )
    )
    return token


def revoke_setup_link(draft: Draft, link: SetupLink, *, actor_id: UUID) -> None:
    link.revoked_at = now()
    record(SetupLinkRevoked(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, setup_link=link.id))


def note_opened(link: SetupLink) -> None:
    """Records that the link is in use, as rarely as a session's last use is recorded."""
    if link.last_used_at is None or due_for_touch(link.last_used_at, now()):
        link.last_used_at = now()


def note_completed(link: SetupLink) -> None:
    """Records that the connection has all values, through this link, and is ready for its test."""
    link.completed_at = now()

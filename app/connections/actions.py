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
from app.connections.models import Connection, ConnectionFields, Credential, Draft, SetupLink
from app.core.database import apply_changes, db, now
from app.entra_apps.certificates import new_certificate, new_federation_key
from app.entra_apps.expiry import admin_banner, banner_as_stored
from app.entra_apps.models import CredentialKind
from app.sessions.limits import due_for_touch, new_token, token_hash

REMIND_AFTER = timedelta(days=1)
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
    """Sets the draft's values that differ and returns their names. The live connection stays as it is."""
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
) -> Credential:
    """Adds a client secret to the draft; the live ones stay until the draft is activated."""
    made = Credential(draft_id=draft.id, kind=CredentialKind.SECRET, secret=value, expires=expires)
    return _add(draft, made, actor_id, link)


def add_certificate(draft: Draft, *, actor_id: UUID | None = None) -> Credential:
    """Generates a certificate for the draft."""
    made = new_certificate(f"Portico {draft.public_id}")
    credential = Credential(
        draft_id=draft.id,
        kind=CredentialKind.CERTIFICATE,
        secret=made.private_key,
        certificate=made.certificate,
        expires=made.expires,
    )
    return _add(draft, credential, actor_id)


def add_federated(draft: Draft, *, actor_id: UUID | None = None) -> Credential:
    """Adds a federated credential: Microsoft trusts a key of ours instead of a secret. The key is generated once per
    connection.
    """
    if draft.federation_key_sealed is None:
        draft.federation_key = new_federation_key()
    return _add(draft, Credential(draft_id=draft.id, kind=CredentialKind.FEDERATED), actor_id)


def remove_credential(draft: Draft, credential: Credential, *, actor_id: UUID | None = None) -> None:
    """Removes a credential and erases its secret."""
    draft.credentials.remove(credential)
    db.session.delete(credential)
    draft.version += 1
    db.session.flush()
    record(CredentialRemoved(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, kind=credential.kind))
    refresh_banners(draft.company_id)


def set_enabled(connection: Connection, is_enabled: bool, *, actor_id: UUID | None = None) -> None:
    changed = apply_changes(connection, {"is_enabled": is_enabled})
    if changed:
        record(
            ConnectionChanged(
                company_id=connection.company_id, actor_id=actor_id, subject_id=connection.id, changed=changed
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


def _add(draft: Draft, credential: Credential, actor_id: UUID | None, link: SetupLink | None = None) -> Credential:
    draft.credentials.append(credential)
    draft.version += 1
    db.session.flush()
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
    """Makes the draft live. Its new credentials come before those that were live."""
    connection = draft.connection
    values = {name: getattr(draft, name) for name in ConnectionFields.NAMES}
    if connection is None:
        connection = Connection(
            id=draft.id, company_id=draft.company_id, is_enabled=is_enabled, live_since=now(), **values
        )
        draft.connection = connection
        changed: dict[str, Any] = {}
    else:
        changed = apply_changes(connection, {**values, "is_enabled": is_enabled})
    fresh = [credential for credential in draft.credentials if not credential.is_live]
    for credential in fresh:
        credential.is_live = True
    if fresh or changed:
        connection.live_since = now()
    db.session.flush()
    record(ConnectionActivated(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, changed=changed))
    refresh_banners(draft.company_id)
    return connection


def record_accepted(credential_id: UUID, company_id: UUID) -> None:
    """Records that Microsoft accepted the credential, which clears earlier rejections."""
    credential = db.session.get(Credential, credential_id)
    if credential is not None and (credential.refused_at or credential.unreadable_at):
        credential.refused_at = credential.unreadable_at = None
        refresh_banners(company_id)


def record_rejected(credential_id: UUID, company_id: UUID) -> bool:
    """Records that Microsoft rejected a credential, so that the next one is tried first. Returns whether that
    is new.
    """
    credential = db.session.get(Credential, credential_id)
    if credential is None or credential.refused_at is not None:
        return False
    credential.refused_at = now()
    record(CredentialRejected(company_id=company_id, subject_id=credential.draft_id, kind=credential.kind))
    refresh_banners(company_id)
    return True


def note_unreadable(credential_id: UUID, company_id: UUID) -> bool:
    """Records that a node could not decrypt a credential, so that the next one is tried first. Returns whether that is
    new.
    """
    credential = db.session.get(Credential, credential_id)
    if credential is None or credential.unreadable_at is not None:
        return False
    credential.unreadable_at = now()
    record(CredentialUnreadable(company_id=company_id, subject_id=credential.draft_id, kind=credential.kind))
    refresh_banners(company_id)
    return True


def refresh_banners(*company_ids: UUID) -> None:
    """Stores the banners that each company's owners and admins see on every page, as of today."""
    today = now().date()
    for first in range(0, len(company_ids), BATCH):
        portion = company_ids[first : first + BATCH]
        terms = queries.credential_validities(portion)
        for company in db.session.scalars(sa.select(Company).where(Company.id.in_(portion))):
            found = (
                admin_banner(one.id, one.title, one.terms, today, is_needed=one.needs_credential)
                for one in terms.get(company.id, [])
            )
            company.notices = [banner_as_stored(one) for one in found if one] or None
        db.session.flush()


def claim_warning(credential: Credential, stage: int) -> bool:
    """Whether the caller is to send this warning: of concurrent workers, one gets True, once."""
    not_given = sa.or_(Credential.warned.is_(None), Credential.warned > stage)
    return _claim(credential, not_given, warned=stage)


def claim_refusal(credential: Credential) -> bool:
    """Whether the caller is to send a notification of this rejection; at most once a day."""
    moment = now()
    not_told = sa.or_(Credential.refusal_told_at.is_(None), Credential.refusal_told_at < moment - REMIND_AFTER)
    return _claim(credential, not_told, refusal_told_at=moment)


def _claim(credential: Credential, free: sa.ColumnElement[bool], **values: Any) -> bool:
    claim = sa.update(Credential).where(Credential.id == credential.id, free).values(**values)
    return db.session.execute(claim.returning(Credential.id)).first() is not None


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

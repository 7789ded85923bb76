"""Writes for applications at Microsoft and their credentials. They flush; what uses the application records the audit
entries, and the caller's unit of work commits.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db, now
from app.entra_apps import queries
from app.entra_apps.client_credential import NewCredential
from app.entra_apps.models import ClientCredential, EntraApp

REMIND_AFTER = timedelta(days=1)


def add_credential(entra_app: EntraApp, new: NewCredential) -> ClientCredential:
    """Adds a credential, which is tried after those that the application has."""
    added = ClientCredential(kind=new.kind, secret=new.secret, certificate=new.certificate, expires=new.expires)
    entra_app.credentials.append(added)
    db.session.flush()
    return added


def remove_credential(credential: ClientCredential) -> None:
    """Removes a credential and erases its secret."""
    credential.entra_app.credentials.remove(credential)
    db.session.delete(credential)
    db.session.flush()


def replace_credentials(entra_app: EntraApp, new: NewCredential | None) -> None:
    """Replaces all credentials by one. Warnings that were sent for the same expiry date aren't sent again."""
    expires = new.expires if new else None
    warned = next((one.warned for one in entra_app.credentials if one.expires == expires), None)
    for old in list(entra_app.credentials):
        remove_credential(old)
    if new is not None:
        add_credential(entra_app, new).warned = warned
        db.session.flush()


def move_credentials(source: EntraApp, target: EntraApp) -> list[ClientCredential]:
    """Moves all of an application's credentials to another one; returns them."""
    moved = list(source.credentials)
    for credential in moved:
        credential.entra_app = target
    db.session.flush()
    return moved


def mark_accepted(company_id: UUID, credential_id: UUID) -> bool:
    """Clears the marks of earlier failures, since Microsoft accepted it; returns whether there were any."""
    credential = queries.credential(company_id, credential_id)
    if credential is None or not (credential.refused_at or credential.unreadable_at):
        return False
    credential.refused_at = credential.unreadable_at = None
    return True


def mark_refused(company_id: UUID, credential_id: UUID) -> ClientCredential | None:
    """Marks a credential that Microsoft rejected, so that the next one is tried first. None if it was marked already,
    or was removed.
    """
    credential = queries.credential(company_id, credential_id)
    if credential is None or credential.refused_at is not None:
        return None
    credential.refused_at = now()
    return credential


def mark_unreadable(company_id: UUID, credential_id: UUID) -> ClientCredential | None:
    """The same for one that a node could not decrypt."""
    credential = queries.credential(company_id, credential_id)
    if credential is None or credential.unreadable_at is not None:
        return None
    credential.unreadable_at = now()
    return credential


def claim_warning(credential_id: UUID, stage: int) -> bool:
    """Whether the caller is to send this warning: of concurrent workers, one gets True, once."""
    not_given = sa.or_(ClientCredential.warned.is_(None), ClientCredential.warned > stage)
    return _claim(credential_id, not_given, warned=stage)


def claim_refusal(credential_id: UUID) -> bool:
    """Whether the caller is to send a notification of this rejection; at most once a day."""
    moment = now()
    told_at = ClientCredential.refusal_told_at
    not_told = sa.or_(told_at.is_(None), told_at < moment - REMIND_AFTER)
    return _claim(credential_id, not_told, refusal_told_at=moment)


def _claim(credential_id: UUID, free: sa.ColumnElement[bool], **values: Any) -> bool:
    claim = sa.update(ClientCredential).where(ClientCredential.id == credential_id, free).values(**values)
    return db.session.execute(claim.returning(ClientCredential.id)).first() is not None

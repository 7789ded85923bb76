"""Writes for what a connection's directory authenticates with. They flush and record audit entries; the caller's unit
of work commits.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.provisioning import (
    ProvisioningCredentialCreated,
    ProvisioningCredentialFirstUsed,
    ProvisioningCredentialRefused,
    ProvisioningCredentialRevoked,
)
from app.audit.log import record
from app.companies.actions import lock_company
from app.core.database import db, now
from app.provisioning.scim import queries
from app.provisioning.scim.models import Method, ScimAccessToken, ScimCredential
from app.provisioning.scim.queries import HeldCredential
from app.sessions.limits import new_token, token_hash

MOST_OF_A_METHOD = 2
"""Of a connection: the one in use, and the next one during a rotation."""
PREFIXES = {Method.TOKEN: "portico_scim_", Method.SECRET: "portico_scim_secret_"}
"""By which a leaked one can be recognized. None begins as an access token does."""
REFUSALS_RECORDED_EVERY = timedelta(hours=1)
ACCESS_TOKEN_PREFIX = "portico_access_"  # noqa: S105 - how they begin
ACCESS_TOKEN_LIFE = timedelta(hours=1)
"""Microsoft wants 1 to 6 hours."""


def create(
    company_id: UUID, connection_id: UUID, title: str, method: Method, expires: date, *, actor_id: UUID | None
) -> str | None:
    """A new token or client secret, which is stored nowhere; None if the connection has two already."""
    secret = PREFIXES[method] + new_token()
    row = ScimCredential(
        company_id=company_id,
        connection_id=connection_id,
        method=method,
        token_hash=token_hash(secret),
        ending=secret[-4:],
        expires=expires,
    )
    return secret if _add(row, title, actor_id) else None


def trust(company_id: UUID, connection_id: UUID, title: str, *, application: str, subject: str, actor_id: UUID) -> bool:
    """Trusts the assertions of a workload identity, by GUIDs in lower case; False if the connection trusts two."""
    row = ScimCredential(
        company_id=company_id,
        connection_id=connection_id,
        method=Method.FEDERATION,
        application=application,
        subject=subject,
    )
    return _add(row, title, actor_id)


def _add(row: ScimCredential, title: str, actor_id: UUID | None) -> bool:
    lock_company(row.company_id)
    present = queries.credentials(row.company_id, row.connection_id)
    if len([one for one in present if one.method == row.method]) >= MOST_OF_A_METHOD:
        return False
    db.session.add(row)
    db.session.flush()
    record(
        ProvisioningCredentialCreated(
            company_id=row.company_id,
            actor_id=actor_id,
            subject_id=row.connection_id,
            title=title,
            kind=row.method,
            expires=row.expires,
        )
    )
    return True


def revoke(credential: ScimCredential, title: str, *, actor_id: UUID) -> None:
    """The credential and the access tokens that it got don't work from now on."""
    erase(credential.company_id, credential.connection_id, credential.id)
    record(
        ProvisioningCredentialRevoked(
            company_id=credential.company_id,
            actor_id=actor_id,
            subject_id=credential.connection_id,
            title=title,
            kind=credential.method,
        )
    )


def erase(company_id: UUID, connection_id: UUID, credential_id: UUID | None = None) -> None:
    """Deletes the connection's credentials, or this one, with their access tokens."""
    condition = [ScimCredential.company_id == company_id, ScimCredential.connection_id == connection_id]
    if credential_id:
        condition.append(ScimCredential.id == credential_id)
    # Locked first: the token endpoint locks the row as well before it adds an access token.
    ids = db.session.scalars(sa.select(ScimCredential.id).where(*condition).with_for_update()).all()
    for statement in (
        sa.delete(ScimAccessToken).where(
            ScimAccessToken.company_id == company_id, ScimAccessToken.credential_id.in_(ids)
        ),
        sa.delete(ScimCredential).where(ScimCredential.company_id == company_id, ScimCredential.id.in_(ids)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def touch(company_id: UUID, credential_id: UUID, title: str, *, is_first: bool = False) -> bool:
    """Records that the credential is in use, and locks it; returns False if it was revoked meanwhile. `is_first`:
    it may not have been used before.
    """
    used = sa.update(ScimCredential).where(ScimCredential.company_id == company_id, ScimCredential.id == credential_id)
    used = used.values(last_used_at=now()).execution_options(synchronize_session=False)
    columns = ScimCredential.connection_id, ScimCredential.method
    first = used.where(ScimCredential.last_used_at.is_(None)).returning(*columns)
    if is_first and (row := db.session.execute(first).one_or_none()):
        record(ProvisioningCredentialFirstUsed(company_id=company_id, subject_id=row[0], title=title, kind=row[1]))
        return True
    return db.session.scalar(used.returning(ScimCredential.id)) is not None


def may_record_refusal(credential: HeldCredential, moment: datetime) -> bool:
    return credential.refused_at is None or credential.refused_at < moment - REFUSALS_RECORDED_EVERY


def record_refusal(company_id: UUID, connection_id: UUID, title: str, method: str, reason: str) -> None:
    """Notes that a request failed to authenticate as this directory, at most hourly."""
    moment = now()
    noted = db.session.execute(
        sa.update(ScimCredential)
        .where(
            ScimCredential.company_id == company_id,
            ScimCredential.connection_id == connection_id,
            ScimCredential.method == method,
            sa.or_(ScimCredential.refused_at.is_(None), ScimCredential.refused_at < moment - REFUSALS_RECORDED_EVERY),
        )
        .values(refused_at=moment, refused_why=reason)
        .returning(ScimCredential.id)
        .execution_options(synchronize_session=False)
    ).first()
    if noted:
        record(
            ProvisioningCredentialRefused(
                company_id=company_id, subject_id=connection_id, title=title, kind=method, reason=reason
            )
        )


def issue_access_token(company_id: UUID, credential_id: UUID) -> str:
    """A new access token of the credential, whose row is locked."""
    token = ACCESS_TOKEN_PREFIX + new_token()
    db.session.add(
        ScimAccessToken(
            company_id=company_id,
            credential_id=credential_id,
            token_hash=token_hash(token),
            expires_at=now() + ACCESS_TOKEN_LIFE,
        )
    )
    db.session.flush()
    return token


def claim_warning(credential_id: UUID, stage: int) -> bool:
    """Whether this warning about the credential's end is still to be sent, by the caller."""
    claimed = db.session.scalar(
        sa.update(ScimCredential)
        .where(
            ScimCredential.id == credential_id,
            sa.or_(ScimCredential.warned.is_(None), ScimCredential.warned > stage),
        )
        .values(warned=stage)
        .returning(ScimCredential.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None


def works(credential: ScimCredential | HeldCredential, moment: datetime) -> bool:
    return credential.expires is None or credential.expires >= moment.date()

"""Writes for a connection's tokens. They flush and record audit entries; the caller's unit of work commits."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.provisioning import ProvisioningTokenCreated, ProvisioningTokenRevoked
from app.audit.log import record
from app.companies.actions import lock_company
from app.core.database import db, now
from app.provisioning.scim import queries
from app.provisioning.scim.models import ScimToken
from app.sessions.limits import new_token, token_hash

MOST_TOKENS = 2
"""Of a connection: the one in use, and the next one during a rotation."""


def create(company_id: UUID, connection_id: UUID, title: str, expires: date, *, actor_id: UUID) -> str | None:
    """A new token, which is stored nowhere; None if the connection has two already."""
    lock_company(company_id)
    if len(queries.tokens(company_id, connection_id)) >= MOST_TOKENS:
        return None
    token = f"portico_scim_{new_token()}"
    db.session.add(
        ScimToken(
            company_id=company_id,
            connection_id=connection_id,
            token_hash=token_hash(token),
            ending=token[-4:],
            expires=expires,
        )
    )
    db.session.flush()
    record(
        ProvisioningTokenCreated(
            company_id=company_id, actor_id=actor_id, subject_id=connection_id, title=title, expires=expires
        )
    )
    return token


def revoke(token: ScimToken, title: str, *, actor_id: UUID) -> None:
    """The token doesn't work from now on."""
    db.session.delete(token)
    db.session.flush()
    record(
        ProvisioningTokenRevoked(
            company_id=token.company_id, actor_id=actor_id, subject_id=token.connection_id, title=title
        )
    )


def touch(company_id: UUID, token_id: UUID) -> None:
    """Records that the token is in use."""
    db.session.execute(
        sa.update(ScimToken)
        .where(ScimToken.company_id == company_id, ScimToken.id == token_id)
        .values(last_used_at=now())
        .execution_options(synchronize_session=False)
    )


def claim_warning(token_id: UUID, stage: int) -> bool:
    """Whether this warning about the token's end is still to be sent, by the caller."""
    claimed = db.session.scalar(
        sa.update(ScimToken)
        .where(ScimToken.id == token_id, sa.or_(ScimToken.warned.is_(None), ScimToken.warned > stage))
        .values(warned=stage)
        .returning(ScimToken.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None

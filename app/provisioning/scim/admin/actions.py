"""Stops following a directory. The caller's unit of work commits."""

from uuid import UUID

import sqlalchemy as sa

from app.audit.events.provisioning import ProvisioningStopped
from app.audit.log import record
from app.connections.models import Connection
from app.core.database import db
from app.people import directory_actions as people
from app.provisioning.roles import scim_groups as mapped_roles
from app.provisioning.scim import actions as credentials
from app.provisioning.scim.models import ScimGroup, ScimMember, ScimRequest, ScimUser


def stop(connection: Connection, *, actor_id: UUID) -> None:
    """Revokes all credentials and forgets what the directory said. People stay as they are; those whom it had
    deactivated can be reactivated by an admin.
    """
    company_id, connection_id = connection.company_id, connection.id
    for locked in (ScimGroup, ScimUser):
        _lock(locked, company_id, connection_id)
    groups = sa.select(ScimGroup.id).where(ScimGroup.company_id == company_id, ScimGroup.connection_id == connection_id)
    db.session.execute(
        sa.delete(ScimMember)
        .where(ScimMember.company_id == company_id, ScimMember.group_id.in_(groups))
        .execution_options(synchronize_session=False)
    )
    mapped_roles.all_deleted(company_id, connection_id)
    credentials.erase(company_id, connection_id)
    for model in (ScimGroup, ScimUser, ScimRequest):
        db.session.execute(
            sa.delete(model)
            .where(model.company_id == company_id, model.connection_id == connection_id)
            .execution_options(synchronize_session=False)
        )
    number = people.release_connection(company_id, connection_id)
    record(
        ProvisioningStopped(
            company_id=company_id,
            actor_id=actor_id,
            subject_id=connection_id,
            title=connection.title,
            people=number,
        )
    )


def _lock(model: type[ScimGroup] | type[ScimUser], company_id: UUID, connection_id: UUID) -> None:
    """Locks all of the connection's: what changes one of them locks it before anything else, too."""
    rows = sa.select(model.id).where(model.company_id == company_id, model.connection_id == connection_id)
    locked = rows.order_by(model.id).with_for_update().subquery()
    db.session.execute(sa.select(sa.func.count()).select_from(locked))

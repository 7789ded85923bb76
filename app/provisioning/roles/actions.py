"""Writes for mappings. They flush and record audit entries; the caller's unit of work commits."""

from uuid import UUID

import sqlalchemy as sa

from app.applications.models import MappingKind, RoleMapping
from app.audit.events.roles import RoleMappingCreated, RoleMappingRemoved
from app.audit.log import record
from app.core.database import db, insert_if_absent
from app.provisioning.roles import holders, queries, scim_groups, scim_queries
from app.provisioning.roles.models import DirectorySnapshot
from app.provisioning.roles.queries import MappingLine


def create(
    company_id: UUID,
    *,
    connection_id: UUID,
    kind: str,
    value: str,
    name: str | None,
    role_id: UUID | None,
    actor_id: UUID | None = None,
) -> UUID | None:
    """Maps a group or an app role of a connection to a role, or to Portico's own role of an admin without one. People
    get it at their next sign-in, those of a SCIM group at once. Returns the mapping's id; None if there is the same
    already, or the SCIM group is gone.

    The caller has checked that the actor may assign the role by hand.
    """
    mapping = RoleMapping(
        company_id=company_id, connection_id=connection_id, kind=kind, value=value, name=name, role_id=role_id
    )
    if not insert_if_absent(mapping):
        return None
    if kind == MappingKind.SCIM_GROUP and not scim_groups.mapped(company_id, connection_id, UUID(value)):
        db.session.execute(sa.delete(RoleMapping).where(RoleMapping.id == mapping.id))
        return None
    line = queries.mapping(company_id, mapping.id)
    assert line is not None
    record(RoleMappingCreated(company_id=company_id, actor_id=actor_id, subject_id=mapping.id, **line.detail))
    if line.group_id and line.works:
        scim_groups.give_to_members(line)
    return mapping.id


def remove(company_id: UUID, line: MappingLine, *, actor_id: UUID) -> None:
    """Removes a mapping, and at once the role of everyone who has it for no other reason."""
    if line.group_id:
        scim_queries.locked_group(company_id, line.connection_id, line.group_id)
    db.session.execute(sa.select(RoleMapping.id).where(RoleMapping.id == line.id).with_for_update())
    number = holders.take_from_all(line, actor_id=actor_id)
    db.session.execute(sa.delete(RoleMapping).where(RoleMapping.company_id == company_id, RoleMapping.id == line.id))
    if not queries.mapped_kinds(company_id, line.connection_id):
        # What the directory said is kept only as long as a role depends on it.
        of_connection = DirectorySnapshot.connection_id == line.connection_id
        db.session.execute(
            sa.delete(DirectorySnapshot).where(DirectorySnapshot.company_id == company_id, of_connection)
        )
    record(
        RoleMappingRemoved(company_id=company_id, actor_id=actor_id, subject_id=line.id, people=number, **line.detail)
    )

"""Writes for mappings. They flush and record audit entries; the caller's unit of work commits."""

from uuid import UUID

import sqlalchemy as sa

from app.applications import actions as applications
from app.applications.models import Application, PersonRole, RoleMapping
from app.audit.events.roles import DirectoryRoleRemoved, RoleMappingCreated, RoleMappingRemoved
from app.audit.log import record
from app.core.database import db, insert_if_absent
from app.provisioning.roles import queries
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin
from app.provisioning.roles.queries import MappingLine
from app.provisioning.roles.sync import demote_without_reason, detail, locked_person


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
    get it at their next sign-in. Returns the mapping's id; None if there is the same already.

    The caller has checked that the actor may assign the role by hand.
    """
    mapping = RoleMapping(
        company_id=company_id, connection_id=connection_id, kind=kind, value=value, name=name, role_id=role_id
    )
    if not insert_if_absent(mapping):
        return None
    line = queries.mapping(company_id, mapping.id)
    assert line is not None
    record(RoleMappingCreated(company_id=company_id, actor_id=actor_id, subject_id=mapping.id, **detail(line)))
    return mapping.id


def remove(company_id: UUID, line: MappingLine, *, actor_id: UUID) -> None:
    """Removes a mapping, and at once the role of everyone who has it for no other reason."""
    db.session.execute(sa.select(RoleMapping.id).where(RoleMapping.id == line.id).with_for_update())
    table = MappedAdmin if line.is_of_portico else PersonRole
    rows = sa.delete(table).where(table.company_id == company_id, table.mapping_id == line.id)
    people = db.session.scalars(rows.returning(table.person_id)).all()
    db.session.execute(sa.delete(RoleMapping).where(RoleMapping.company_id == company_id, RoleMapping.id == line.id))
    if not queries.mapped_kinds(company_id, line.connection_id):
        # What the directory said is kept only as long as a role depends on it.
        of_connection = DirectorySnapshot.connection_id == line.connection_id
        db.session.execute(
            sa.delete(DirectorySnapshot).where(DirectorySnapshot.company_id == company_id, of_connection)
        )
    for person_id in people:
        record(DirectoryRoleRemoved(company_id=company_id, actor_id=actor_id, subject_id=person_id, **detail(line)))
        if line.is_of_portico:
            demote_without_reason(locked_person(company_id, person_id))
    application = db.session.get(Application, line.application_id) if line.application_id else None
    if application and application.allowed_roles:
        for person_id in people:
            applications.end_without_access(company_id, person_id, application)
    db.session.flush()
    record(
        RoleMappingRemoved(
            company_id=company_id, actor_id=actor_id, subject_id=line.id, people=len(people), **detail(line)
        )
    )

"""Writes for roles. They flush and record audit entries; the caller's unit of work commits."""

from uuid import UUID

import sqlalchemy as sa

from app.applications import actions
from app.applications.actions import Role
from app.applications.models import AccessRequest, Application, ApplicationRole, AssignedBy
from app.applications.roles import queries
from app.core.database import db
from app.people.models import Person


def declare(application: Application, *, value: str, name: str, actor_id: UUID) -> None:
    """A company declares only roles that it assigns itself."""
    present = [Role(one.value, one.name, one.assigned_by) for one in application.roles]
    actions.set_roles(application, [*present, Role(value, name, AssignedBy.COMPANY)], actor_id=actor_id)


def rename(application: Application, role: ApplicationRole, name: str, *, actor_id: UUID) -> None:
    roles = [Role(one.value, name if one is role else one.name, one.assigned_by) for one in application.roles]
    actions.set_roles(application, roles, actor_id=actor_id)


def remove(application: Application, role: ApplicationRole, *, actor_id: UUID) -> None:
    """Takes the role from everyone who has it. The caller has checked that it isn't the last one that may sign in."""
    roles = [Role(one.value, one.name, one.assigned_by) for one in application.roles if one is not role]
    allowed = [value for value in application.allowed_roles if value != role.value]
    actions.change(application, actor_id=actor_id, allowed_roles=allowed)
    actions.set_roles(application, roles, actor_id=actor_id)


def assign(person: Person, application: Application, role: ApplicationRole, *, actor_id: UUID) -> bool:
    """Sets the role by hand, in addition to those that the person has; returns whether that changed anything. Their
    request for access is done.
    """
    values = {*queries.set_by_hand(person.company_id, person.id, application.id), role.value}
    forget_request(person, application)
    return actions.assign_roles(person, application, sorted(values), actor_id=actor_id)


def unassign(person: Person, application: Application, role: ApplicationRole, *, actor_id: UUID) -> bool:
    """Takes the role away as far as it was set by hand."""
    values = {*queries.set_by_hand(person.company_id, person.id, application.id)} - {role.value}
    return actions.assign_roles(person, application, sorted(values), actor_id=actor_id)


def forget_request(person: Person, application: Application) -> None:
    """Deletes the person's request for access."""
    db.session.execute(
        sa.delete(AccessRequest).where(
            AccessRequest.company_id == person.company_id,
            AccessRequest.application_id == application.id,
            AccessRequest.person_id == person.id,
        )
    )

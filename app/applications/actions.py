"""Writes for applications. They flush and record audit entries; the caller's unit of work commits."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.grants import actions as grants
from app.applications.grants.actions import new_secret, secret_hash
from app.applications.models import (
    Application,
    ApplicationCompany,
    ApplicationResource,
    ApplicationRole,
    ApplicationSecret,
    ApplicationUri,
    AssignedBy,
    PersonRole,
    UriUse,
)
from app.applications.queries import with_any_role
from app.applications.signing_keys import rotation
from app.audit.events.applications import (
    ApplicationChanged,
    ApplicationCompaniesSet,
    ApplicationCreated,
    ApplicationRolesSet,
    ApplicationSecretCreated,
)
from app.audit.events.base import INSTALLATION, Event
from app.audit.log import record
from app.companies import queries as companies
from app.core.database import apply_changes, db, now
from app.people.models import Person

CLIENT_ID_BYTES = 8
ROTATION = timedelta(days=7)
"""How long the present secret stays valid beside a new one."""


@dataclass(frozen=True)
class Role:
    """A role as an application declares it."""

    value: str
    name: str
    assigned_by: str


def create(
    *, name: str, client_id: str = "", company_id: UUID | None = None, actor_id: UUID | None = None
) -> Application:
    """Creates an application without addresses; and the keys that sign its tokens, if it is the first."""
    rotation.ensure()
    application = Application(
        company_id=company_id,
        # Never of the form of a person's id, so that no token confuses the two (RFC 9700, section 4.15).
        client_id=client_id or f"app-{secrets.token_hex(CLIENT_ID_BYTES)}",
        name=name,
        subject_salt=new_secret(),
    )
    db.session.add(application)
    db.session.flush()
    _record(application, ApplicationCreated, actor_id, name=name)
    return application


def change(application: Application, *, actor_id: UUID | None = None, **values: Any) -> list[str]:
    """Sets the values that differ; returns their names. Disabling ends every grant."""
    changed = apply_changes(application, values)
    if "is_enabled" in changed and not application.is_enabled:
        grants.revoke_of_application(application.id)
    if changed:
        db.session.flush()
        _record(application, ApplicationChanged, actor_id, changed=changed)
    return list(changed)


def set_uris(application: Application, use: UriUse, uris: list[str], *, actor_id: UUID | None = None) -> bool:
    """Registers exactly these addresses for a use; returns whether that changed anything."""
    present = application.uris_for(use)
    if present == uris:
        return False
    application.uris[:] = [one for one in application.uris if one.use != use or one.uri in uris]
    known = application.uris_for(use)
    application.uris.extend(
        ApplicationUri(application_id=application.id, use=use, uri=uri) for uri in uris if uri not in known
    )
    db.session.flush()
    if {*present} == {*uris}:
        return False
    _record(application, ApplicationChanged, actor_id, changed={f"{use} addresses": [present, uris]})
    return True


def set_roles(application: Application, roles: list[Role], *, actor_id: UUID | None = None) -> bool:
    """Declares these roles; returns whether that changed anything. A role that is declared no longer is taken from
    everyone who has it.
    """
    present = {one.value: one for one in application.roles}
    before = [(one.value, one.name, one.assigned_by) for one in application.roles]
    wanted = {role.value: role for role in roles}
    gone = [present[value].id for value in present.keys() - wanted.keys()]
    db.session.execute(sa.delete(PersonRole).where(PersonRole.role_id.in_(gone)))
    for value in present.keys() - wanted.keys():
        application.roles.remove(present[value])
    for value, role in wanted.items():
        if value in present:
            if role.assigned_by == AssignedBy.OPERATOR:
                _take_mapped(present[value])
            apply_changes(present[value], {"name": role.name, "assigned_by": role.assigned_by})
        else:
            application.roles.append(
                ApplicationRole(
                    application_id=application.id, value=value, name=role.name, assigned_by=role.assigned_by
                )
            )
    db.session.flush()
    after = [(one.value, one.name, one.assigned_by) for one in application.roles]
    if before == after:
        return False
    _record(application, ApplicationChanged, actor_id, changed={"roles": [sorted(present), sorted(wanted)]})
    return True


def _take_mapped(role: ApplicationRole) -> None:
    """Takes a role from those to whom a directory gives it: companies no longer assign it."""
    db.session.execute(sa.delete(PersonRole).where(PersonRole.role_id == role.id, PersonRole.mapping_id.is_not(None)))


def set_companies(application: Application, company_ids: list[UUID] | None) -> bool:
    """For all companies, or for these alone; returns whether that changed anything."""
    present = {one.company_id for one in application.companies}
    if (None if application.for_all_companies else present) == (None if company_ids is None else {*company_ids}):
        return False
    application.for_all_companies = company_ids is None
    wanted = {*(company_ids or ())}
    if company_ids is not None:
        grants.revoke_of_application(application.id, kept_companies=wanted)
    application.companies[:] = [one for one in application.companies if one.company_id in wanted]
    application.companies.extend(
        ApplicationCompany(application_id=application.id, company_id=one) for one in sorted(wanted - present)
    )
    db.session.flush()
    added, removed = companies.public_ids(wanted - present), companies.public_ids(present - wanted)
    _record(application, ApplicationCompaniesSet, None, for_all=company_ids is None, added=added, removed=removed)
    return True


def set_resources(application: Application, resources: dict[str, list[str]]) -> bool:
    """Sets the resource indicators that the application owns, each with the client ids that may ask for it; returns
    whether that changed anything. Raises sqlalchemy.exc.IntegrityError if another application owns one.
    """
    before = {one.uri: one.clients for one in application.resources}
    if before == resources:
        return False
    application.resources[:] = [one for one in application.resources if one.uri in resources]
    known = {one.uri: one for one in application.resources}
    for uri, clients in resources.items():
        if uri in known:
            known[uri].clients = clients
        else:
            application.resources.append(ApplicationResource(application_id=application.id, uri=uri, clients=clients))
    db.session.flush()
    _record(application, ApplicationChanged, None, changed={"resources": [before, resources]})
    return True


def add_secret(application: Application, secret: str = "", *, actor_id: UUID | None = None) -> str:
    """Adds a client secret, given or generated, and returns it; it is stored nowhere. What was valid before stays so
    for a week, so that the application changes over without an interruption.
    """
    secret = secret or new_secret()
    moment = now()
    for one in application.secrets:
        one.expires_at = min(one.expires_at or moment + ROTATION, moment + ROTATION)
    application.secrets[:] = [one for one in application.secrets if not one.expires_at or one.expires_at > moment][-1:]
    application.secrets.append(
        ApplicationSecret(application_id=application.id, secret_hash=secret_hash(secret), ending=secret[-4:])
    )
    db.session.flush()
    _record(application, ApplicationSecretCreated, actor_id, name=application.name)
    return secret


def has_secret(application: Application, secret: str) -> bool:
    """Whether this is the application's newest secret."""
    return bool(application.secrets) and application.secrets[-1].secret_hash == secret_hash(secret)


def assign_roles(person: Person, application: Application, values: list[str], *, actor_id: UUID | None = None) -> bool:
    """Sets exactly these of the application's roles by hand; returns whether that changed anything. What a directory
    gives stays. Without a role that may use the application, the person's grants end. The caller has checked that the
    application is for the person's company, and who may assign each role.
    """
    ids = {one.value: one.id for one in application.roles}
    present = {
        one.role_id: one
        for one in db.session.scalars(
            sa.select(PersonRole).where(
                PersonRole.company_id == person.company_id,
                PersonRole.person_id == person.id,
                PersonRole.role_id.in_(ids.values()),
                PersonRole.mapping_id.is_(None),
            )
        )
    }
    wanted = {ids[value] for value in values}
    if wanted == present.keys():
        return False
    for role_id in present.keys() - wanted:
        db.session.delete(present[role_id])
    db.session.add_all(
        PersonRole(company_id=person.company_id, person_id=person.id, role_id=role_id, assigned_by_id=actor_id)
        for role_id in sorted(wanted - present.keys())
    )
    db.session.flush()
    end_without_access(person.company_id, [person.id], application)
    record(
        ApplicationRolesSet(
            company_id=person.company_id,
            actor_id=actor_id,
            subject_id=person.id,
            client=application.client_id,
            roles=sorted(values),
        )
    )
    return True


def end_without_access(company_id: UUID, person_ids: Collection[UUID], application: Application) -> None:
    """Ends the grants of those of the people none of whose roles may use the application any longer."""
    if not application.allowed_roles:
        return
    gone = {*person_ids} - with_any_role(company_id, person_ids, application.id, application.allowed_roles)
    if gone:
        grants.revoke_of_people_in(company_id, gone, application.id)


def _record(application: Application, event: type[Event], actor_id: UUID | None, **detail: Any) -> None:
    """In the audit log of its company or, of an application of the installation, in the installation's."""
    company_id = application.company_id or INSTALLATION
    record(event(company_id=company_id, actor_id=actor_id, subject_id=application.id, **detail))

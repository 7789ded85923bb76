"""Writes for a directory's users. They flush and record audit entries; the caller's unit of work commits."""

import sqlalchemy as sa

from app.audit.events.provisioning import DirectoryUserDeleted
from app.audit.log import record
from app.core.database import db, now
from app.core.text import gettext_noop as N_
from app.core.text import sanitize
from app.provisioning.roles import scim_groups as mapped_roles
from app.provisioning.scim import request_log
from app.provisioning.scim.errors import UNIQUENESS, ScimError
from app.provisioning.scim.models import ScimMember, ScimUser
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.request_log import What
from app.provisioning.scim.resources import User
from app.provisioning.scim.users import documents, people
from app.provisioning.scim.users.people import Effect

TAKEN = N_("Another user of this connection has this userName or externalId.")


def create(directory: Directory, user: User) -> ScimUser:
    """Raises ScimError if the userName or externalId is taken, also by a request at the same time."""
    request_log.about(documents.display_name(user))
    if user.active is None:
        user.active = True
    row = ScimUser(
        company_id=directory.company_id,
        connection_id=directory.connection_id,
        content=documents.stored(user),
        is_active=user.active,
        changed_at=now(),
        **documents.keys(user),
    )
    _flush(row)
    people.apply(directory, row, user)
    request_log.record_change(directory, What.USER_ADDED, row.name, 201)
    return row


def change(directory: Directory, row: ScimUser, user: User) -> None:
    """Stores the user as it is now. Nothing happens if it is the same as before. A user without `active` stays as
    active as they are. Raises ScimError.
    """
    content, before = documents.stored(user), row.content
    changed = sorted(name for name in {*content, *before} if content.get(name) != before.get(name))
    if not changed:
        return
    for name, value in documents.keys(user).items():
        setattr(row, name, value)
    former = (row.person_id, row.is_active)
    row.content, row.is_active = content, row.is_active if user.active is None else user.active
    row.version, row.changed_at = row.version + 1, now()
    _flush(row)
    effect = people.apply(directory, row, user)
    if former != (row.person_id, row.is_active):
        for person_id in filter(None, {former[0], row.person_id}):
            mapped_roles.person_changed(directory.company_id, directory.connection_id, person_id)
    request_log.record_change(directory, _what(effect), row.name, changed=[_short(name) for name in changed])


def delete(directory: Directory, row: ScimUser) -> None:
    """The person stays, deactivated: only an admin erases one."""
    db.session.execute(
        sa.delete(ScimMember).where(ScimMember.company_id == directory.company_id, ScimMember.user_id == row.id)
    )
    db.session.delete(row)
    db.session.flush()
    people.release(directory, row)
    if row.person_id:
        mapped_roles.person_changed(directory.company_id, directory.connection_id, row.person_id)
    record(
        DirectoryUserDeleted(
            company_id=directory.company_id,
            subject_id=row.person_id,
            directory=directory.title,
            name=sanitize(row.name, request_log.LONGEST_NAME),
        )
    )
    request_log.record_change(directory, What.USER_DELETED, row.name, 204)


def _flush(row: ScimUser) -> None:
    """Raises ScimError if another user has its userName or externalId."""
    try:
        db.session.add(row)
        db.session.flush()
    except sa.exc.IntegrityError:
        raise ScimError(409, TAKEN, UNIQUENESS) from None


def _what(effect: Effect) -> What:
    if effect.deactivated:
        return What.USER_DEACTIVATED
    return What.USER_REACTIVATED if effect.reactivated else What.USER_CHANGED


def _short(name: str) -> str:
    """An attribute as an admin reads it: an extension by its last part."""
    return "enterprise" if name.startswith("urn:") else name

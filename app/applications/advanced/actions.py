"""Writes for a company's own applications, beside those of `app/applications/actions.py`. They flush and record audit
entries; the caller's unit of work commits.
"""

from uuid import UUID

import sqlalchemy as sa

from app.applications import actions
from app.applications.backchannel.models import LogoutDelivery
from app.applications.grants import actions as grants
from app.applications.models import (
    Application,
    ApplicationIcon,
    ApplicationRole,
    ApplicationSecret,
    Authentication,
    Kind,
    PersonRole,
    UriUse,
)
from app.applications.uris import origin_of
from app.audit.events.applications import (
    ApplicationChanged,
    ApplicationDeleted,
    ApplicationSecretRemoved,
    ApplicationSignOut,
)
from app.audit.log import record
from app.core.database import Base, db
from app.people.avatars import Picture


def create(
    company_id: UUID, *, name: str, redirect_uri: str, kind: str, actor_id: UUID
) -> tuple[Application, str | None]:
    """An application of the company's with what most need, and its client secret if it can keep one."""
    application = actions.create(name=name, company_id=company_id, actor_id=actor_id)
    is_public = kind == Kind.PUBLIC
    application.kind = kind
    application.authentication = Authentication.NONE if is_public else Authentication.SECRET
    home = f"{origin_of(redirect_uri)}/"
    application.start_url = home
    actions.set_uris(application, UriUse.REDIRECT, [redirect_uri], actor_id=actor_id)
    actions.set_uris(application, UriUse.POST_LOGOUT, [home], actor_id=actor_id)
    if is_public:
        actions.set_uris(application, UriUse.CORS_ORIGIN, [origin_of(redirect_uri)], actor_id=actor_id)
    secret = None if is_public else actions.add_secret(application, actor_id=actor_id)
    return application, secret


def remove_secret(application: Application, secret: ApplicationSecret, *, actor_id: UUID) -> None:
    """Ends one of two client secrets at once. The other one stays without an end."""
    application.secrets.remove(secret)
    for one in application.secrets:
        one.expires_at = None
    db.session.flush()
    assert application.company_id
    record(
        ApplicationSecretRemoved(
            company_id=application.company_id,
            actor_id=actor_id,
            subject_id=application.id,
            name=application.name,
            ending=secret.ending,
        )
    )


def set_icon(application: Application, icon: Picture | None, *, actor_id: UUID) -> None:
    before = db.session.scalar(
        sa.delete(ApplicationIcon)
        .where(ApplicationIcon.application_id == application.id)
        .returning(ApplicationIcon.hash)
    )
    after = icon.hash if icon else None
    if before == after and before is None:
        return
    if icon:
        db.session.add(ApplicationIcon(application_id=application.id, content=icon.content, hash=icon.hash))
    db.session.flush()
    assert application.company_id
    record(
        ApplicationChanged(
            company_id=application.company_id,
            actor_id=actor_id,
            subject_id=application.id,
            changed={"icon": [one and one[:8] for one in (before, after)]},
        )
    )


def sign_out(company_id: UUID, application: Application, person_id: UUID, *, actor_id: UUID) -> bool:
    """Ends a person's grants of one application; returns whether there were any."""
    if not grants.revoke_of_people_in(company_id, [person_id], application.id):
        return False
    record(
        ApplicationSignOut(
            company_id=company_id,
            actor_id=actor_id,
            subject_id=person_id,
            application=application.id,
            name=application.name,
        )
    )
    return True


def delete(application: Application, *, actor_id: UUID) -> None:
    """Deletes the application with everything that belongs to it. Its tokens are no longer valid."""
    company_id, name, client_id = application.company_id, application.name, application.client_id
    assert company_id
    grants.revoke_of_application(application.id)
    own_roles = sa.select(ApplicationRole.id).where(ApplicationRole.application_id == application.id)
    db.session.execute(sa.delete(PersonRole).where(PersonRole.role_id.in_(own_roles)))
    for table in reversed(Base.metadata.sorted_tables):
        owner = table.columns.get("application_id")
        # A logout token that isn't sent yet outlives its application.
        if owner is not None and table is not LogoutDelivery.__table__:
            db.session.execute(sa.delete(table).where(owner == application.id))
    gone = sa.delete(Application).where(Application.id == application.id)
    db.session.execute(gone.execution_options(synchronize_session=False))
    record(
        ApplicationDeleted(
            company_id=company_id, actor_id=actor_id, subject_id=application.id, name=name, client=client_id
        )
    )

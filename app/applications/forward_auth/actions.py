"""Writes for forward-auth applications. They flush; the caller's unit of work commits."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.applications import actions
from app.applications.forward_auth.addresses import callback_url
from app.applications.grants import actions as grants
from app.applications.grants.actions import new_secret, secret_hash
from app.applications.grants.models import Grant
from app.applications.grants.queries import GrantState
from app.applications.grants.validity import is_alive
from app.applications.models import Application, Authentication, Kind, UriUse
from app.applications.uris import origin_of
from app.core.database import db
from app.sessions import actions as sessions


class OriginTaken(Exception):
    """Another forward-auth application has this origin; its client id is the message."""


def origin_for(application: Application, start_url: str) -> str:
    """The origin that the application gets with this start URL. Raises OriginTaken."""
    origin = origin_of(start_url)
    other = db.session.scalar(
        sa.select(Application.client_id).where(Application.origin == origin, Application.id != application.id)
    )
    if other:
        raise OriginTaken(other)
    return origin


def protect(application: Application, start_url: str) -> None:
    """Puts an application behind forward-auth at the origin of this URL. Raises OriginTaken."""
    origin = origin_for(application, start_url)
    actions.change(
        application,
        kind=Kind.FORWARD_AUTH,
        authentication=Authentication.NONE,
        require_pkce=True,
        allow_offline_access=False,
        start_url=start_url,
        origin=origin,
    )
    actions.set_uris(application, UriUse.REDIRECT, [callback_url(start_url, application.client_id)])


def redeem(grant: GrantState, moment: datetime) -> str | None:
    """Exchanges the code of a sign-in for a token, which is stored nowhere; None if it was used before or expired."""
    if not grants.redeem_code(grant) or grant.code_expires_at <= moment or not is_alive(grant, moment):
        return None
    token = new_secret()
    grants.with_picture(grant)
    db.session.execute(
        sa.update(Grant)
        .where(Grant.company_id == grant.company_id, Grant.id == grant.id)
        .values(cookie_hash=secret_hash(token))
        .execution_options(synchronize_session=False)
    )
    return token


def end_session(company_id: UUID, person_id: UUID, session_id: UUID) -> None:
    """Signs the person out at Portico, and so at every application."""
    sessions.end(company_id, person_id, session_id, actor_id=person_id)

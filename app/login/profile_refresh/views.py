"""“Sync now”: a signed-in person's profile is read again. No token was kept, so one is requested from Microsoft without
UI.
"""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.audit.events.people import ProfileSynced
from app.audit.log import record
from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Flow
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.current import current
from app.login import errors
from app.login.errors import SignInRefused
from app.login.microsoft.identity import Answer, VerifiedIdentity
from app.login.microsoft.redirect import flow
from app.login.microsoft.redirect.views import go
from app.login.microsoft.sign_in import first_profile
from app.login.transaction import LoginTransaction, Purpose
from app.people import actions as people
from app.people import profile
from app.people import queries as people_queries
from app.people.models import Person
from app.sessions import queries as sessions

ASK_AGAIN = ("login_required", "interaction_required", "consent_required", "account_selection_required")
"""Error codes for a request with `prompt=none` that needs interaction."""


def start() -> ResponseReturnValue:
    visitor = current()
    origin = sessions.origin(visitor.company_id, visitor.session_id)
    connection = connection_config.by_id(visitor.company_id, origin.connection_id)
    account_url = url_for("overview.account.show")
    if connection is None or not connection.is_enabled:
        flash(_("Sign in with Microsoft to sync your profile."), "warning")
        return redirect(account_url)
    if connection.flow == Flow.SPA:
        flash(_("Sign in again to sync your profile."), "success")
        return redirect(url_for("login.page.find", next=account_url))
    return go(
        connection,
        Purpose.REFRESH_PROFILE,
        next_path=account_url,
        prompt="none",
        login_hint=origin.login_hint,
        silent=True,
    )


def answered(connection: ConnectionConfig, transaction: LoginTransaction, answer: Answer) -> str:
    """Reads the profile for the person who asked for it and waits. Raises SignInRefused if another one answered."""
    if transaction.context.get("silent") and answer.parameters.get("error") in ASK_AGAIN:
        transaction.require_same_session()
        return flow.begin(
            connection,
            Purpose.REFRESH_PROFILE,
            next_path=transaction.next,
            login_hint=sessions.origin(current().company_id, current().session_id).login_hint,
        )
    identity = answer.identity(connection)
    person = people_queries.person(connection.company_id, transaction.require_same_session())
    if person is None or (identity.claims.tid, identity.claims.oid) != (person.tid, person.oid):
        raise SignInRefused(errors.OTHER_PERSON)
    if _has_read(person, identity):
        flash(_("Profile synced."), "success")
    else:
        flash(_("Microsoft Graph isn’t responding. Your profile will sync as soon as it does."), "warning")
    return transaction.next


def _has_read(person: Person, identity: VerifiedIdentity) -> bool:
    """Whether Graph answered; otherwise the profile is read later."""
    got = first_profile(identity)
    with unit_of_work():
        if got:
            people.apply_profile(person.company_id, person.id, got)
            record(ProfileSynced(company_id=person.company_id, actor_id=person.id, subject_id=person.id))
        elif identity.access_token:
            profile.read_later(person.company_id, person.id, identity.access_token)
    return got is not None

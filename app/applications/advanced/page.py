"""What several pages of an application need: the application, its icon's URL, and the client secret just created."""

from dataclasses import dataclass
from uuid import UUID

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from app.applications import company_queries
from app.applications.models import Application
from app.companies.actions import lock_company
from app.core.sealed_state import SealedState
from app.http.cookies import delete_cookie, read_cookie, set_cookie
from app.http.current import current
from app.people import avatars

SECRET_COOKIE = "new_client_secret"  # noqa: S105 - the cookie's name without the prefix
SECRET_SECONDS = 600
"""How long the page after its creation can be reloaded with the client secret."""


@dataclass(frozen=True)
class NewSecret:
    """A client secret that is shown to the person who created it, in that session."""

    application: str
    secret: str


NEW_SECRET = SealedState("new_client_secret", NewSecret, lifetime=SECRET_SECONDS)


def own_or_404(application_id: UUID) -> Application:
    """The company's own application; 404 for another company's and the installation's."""
    _take_turns()
    application = company_queries.own(current().company_id, application_id)
    if application is None:
        abort(404)
    return application


def usable_or_404(application_id: UUID) -> Application:
    """An application that is for the company; 404 for any other."""
    _take_turns()
    application = company_queries.usable(current().company_id, application_id)
    if application is None:
        abort(404)
    return application


def _take_turns() -> None:
    """Changes of a company's applications happen one after the other: each decides by what the one before has done."""
    if request.method == "POST":
        lock_company(current().company_id)


def icon_url(application_id: UUID, name: str, icon_hash: str | None) -> str:
    version = avatars.version(icon_hash, name)
    return url_for("applications.launchpad.icon", application_id=application_id, v=version)


def keep_secret(response: Response, application: Application, secret: str) -> Response:
    """Keeps a new client secret in this browser alone, encrypted, until the person leaves the page that shows it."""
    sealed = NEW_SECRET.encrypt(NewSecret(str(application.id), secret), str(current().session_id))
    set_cookie(response, SECRET_COOKIE, sealed, max_age=SECRET_SECONDS)
    return response


def kept_secret(application: Application) -> str | None:
    kept = NEW_SECRET.find(read_cookie(SECRET_COOKIE), str(current().session_id))
    return kept.secret if kept and kept.application == str(application.id) else None


def forget_secret(response: Response) -> Response:
    if read_cookie(SECRET_COOKIE):
        delete_cookie(response, SECRET_COOKIE)
    return response

"""What a person or a script gets instead of the application. Shown on the application's host, where none of our files
are.
"""

from collections.abc import Sequence

from flask import jsonify, render_template, request
from werkzeug.wrappers import Response

from app.applications.forward_auth import addresses, identity
from app.applications.forward_auth.queries import ProtectedApplication
from app.applications.forward_auth.request_kind import METHOD, URI, is_navigation
from app.applications.forward_auth.verdict import Verdict
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.headers import stand_alone

ASK = N_("Ask an owner or admin of your company.")


def refusal(found: Verdict, application: ProtectedApplication | None, *, is_asked_by_page: bool) -> Response:
    """401 or 403, by the kind of request."""
    if found is Verdict.SIGN_IN:
        assert application is not None
        response = _sign_in(application, is_asked_by_page)
    elif found is Verdict.DISABLED:
        title, message = _("This application isn’t available"), _("It is disabled, or not registered.")
        response = page(403, title, message, hint=_(ASK)) if is_asked_by_page else _denied_script(title, message)
    else:
        assert application is not None
        response = no_access(application) if is_asked_by_page else _denied_script(_no_access(application))
    response.headers.update(identity.empty_headers())
    return response


def is_asked_by_page() -> bool:
    """Whether the request that a proxy asks about is a navigation."""
    return is_navigation(request.headers, request.headers.get(METHOD, "GET").upper())


def no_access(application: ProtectedApplication) -> Response:
    grant = application.grant
    who = _("You’re signed in as %(name)s of %(company)s.", name=grant.name, company=grant.org_name) if grant else ""
    return page(
        403,
        _no_access(application),
        who,
        links=[
            # A sign-in leads to the page on which the person can ask: it needs Portico's session.
            (addresses.start_path(application.client_id), _("Ask for access")),
            (addresses.start_path(application.client_id, prompt="select_account"), _("Use a different account")),
        ],
    )


def expired(application: ProtectedApplication) -> Response:
    """The sign-in can't be completed. It begins again at a click, not by itself: cookies may be blocked."""
    return page(
        400,
        _("This sign-in expired"),
        _("It took too long, was used before, or was started in another browser."),
        links=[(addresses.start_path(application.client_id), _("Sign in again"))],
    )


def signed_in(application: ProtectedApplication, path: str) -> Response:
    """It doesn't continue by itself: a proxy that asks without the cookie would send the browser round and round."""
    return page(
        200,
        _("You’re signed in"),
        _("If this page keeps coming back, cookies don’t reach the check that protects this application."),
        hint=_("Tell the people who run the application."),
        links=[(path, _("Continue to %(name)s", name=application.name))],
    )


def signed_out(application: ProtectedApplication) -> Response:
    return page(
        200,
        _("You’re signed out"),
        _("This also signed you out of Portico and of the other applications that you use through it."),
        links=[(addresses.start_path(application.client_id), _("Sign in again"))],
    )


def page(
    status: int,
    title: str,
    message: str,
    *,
    hint: str = "",
    links: Sequence[tuple[str, str]] = (),
    refresh: str | None = None,
) -> Response:
    """A page that needs nothing else, with links as their addresses and labels. With `refresh` it continues there by
    itself.
    """
    stand_alone()
    text = render_template(
        "applications/forward_auth/page.html",
        title=title,
        message=message,
        hint=hint,
        links=links,
        refresh=refresh,
    )
    return Response(text, status, mimetype="text/html")


def _sign_in(application: ProtectedApplication, is_asked_by_page: bool) -> Response:
    if not is_asked_by_page:
        url = application.origin + addresses.start_path(application.client_id)
        answer = jsonify(error="login_required", sign_in_url=url)
        answer.status_code = 401
        return answer
    wanted = addresses.path_to_return_to(request.headers.get(URI))
    start = addresses.start_path(application.client_id, wanted)
    return page(401, _("Sign in"), _("Continue to sign in."), links=[(start, _("Sign in"))], refresh=start)


def _no_access(application: ProtectedApplication) -> str:
    return _("You don’t have access to %(name)s", name=application.name)


def _denied_script(title: str, message: str = "") -> Response:
    answer = jsonify(error="access_denied", title=title, person=f"{message} {_(ASK)}".strip())
    answer.status_code = 403
    return answer

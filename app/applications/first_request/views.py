"""Testing an application: its first request, and what in it doesn't match."""

from typing import Any
from uuid import UUID

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.applications import actions as applications
from app.applications.advanced.forms import MOST_URIS, ConfirmForm
from app.applications.advanced.page import own_or_404
from app.applications.first_request import actions, queries, verdicts
from app.applications.first_request.models import ApplicationTest, Arrival
from app.applications.first_request.watch import COOKIE
from app.applications.launchpad.queries import launch_url
from app.applications.models import Application, UriUse
from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.cookies import set_cookie
from app.http.current import current

ENDPOINTS = {"authorize": N_("Authorization request"), "token": N_("Token request")}


def start(application_id: UUID) -> ResponseReturnValue:
    visitor, application = current(), own_or_404(application_id)
    actions.start(visitor.company_id, visitor.session_id, application.id)
    return redirect(url_for("applications.first_request.show", application_id=application.id), 303)


def show(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    test = _test(application)
    arrivals = queries.arrivals(test.id) if test else []
    registered = application.uris_for(UriUse.REDIRECT)
    return render_template(
        "applications/test.html",
        application=application,
        test=test,
        is_over=test is not None and test.expires_at <= now(),
        launch_url=launch_url(application.start_url, application.initiate_login_uri),
        arrivals=[_shown(one, registered) for one in arrivals],
        registered=registered,
        signed_in_at=queries.signed_in_at(test) if test else None,
    )


def progress(application_id: UUID) -> ResponseReturnValue:
    """Whether something arrived since the page was loaded, which then is loaded again."""
    seen = request.args.get("seen", 0, int)
    test = _test(own_or_404(application_id))
    is_news = test is None or test.expires_at <= now() or queries.number_of_arrivals(test.id) != seen
    return jsonify(finished=is_news or bool(test and queries.signed_in_at(test)))


def open_link(application_id: UUID) -> ResponseReturnValue:
    """The test link: opens the application. What it sends for this session from now on is recorded."""
    application = own_or_404(application_id)
    url = launch_url(application.start_url, application.initiate_login_uri)
    test = _test(application)
    if not url or test is None or test.expires_at <= now():
        return redirect(url_for("applications.first_request.show", application_id=application.id))
    with unit_of_work():
        actions.open_link(test)
    response = redirect(url)
    set_cookie(response, COOKIE, "open", max_age=int(actions.DURATION.total_seconds()))
    return response


def add_redirect_uri(application_id: UUID, arrival_id: UUID) -> ResponseReturnValue:
    """Registers a redirect URI that was seen, after a question that shows it in full."""
    application = own_or_404(application_id)
    test = _test(application)
    found = [one for one in (queries.arrivals(test.id) if test else []) if one.id == arrival_id]
    registered = application.uris_for(UriUse.REDIRECT)
    uri = found[0].redirect_uri if found else None
    if uri is None or not verdicts.can_be_added(uri, registered) or len(registered) >= MOST_URIS:
        abort(404)
    if not ConfirmForm().confirmed.data:
        page = render_template(
            "applications/add_redirect_uri.html",
            application=application,
            arrival_id=arrival_id,
            uri=uri,
            registered=registered,
            form=ConfirmForm(formdata=None, confirmed=True),
        )
        return page, 409
    applications.set_uris(application, UriUse.REDIRECT, [*registered, uri], actor_id=current().person_id)
    flash(_("Redirect URI added. Sign in to your application again."), "success")
    return redirect(url_for("applications.first_request.show", application_id=application.id), 303)


def _test(application: Application) -> ApplicationTest | None:
    visitor = current()
    return queries.of_session(visitor.company_id, visitor.session_id, application.id)


def _shown(arrival: Arrival, registered: list[str]) -> dict[str, Any]:
    verdict_texts = [verdicts.ADVICE[name] for name in arrival.verdicts]
    is_redirect_wrong = any(name.startswith("redirect_uri") for name in arrival.verdicts)
    return {
        "id": arrival.id,
        "title": ENDPOINTS[arrival.endpoint],
        "arrived_at": arrival.created_at,
        "names": arrival.names,
        "advice": verdict_texts,
        "seen_uri": arrival.redirect_uri if is_redirect_wrong else None,
        "can_be_added": is_redirect_wrong and verdicts.can_be_added(arrival.redirect_uri, registered),
    }

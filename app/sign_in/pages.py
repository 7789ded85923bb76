"""Finding a login page, the page itself, and signing out."""

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.clients import microsoft
from app.companies import codes
from app.companies import queries as company_queries
from app.companies.models import PasswordSignIn
from app.connections import snapshots
from app.database import db
from app.microsoft.errors import MicrosoftError
from app.people.sessions import actions as sessions
from app.people.sessions import queries as session_queries
from app.sign_in import queries, server_pages
from app.sign_in.browser import last_code, remember_code
from app.sign_in.ways import still_ways, ways_in
from app.web.binding import forget_session
from app.web.current import Visitor, current, is_signed_in
from app.web.formats import show_note
from app.web.limits import MISSED_CODES, limiter
from app.web.redirects import safe_next


def find() -> ResponseReturnValue:
    """Asks for the login code; with one, goes to its page."""
    code = codes.normal(request.args.get("code", ""))
    next_path = safe_next(request.args.get("next"))
    if not code:
        return render_template("sign_in/find.html", code=last_code(), next=next_path, error=None)
    if fault := codes.fault(code):
        page = render_template("sign_in/find.html", code=code, next=next_path, error=f"A login code {fault}.")
        return page, 422
    return redirect(url_for("sign_in.login", code=code, next=None if next_path == "/" else next_path))


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404, often=True)
def login(code: str) -> ResponseReturnValue:
    typed, code = code, codes.normal(code)
    door = queries.door(code)
    right = code if door else company_queries.forwarded(code)
    if right is None:
        error = "No company uses this login code. Check it, or ask your administrator."
        page = render_template("sign_in/find.html", code=code, next=safe_next(request.args.get("next")), error=error)
        return page, 404
    if door is None or right != typed:
        next_path, choose = request.args.get("next"), request.args.get("choose")
        return redirect(url_for("sign_in.login", code=right, next=next_path, choose=choose))
    next_path = safe_next(request.args.get("next"))
    if door.only_way and "choose" not in request.args:
        response = server_pages.straight(door, door.only_way, next_path)
    else:
        response = login_page(door, next_path)
    # Looking at another company's page changes nothing: what is remembered is where this browser signed in.
    return response if last_code() else remember_code(response, door.code)


def login_page(
    door: queries.Door,
    next_path: str,
    *,
    email: str = "",
    error: str | None = None,
    status: int = 200,
    still: bool = False,
) -> Response:
    """The login page as an answer; with an error above the password form where one was made.

    A `still` one is for looking at: no script runs in it.
    """
    ways = still_ways(door.buttons, door.code) if still else ways_in(door.buttons, door.code, next_path)
    page = render_template(
        "sign_in/login.html",
        company_name=door.company_name,
        initial=door.company_name[:1].upper(),
        code=door.code,
        location=door.location,
        note=show_note(door.note),
        password_action=_password_action(door),
        email=email,
        error=error,
        still=still,
        **ways,
    )
    return Response(page, status, mimetype="text/html")


def _password_action(door: queries.Door) -> str | None:
    allowed = door.password_sign_in != PasswordSignIn.NOBODY
    return url_for("sign_in.password", code=door.code) if allowed else None


def sign_out() -> ResponseReturnValue:
    """Ends the session here, and offers to end Microsoft's."""
    if not is_signed_in():
        forget_session()
        return _cleared(redirect(url_for("home")))
    visitor = current()
    microsoft_url = _microsoft_sign_out_url(visitor)
    sessions.end(visitor.company_id, visitor.person_id, visitor.session_id, actor_id=visitor.person_id)
    db.session.commit()
    forget_session()
    code = last_code()
    page = render_template(
        "sign_in/signed_out.html",
        company_name=visitor.company_name,
        login_url=url_for("sign_in.login", code=code, choose=1) if code else url_for("sign_in.find"),
        microsoft_sign_out_url=microsoft_url,
    )
    return _cleared(make_response(page))


def _cleared(response: Response) -> Response:
    """Tells the browser to forget what it keeps of our pages. Cookies stay: one is about this browser, others are of
    other tabs, and "cookies" would take those of all hosts beside this one along."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _microsoft_sign_out_url(visitor: Visitor) -> str | None:
    """Where the Microsoft session ends; None for a password, and while the directory doesn't answer."""
    origin = session_queries.origin(visitor.company_id, visitor.session_id)
    connection = snapshots.by_id(visitor.company_id, origin.connection_id)
    if connection is None:
        return None
    # Microsoft comes back only to a registered redirect URI; both of ours know what to do then.
    address = current_app.config["BASE_URL"] + connection.redirect_path
    try:
        return microsoft().entra.sign_out_url(connection.tenant, address, origin.login_hint)
    except MicrosoftError:
        return None

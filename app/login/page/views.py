"""Finding a login page, the page itself, and signing out."""

from typing import Any
from uuid import UUID

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import codes
from app.companies import queries as company_queries
from app.companies.models import PasswordSignIn
from app.connections import connection_config
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError
from app.http import page_company, session_cookies
from app.http.binding import forget_pending
from app.http.csrf import named_session
from app.http.current import is_signed_in
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.http.redirects import safe_next
from app.login import continuation, login_hint
from app.login.browser_binding import last_code, login_url
from app.login.microsoft.redirect.views import begin, connection_of
from app.login.page import queries
from app.login.page.buttons import preview_buttons, sign_in_buttons
from app.login.page.forms import FindForm
from app.login.page.return_reasons import end_reason, return_reason, sentence
from app.microsoft_clients import microsoft
from app.sessions import browser_sessions
from app.sessions import queries as session_queries
from app.sessions.browser_sessions import BrowserSession


def find() -> ResponseReturnValue:
    """Asks for the login code or a work email; with a code, goes to its page. Who wants to reach a page, as after a
    session has expired, goes to the login page of that session's company, which says why; unless they want to choose
    another one.
    """
    form = FindForm(formdata=request.args)
    typed, next_path = form.code.data, form.next.data
    wants_own = next_path != "/" and "choose" not in request.args and not is_signed_in()
    if not typed and wants_own and (url := _own_login_page(next_path)):
        return redirect(url)
    if not typed or form.has_email:
        # An address is only looked up when it is posted.
        return find_page(FindForm(formdata=None, code=typed or last_code(), next=next_path))
    if not form.validate():
        return find_page(form), 422
    return redirect(url_for("login.page.show", code=form.login_code, next=None if next_path == "/" else next_path))


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404, often=True)
def show(code: str) -> ResponseReturnValue:
    typed, code = code, codes.normal(code)
    login_page = queries.by_login_code(code)
    right = code if login_page else company_queries.forwarded(code)
    if right is None:
        return _unknown_code_page(code), 404
    if login_page is None or right != typed:
        kept: dict[str, Any] = {name: request.args.get(name) for name in ("next", "choose", "why")}
        return redirect(url_for("login.page.show", code=right, **kept))
    next_path = safe_next(request.args.get("next"))
    if login_page.only_button and "choose" not in request.args and not _session_at(login_page, next_path):
        # Without a click. The transaction is bound to this browser all the same, so a response that an attacker started
        # signs no one in.
        connection = connection_of(login_page.buttons, login_page.only_button.public_id)
        return begin(connection, login_page.code, next_path)
    return render_login_page(login_page, next_path, reason=sentence(request.args.get("why")))


def _session_at(login_page: queries.LoginPageView, next_path: str) -> BrowserSession | None:
    """This browser's session at the page's company, in which the person can continue; None if an application asks for
    a sign-in, which that wouldn't be.
    """
    return None if continuation.at(next_path).origin else browser_sessions.at_company(login_page.org_id)


def _own_login_page(next_path: str) -> str | None:
    """The login page of the company whose session this browser used, else the one that it used last; None if it is the
    browser's first, or the page doesn't exist.
    """
    org_id = session_cookies.active_org_id()
    company = company_queries.by_public_id(org_id) if org_id else None
    code = code_for(company.id) if company else last_code()
    if not code or not (company or company_queries.by_code(code) or company_queries.forwarded(code)):
        return None
    wanted = None if next_path == "/" else next_path
    return url_for("login.page.show", code=code, choose=1, why=return_reason(), next=wanted)


def login_page_of(org_id: str) -> str | None:
    """The login page of a company whose session has ended here, with the reason; None if there is no such company."""
    company = company_queries.by_public_id(org_id) if org_id else None
    if company is None:
        return None
    return url_for("login.page.show", code=code_for(company.id), choose=1, why=end_reason(org_id))


def code_for(company_id: UUID) -> str:
    """The login code to remember or to return to for a company: the one that this browser used last, if it is one of
    the company's, else that of its main page.
    """
    code = last_code()
    company = company_queries.by_code(code) if code else None
    if company and company.id == company_id:
        return code
    return company_queries.main_code(company_id)


def _unknown_code_page(code: str) -> str:
    form = FindForm(formdata=None, code=code, next=safe_next(request.args.get("next")))
    form.code.errors = [_("No company uses this login code. Check it, or ask your administrator.")]
    return find_page(form)


def find_page(form: FindForm) -> str:
    """The page that asks for the login code or a work email, and offers the browser's sessions."""
    continuation.allow(form.next.data)
    return render_template("login/find.html", form=form, sessions=browser_sessions.all_sessions())


def render_login_page(
    login_page: queries.LoginPageView,
    next_path: str,
    *,
    email: str = "",
    error: str | None = None,
    reason: str | None = None,
    remember: bool = False,
    status: int = 200,
    still: bool = False,
) -> Response:
    """The login page as a response, with the error above the password form if there is one, or the reason why the
    person has to sign in again. `remember`: they have chosen to stay signed in.

    With `still`, a preview in which no script runs.
    """
    wanted, found_by = continuation.allow(next_path), login_hint.known(login_page.code)
    hint = wanted.login_hint or found_by
    ways = (
        preview_buttons(login_page.buttons, login_page.code)
        if still
        else sign_in_buttons(login_page.buttons, login_page.code, next_path, prompt=wanted.prompt, login_hint=hint)
    )
    page = render_template(
        "login/login.html",
        company_name=login_page.company_name,
        initial=login_page.company_name[:1].upper(),
        code=login_page.code,
        address=f"{current_app.config['BASE_URL'].partition('://')[2]}/login/{login_page.code}",
        location=login_page.location,
        note=login_page.note,
        password_action=_password_action(login_page),
        email=email or hint or "",
        error=error,
        reason=_(reason) if reason else None,
        deletes_at=login_page.deletes_at,
        remember_days=login_page.remember_days,
        remember=remember,
        still=still,
        session=None if still else _session_at(login_page, next_path),
        was_found_by_email=found_by is not None,
        **ways,
    )
    return Response(page, status, mimetype="text/html")


def _password_action(login_page: queries.LoginPageView) -> str | None:
    allowed = login_page.password_sign_in != PasswordSignIn.NO_ONE
    return url_for("login.password.sign_in", code=login_page.code) if allowed else None


def sign_out() -> ResponseReturnValue:
    """Ends the session that the form names, and offers to end Microsoft's and to go on in the browser's others."""
    org_id = _org_id_of_button()
    found = browser_sessions.at_company(org_id)
    forget_pending()
    if found is None:
        url = login_page_of(org_id) or _own_login_page("/") or url_for("overview.home.index")
        browser_sessions.forget(org_id)
        return _cleared(redirect(url, 303))
    next_path, microsoft_url = _page_of_button(), _microsoft_sign_out_url(found)
    with unit_of_work():
        browser_sessions.end(found)
    page_company.note(found.company_name, found.branding)
    page = render_template(
        "login/signed_out.html",
        company_name=found.company_name,
        login_url=login_url(code_for(found.company_id), next_path),
        microsoft_sign_out_url=microsoft_url,
        sessions=[one for one in browser_sessions.all_sessions() if one.org_id != found.org_id],
    )
    return _cleared(make_response(page))


def _org_id_of_button() -> str:
    """The company whose session the button's page named. If that was replaced by another session at its company, as by
    a sign-in in another tab, it means that one.
    """
    active, named = session_cookies.active_org_id(), named_session()
    if named in ("", session_cookies.active_public_id()):
        return active
    return browser_sessions.org_id_of(named) or active


def _page_of_button() -> str:
    """The page of ours on which the person signed out, to return to; "/" if it isn't known."""
    address, base = request.referrer or "", current_app.config["BASE_URL"]
    return safe_next(address.removeprefix(base)) if address.startswith(f"{base}/") else "/"


def _cleared(response: Response) -> Response:
    """Tells the browser to clear its cache and storage of our pages. Cookies stay: the browser id and other tabs need
    them, and the "cookies" directive would clear those of sibling hosts, too.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _microsoft_sign_out_url(found: BrowserSession) -> str | None:
    """Microsoft's end-session URL; None for a password session, or if discovery fails."""
    origin = session_queries.origin(found.company_id, found.session_id)
    connection = connection_config.by_id(found.company_id, origin.connection_id)
    if connection is None:
        return None
    # Microsoft returns only to a registered redirect URI; both of ours handle it.
    address = current_app.config["BASE_URL"] + connection.redirect_path
    try:
        return microsoft().oauth.sign_out_url(connection.tenant, address, origin.login_hint)
    except MicrosoftError:
        return None

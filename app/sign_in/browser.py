"""What a sign-in leaves in the browser, and the page that says why there was none."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, make_response, render_template, request, session, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from app.database import now
from app.people import queries as people_queries
from app.sign_in.refusals import Refusal
from app.web.current import is_signed_in

LAST_CODE_COOKIE = "last_code"
LAST_CODE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Browser:
    """Where a request came from."""

    ip_address: str | None
    user_agent: str


def this_browser() -> Browser:
    return Browser(request.remote_addr, request.headers.get("User-Agent", ""))


def remember_code(response: Response, code: str) -> Response:
    """So that `/login` knows next time."""
    if request.cookies.get(LAST_CODE_COOKIE) != code:
        response.set_cookie(
            LAST_CODE_COOKIE,
            code,
            max_age=LAST_CODE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def establish(token: str) -> None:
    """From here on the cookie names the new session, and holds nothing of what was before."""
    visitor = people_queries.visitor(token)
    assert visitor is not None
    session.clear()
    session.permanent = True
    login_user(visitor)


def refusal_page(
    refusal: Refusal, reference: str, *, company_name: str | None = None, retry_url: str | None = None
) -> Response:
    shown: dict[str, Any] = {
        "title": refusal.advice.title,
        "person": refusal.advice.person,
        "mender": refusal.advice.mender,
        "admin": refusal.advice.admin,
        "code": f"AADSTS{refusal.code}" if refusal.code else None,
    }
    page = render_template(
        "sign_in/refused.html",
        refusal=shown,
        reference=reference,
        occurred_at=now(),
        company_name=company_name,
        retry_url=retry_url,
        account_url=url_for("people.account") if is_signed_in() else None,
    )
    response = make_response(page, refusal.status)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response

"""Security headers: one nonce-based policy for all pages, and the few exceptions that a page can request."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from app.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OVERRIDDEN = frozenset(("Referrer-Policy", "Cross-Origin-Resource-Policy"))
"""Headers that a response may set itself."""
HSTS = "max-age=31536000; includeSubDomains"
OTHER_HOST = "portico.other_host"


def csp_nonce() -> str:
    """This response's nonce, generated on first use."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def allow_msal_csp() -> None:
    """This page's script calls the directory and opens its popup, which must be able to respond."""
    g.page_signs_in = True


def drop_coop() -> None:
    """This page is opened as a popup by another of ours and must keep its opener."""
    g.page_is_window = True


def allow_same_origin_framing() -> None:
    """This page may be framed by another of ours."""
    g.page_is_framed = True


def show_email() -> None:
    """This response is the HTML of an email, framed by one of our pages: its styles are inlined, and nothing runs."""
    g.page_is_email = True


def allow_framing_by_directory() -> None:
    """This response, which shows nothing, may be framed by the directory's sign-out page."""
    g.page_is_framed_by_directory = True


def allow_form_target(origin: str) -> None:
    """A form of this page may end at this origin, to which the sign-in that it continues redirects."""
    g.page_form_target = origin


def stand_alone() -> None:
    """This page is shown on an application's host, where our files are missing: its style is in the page."""
    g.page_stands_alone = True


def spare_other_hosts() -> None:
    """This response may be shown on a host that isn't ours, for which we don't decide about HTTPS."""
    request.environ[OTHER_HOST] = True


def init_app(app: Flask, settings: Settings, sign_in_origin: str) -> None:
    # Chromium applies form-action to redirects of a form's response: a sign-in posts to us and is redirected to
    # Microsoft.
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; "
        "frame-src 'self'; "
    )

    def add_headers(response: Response) -> Response:
        headers = response.headers
        frames: str | None = "DENY"
        if "page_stands_alone" in g:
            headers["Content-Security-Policy"] = (
                f"default-src 'none'; style-src 'nonce-{csp_nonce()}'; base-uri 'none'; form-action 'self'; "
                "frame-ancestors 'none'"
            )
        elif "page_is_email" in g:
            headers["Content-Security-Policy"] = (
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
                "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
            )
            frames = "SAMEORIGIN"
        elif response.mimetype == "text/html":
            nonce = g.get("csp_nonce")
            connect = f"connect-src 'self' {sign_in_origin}" if "page_signs_in" in g else "connect-src 'self'"
            targets = " ".join(("'self'", sign_in_origin, *((g.page_form_target,) if "page_form_target" in g else ())))
            framed = "'self'" if "page_is_framed" in g else "'none'"
            scripts = f"'nonce-{nonce}'" if nonce else "'none'"
            headers["Content-Security-Policy"] = (
                f"{policy}form-action {targets}; {connect}; frame-ancestors {framed}; script-src {scripts}"
            )
            if "page_is_framed" in g:
                frames = "SAMEORIGIN"
            if "page_is_window" not in g:
                opener = "same-origin-allow-popups" if "page_signs_in" in g else "same-origin"
                headers["Cross-Origin-Opener-Policy"] = opener
        elif "page_is_framed_by_directory" in g:
            headers["Content-Security-Policy"] = f"default-src 'none'; frame-ancestors {sign_in_origin}"
            frames = None  # it has no value for another site
        else:
            headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        if frames:
            headers["X-Frame-Options"] = frames
        # By default a response is personal or contains a form with a token.
        headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.wsgi_app = _with_fixed_headers(app.wsgi_app, settings)  # type: ignore[method-assign, assignment]


def _with_fixed_headers(inner: WSGIApplication, settings: Settings) -> WSGIApplication:
    """Adds the headers that are the same for every response, below Flask, where they cost nothing."""
    fixed = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]
    if settings.secure:
        fixed.append(("Strict-Transport-Security", HSTS))

    def hardened(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            # A link with a key, and a picture for an application's pages, have a policy of their own.
            own = {name for name, _ in headers if name in OVERRIDDEN}
            if OTHER_HOST in environ:
                own.add("Strict-Transport-Security")
            return start_response(status, [*headers, *(one for one in fixed if one[0] not in own)], *error)

        return inner(environ, start)

    return hardened

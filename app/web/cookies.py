"""The browser's cookies. All are HttpOnly and of this host alone: over https their names say so, and browsers hold it.

The session cookie is Flask's own, at less cost: the signer is made once instead of at each request. No `Vary: Cookie`
is sent: what depends on the cookie is `no-store`.
"""

from functools import lru_cache

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from app.web.signing import quick


def host_cookie(name: str, *, secure: bool) -> str:
    """The cookie's name. With this prefix browsers take it only from this host, over https, and for all paths."""
    return f"__Host-{name}" if secure else name


def read_cookie(name: str) -> str:
    return request.cookies.get(host_cookie(name, secure=current_app.config["SESSION_COOKIE_SECURE"]), "")


def set_cookie(response: AnyResponse, name: str, value: str, *, max_age: int) -> None:
    secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(
        host_cookie(name, secure=secure), value, max_age=max_age, secure=secure, httponly=True, samesite="Lax", path="/"
    )


class Cookies(SecureCookieSessionInterface):
    @lru_cache(maxsize=8)  # noqa: B019 - an application has one of these for as long as it lives
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        return quick(serializer) if serializer else None

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not session.modified:
            return
        signer = self.get_signing_serializer(app)
        if not session or signer is None:
            super().save_session(app, session, response)
            return
        response.set_cookie(
            self.get_cookie_name(app),
            signer.dumps(dict(session)),
            expires=self.get_expiration_time(app, session),
            httponly=self.get_cookie_httponly(app),
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app),
        )

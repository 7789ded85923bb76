"""The browser's session cookie: Flask's own, at less cost.

The signer is made once instead of at each request. No `Vary: Cookie` is sent: what depends on the cookie is `no-store`.
"""

from functools import lru_cache

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

from app.web.signing import quick


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

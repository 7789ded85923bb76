"""`Portico(app)`: sign-in, sign-out, and who is signed in."""

import os
import re
import secrets
import time
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlencode

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from flask_portico import views
from flask_portico.errors import InvalidToken, SignInFailed
from flask_portico.person import Person
from flask_portico.sessions import SessionStore, SQLiteSessions, StoredSession
from flask_portico.tokens import FORWARD_AUTH_HEADER, LEEWAY_SECONDS, Verifier

SETTINGS = ("PORTICO_ISSUER", "PORTICO_CLIENT_ID", "PORTICO_CLIENT_SECRET")
SCOPE = "openid profile email"
REQUEST_SECONDS = 10
SESSION_SECONDS = 8 * 3600
"""How long a session lasts at most if PORTICO_SESSION_SECONDS doesn't say."""
MOST_PENDING = 3
"""Sign-ins that a browser may have begun at the same time: each takes some of the cookie's 4 kB."""
KEY, PENDING = "portico_key", "portico_pending"
LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
"""A path of this application. Browsers drop tabs, and read a backslash as a slash."""

P = ParamSpec("P")
R = TypeVar("R")


class Portico:
    """Signs people in. Behind a proxy, apply werkzeug's ProxyFix: the redirect URI is built from the request."""

    def __init__(self, app: Flask | None = None, store: SessionStore | None = None) -> None:
        self.store = store
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Raises RuntimeError for a setting that is missing."""
        for name in SETTINGS:
            app.config.setdefault(name, os.environ.get(name))
        behind_proxy = app.config.setdefault("PORTICO_FORWARD_AUTH", False)
        missing = [name for name in SETTINGS[: 2 if behind_proxy else 3] if not app.config[name]]
        if missing:
            raise RuntimeError(f"{', '.join(missing)} must be set: Portico shows them when you create an application")
        issuer = app.config["PORTICO_ISSUER"].rstrip("/")
        self.client = OAuth(app).register(
            "portico",
            client_id=app.config["PORTICO_CLIENT_ID"],
            client_secret=app.config["PORTICO_CLIENT_SECRET"],
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "default_timeout": REQUEST_SECONDS},
        )
        self.issuer = issuer
        self.verifier = Verifier(issuer, app.config["PORTICO_CLIENT_ID"], lambda: self.client.fetch_jwk_set(force=True))
        app.extensions["portico"] = self
        if behind_proxy:
            return
        self.store = self.store or SQLiteSessions(Path(app.instance_path) / "portico-sessions.db")
        app.config.setdefault("PORTICO_SESSION_SECONDS", SESSION_SECONDS)
        if app.config["SESSION_COOKIE_SAMESITE"] is None:
            app.config["SESSION_COOKIE_SAMESITE"] = "Lax"  # Strict would not send it on the way back from Portico
        app.register_blueprint(views.blueprint)

    @property
    def person(self) -> Person | None:
        """Who is signed in; looked up once a request."""
        if "portico_person" not in g:
            claims = self._claims()
            g.portico_person = Person.from_claims(claims) if claims else None
        found: Person | None = g.portico_person
        return found

    def required(self, view: Callable[P, R] | None = None, *, roles: str | Iterable[str] = ()) -> Callable[..., Any]:
        """Lets only people call a view who are signed in and, with `roles`, have one of these in this application.

        Others are redirected to sign in (a page), or get 401 (anything else); without the role it is 403.
        """
        wanted = (roles,) if isinstance(roles, str) else tuple(roles)

        def decorate(view: Callable[P, R]) -> Callable[P, Any]:
            @wraps(view)
            def protected(*args: P.args, **kwargs: P.kwargs) -> Any:
                if self.person is None:
                    return self._ask_to_sign_in()
                if wanted and not self.person.has_role(*wanted):
                    abort(403)
                return current_app.ensure_sync(view)(*args, **kwargs)

            return protected

        return decorate(view) if view else decorate

    def login(self, organization: str | None = None, *, next: str | None = None, **parameters: str) -> Any:  # noqa: A002
        """A redirect to Portico; the person returns to `next`, a path of this application.

        With `organization` (an `org_id` or the company's login code), no one of another company is signed in. Further
        parameters are those of OpenID Connect: prompt, login_hint, max_age and so on.
        """
        state = secrets.token_urlsafe(16)
        pending = [*session.get(PENDING, []), {"state": state, "next": next, "organization": organization}]
        for old in pending[:-MOST_PENDING]:
            self.client.framework.clear_state_data(session, old["state"])
        session[PENDING] = pending[-MOST_PENDING:]
        wanted = parameters | ({"organization": organization} if organization else {})
        return self.client.authorize_redirect(url_for("portico.callback", _external=True), state=state, **wanted)

    def finish_login(self) -> str:
        """Signs in the person who returns from Portico. Returns the path to continue at. Raises SignInFailed."""
        state = request.args.get("state")
        pending = next((one for one in session.get(PENDING, []) if one["state"] == state), None)
        if pending is None:
            raise SignInFailed("This sign-in was started in another browser or too long ago. Sign in again.")
        if request.args.get("iss") != self.issuer:
            raise SignInFailed("The response is not from the issuer that this application knows.")
        options = {"iss": {"essential": True, "value": self.issuer}, "aud": {"value": self.client.client_id}}
        try:
            tokens = self.client.authorize_access_token(claims_options=options, leeway=LEEWAY_SECONDS)
            person = Person.from_claims(tokens["userinfo"])
        except OAuthError as error:
            raise SignInFailed(error.description or error.error) from None
        except (JoseError, KeyError, ValueError) as error:
            raise SignInFailed("The ID token is not valid.") from error
        wanted = pending["organization"]
        if wanted and wanted != person.org_id and wanted.lower() != person.org_code:
            raise SignInFailed("You signed in at another company than the one this page is for.")
        self.sign_in(dict(tokens["userinfo"]), tokens["id_token"])
        return local_path(pending["next"] or f"{request.script_root}/")

    def sign_in(self, claims: dict[str, Any], id_token: str = "") -> None:
        """Starts a session with a new key, after claims that were verified."""
        self._end_here()
        session.clear()
        session[KEY] = secrets.token_urlsafe(32)
        expires = int(time.time()) + current_app.config["PORTICO_SESSION_SECONDS"]
        self._sessions().save(session[KEY], StoredSession(claims, id_token, expires))

    def logout(self, next: str | None = None) -> Any:  # noqa: A002
        """Ends the session here, and returns a redirect to Portico, which ends it there and returns to `next`."""
        ended = self._end_here()
        session.clear()
        back = request.host_url.rstrip("/") + local_path(next or f"{request.script_root}/")
        if ended is None:
            return redirect(back)
        query = {"client_id": self.client.client_id, "post_logout_redirect_uri": back}
        if ended.id_token:
            query["id_token_hint"] = ended.id_token
        return redirect(f"{self.client.load_server_metadata()['end_session_endpoint']}?{urlencode(query)}")

    def end_sessions(self, logout_token: str) -> None:
        """What a back-channel logout asks for. Raises InvalidToken, also for a token that was used before."""
        claims = self.verifier.logout(logout_token)
        remembered = int(claims["exp"]) + LEEWAY_SECONDS + 1
        named = {"sub": claims.get("sub"), "sid": claims.get("sid")}
        if not self._sessions().end(jti=claims["jti"], expires=remembered, **named):
            raise InvalidToken("it was used before")

    def _claims(self) -> Any:
        if current_app.config["PORTICO_FORWARD_AUTH"]:
            try:
                return self.verifier.forward_auth(request.headers.get(FORWARD_AUTH_HEADER, ""))
            except InvalidToken:
                return None
        stored = self._sessions().load(session[KEY]) if KEY in session else None
        return stored and stored.claims

    def _ask_to_sign_in(self) -> ResponseReturnValue:
        is_page = request.method == "GET" and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        if current_app.config["PORTICO_FORWARD_AUTH"] or not is_page:
            abort(401)
        return redirect(url_for("portico.sign_in", next=request.script_root + request.full_path.rstrip("?")))

    def _end_here(self) -> StoredSession | None:
        key = session.get(KEY)
        stored = self._sessions().load(key) if key else None
        if key:
            self._sessions().delete(key)
        g.pop("portico_person", None)
        return stored

    def _sessions(self) -> SessionStore:
        if self.store is None:
            raise RuntimeError("there are no sessions behind a forward-auth proxy")
        return self.store


def local_path(wanted: str | None) -> str:
    """A path of this application, and `/` in place of anything else."""
    return wanted if wanted and LOCAL_PATH.fullmatch(wanted) else "/"

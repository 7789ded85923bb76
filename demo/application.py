"""The demo's own application: it knows Portico by three values, and signs people in with a plain OpenID Connect client.

`make demo` starts it on APP_PORT. It is no part of Portico; a developer's application looks like it.
"""

import os
import secrets
from urllib.parse import urlencode

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

CLIENT_ID = "demo-application"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
app = Flask(__name__, template_folder=".")
# Browsers don't separate the cookies of two ports.
app.config.update(SECRET_KEY=secrets.token_hex(), SESSION_COOKIE_NAME="demo-application", SESSION_COOKIE_SAMESITE="Lax")
portico = OAuth(app).register(
    "portico",
    client_id=CLIENT_ID,
    client_secret=os.environ["DEMO_APPLICATION_SECRET"],
    server_metadata_url=f"{os.environ['PORTICO_URL']}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


ended: set[str] = set()
"""Sessions of Portico that have ended. A real application deletes its own sessions that began in them."""


@app.get("/")
def index() -> str:
    if session.get("person", {}).get("sid") in ended:
        session.clear()
    token = session.setdefault("token", secrets.token_urlsafe())
    return render_template(
        "application.html", person=session.get("person"), error=request.args.get("error"), token=token
    )


@app.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """`organization` is a company’s org_id or login code; without it, Portico asks."""
    wanted = {name: request.args[name] for name in ("organization", "prompt") if name in request.args}
    answer: ResponseReturnValue = portico.authorize_redirect(url_for("callback", _external=True), **wanted)
    return answer


@app.get("/callback")
def callback() -> ResponseReturnValue:
    try:
        tokens = portico.authorize_access_token()
    except OAuthError as error:
        return redirect(url_for("index", error=error.description or error.error))
    session.clear()
    # Decide by org_id and roles, never by an address or a name.
    session["person"], session["id_token"] = dict(tokens["userinfo"]), tokens["id_token"]
    return redirect(url_for("index"))


@app.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    if not secrets.compare_digest(request.form.get("token", ""), session.get("token", secrets.token_urlsafe())):
        return redirect(url_for("index"))
    hint = session.pop("id_token", "")
    session.clear()
    back = {"id_token_hint": hint, "post_logout_redirect_uri": url_for("index", _external=True)}
    return redirect(f"{portico.load_server_metadata()['end_session_endpoint']}?{urlencode(back)}")


@app.post("/backchannel-logout")
def backchannel_logout() -> ResponseReturnValue:
    """Portico says that a session has ended, wherever and however it was."""
    keys = KeySet.import_key_set(portico.fetch_jwk_set(force=True))
    wanted = jwt.JWTClaimsRegistry(
        leeway=60,
        iss={"essential": True, "value": portico.load_server_metadata()["issuer"]},
        aud={"essential": True, "value": CLIENT_ID},
        sid={"essential": True},
        events={"essential": True},
        exp={"essential": True},
    )
    try:
        token = jwt.decode(request.form.get("logout_token", ""), keys, algorithms=["RS256"])
        wanted.validate(token.claims)
    except (JoseError, ValueError):
        return "not a valid logout token", 400
    is_logout = token.header.get("typ") == "logout+jwt" and LOGOUT_EVENT in token.claims["events"]
    if not is_logout or "nonce" in token.claims:
        return "not a logout token", 400
    ended.add(token.claims["sid"])
    return "", 204


if __name__ == "__main__":
    app.run(port=int(os.environ.get("APP_PORT", "8002")))

"""Sign-in with Microsoft as in Microsoft's sample: identity and MSAL, with Flask-Session's files."""

import os

from flask import Flask, redirect, request, session
from flask_session import Session
from identity.web import Auth
from markupsafe import Markup

app = Flask(__name__)
app.secret_key = os.environ["SECRET"]
app.config |= {
    "SESSION_TYPE": "filesystem",
    "SESSION_FILE_DIR": os.environ["FOLDER"],
    "SESSION_FILE_THRESHOLD": 100_000,
}
Session(app)
CALLBACK = f"http://localhost:{os.environ['PORT']}/callback"


def auth() -> Auth:
    return Auth(
        session=session,
        authority=os.environ["AUTHORITY"],
        client_id=os.environ["CLIENT_ID"],
        client_credential=os.environ["CLIENT_SECRET"],
    )


@app.get("/login")
def login():
    return '<!doctype html><title>Sign in</title><form method="post" action="/sign-in"><button>Sign in</button></form>'


@app.post("/sign-in")
def sign_in():
    return redirect(auth().log_in(scopes=["User.Read"], redirect_uri=CALLBACK)["auth_uri"])


@app.get("/callback")
def callback():
    result = auth().complete_log_in(request.args)
    return (result, 400) if "error" in result else redirect("/")


@app.get("/")
def index():
    user = auth().get_user()
    if not user:
        return redirect("/login")
    return Markup("<!doctype html><title>Welcome</title><h1>{}</h1>").format(user["name"])

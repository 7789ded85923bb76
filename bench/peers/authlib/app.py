"""Sign-in with Microsoft as in Authlib's Flask example: it stores nothing but a cookie."""

import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from markupsafe import Markup

app = Flask(__name__)
app.secret_key = os.environ["SECRET"]
oauth = OAuth(app)
oauth.register(
    "microsoft",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{os.environ['AUTHORITY']}/v2.0/.well-known/openid-configuration",
    client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
)


@app.get("/login")
def login():
    return '<!doctype html><title>Sign in</title><form method="post" action="/sign-in"><button>Sign in</button></form>'


@app.post("/sign-in")
def sign_in():
    return oauth.microsoft.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = oauth.microsoft.authorize_access_token()
    session["user"] = {"oid": token["userinfo"]["oid"], "name": token["userinfo"]["name"]}
    return redirect("/")


@app.get("/")
def index():
    if "user" not in session:
        return redirect("/login")
    return Markup("<!doctype html><title>Welcome</title><h1>{}</h1>").format(session["user"]["name"])

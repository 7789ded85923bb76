"""An OpenID provider by canaille, with SQLite. `/session` signs in the one person there is."""

import datetime
import os
import secrets

from canaille import create_app
from canaille.app import models
from canaille.app.session import login_user
from canaille.backends import Backend
from canaille.oidc import provider

NOW = datetime.datetime.now(datetime.UTC)
HOST = f"localhost:{os.environ['PORT']}"
SCOPE = ["openid", "profile", "email"]

# Its access tokens have no id: two of one second are the same, and its unique index refuses the second.
claims_of = provider.generate_user_claims
provider.generate_user_claims = lambda *values: {**claims_of(*values), "nickname": secrets.token_hex(8)}

app = create_app(
    {
        "SECRET_KEY": os.environ["SECRET"],
        "SERVER_NAME": HOST,
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "sql"},
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{os.environ['FOLDER']}/canaille.db"},
        # As at Portico, where no person is asked for consent.
        "CANAILLE_OIDC": {"TRUSTED_DOMAINS": ["localhost"]},
    },
    init_backend=True,
)

with app.app_context(), Backend.instance.session():
    person = models.User(
        user_name="person0",
        formatted_name="Person 0",
        family_name="0",
        emails=["person0@contoso.example"],
        password=os.environ["SECRET"],
    )
    client = models.Client(
        client_id=os.environ["CLIENT_ID"],
        client_secret=os.environ["CLIENT_SECRET"],
        client_id_issued_at=NOW,
        client_name="The application",
        client_uri="http://localhost",
        redirect_uris=[os.environ["REDIRECT_URI"]],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope=SCOPE,
        token_endpoint_auth_method="client_secret_basic",  # noqa: S106
    )
    Backend.instance.save(person)
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


@app.get("/session")
def sign_in():
    login_user(Backend.instance.get(models.User, user_name="person0"))
    return "signed in"

"""The fixture `signed_in_as`, for the tests of an application that uses Portico. It needs the application's own fixture
`app`, a Flask application, and no Portico.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

SignedInAs = Callable[..., FlaskClient]
VALID_SECONDS = 3600


@pytest.fixture
def signed_in_as(request: pytest.FixtureRequest, tmp_path: Path) -> SignedInAs:
    """`signed_in_as("ann@contoso.example", roles=["editor"])` returns a test client in which Ann is signed in.

    Further arguments are claims, as in `org_role="admin"`. The company is named after the address's domain.
    """
    app: Flask = request.getfixturevalue("app")
    start = _behind_proxy(app) if app.config["PORTICO_FORWARD_AUTH"] else _with_session(app, tmp_path)

    def sign_in(email: str, roles: Iterable[str] = (), **claims: Any) -> FlaskClient:
        client = app.test_client()
        start(client, claims_of(email) | {"roles": sorted(roles)} | claims)
        return client

    return sign_in


def claims_of(email: str) -> dict[str, Any]:
    """Those of a person with this address, the same each time."""
    person, _, domain = email.partition("@")
    company = domain.partition(".")[0]
    return {
        "sub": f"person-{email}",
        "sid": f"session-{email}",
        "org_id": f"company-{company}",
        "org_code": company,
        "org_name": company.title(),
        "org_role": "member",
        "name": person.replace(".", " ").title(),
        "email": email,
        "email_verified": True,
    }


def _with_session(app: Flask, folder: Path) -> Callable[[FlaskClient, dict[str, Any]], None]:
    from flask_portico.sessions import SQLiteSessions  # imported late: other tests start faster without it

    portico = app.extensions["portico"]
    portico.store = SQLiteSessions(folder / "portico-sessions.db")

    def start(client: FlaskClient, claims: dict[str, Any]) -> None:
        with app.test_request_context():
            portico.sign_in(claims)
            kept = dict(session)
        with client.session_transaction() as own:
            own.update(kept)

    return start


def _behind_proxy(app: Flask) -> Callable[[FlaskClient, dict[str, Any]], None]:
    """Signs the header with a key of its own, which the application takes for Portico's."""
    from joserfc import jwt
    from joserfc.jwk import ECKey, KeySet

    from flask_portico.tokens import FORWARD_AUTH_HEADER, FORWARD_AUTH_TYPE, Verifier

    portico = app.extensions["portico"]
    client_id = app.config["PORTICO_CLIENT_ID"]
    key = ECKey.generate_key("P-256", {"kid": "tests"})
    portico.verifier = Verifier(portico.issuer, client_id, lambda: KeySet([key]).as_dict(private=False))

    def start(client: FlaskClient, claims: dict[str, Any]) -> None:
        moment = int(time.time())
        times = {"iss": portico.issuer, "aud": client_id, "iat": moment, "exp": moment + VALID_SECONDS}
        token = jwt.encode({"alg": "ES256", "kid": "tests", "typ": FORWARD_AUTH_TYPE}, claims | times, key)
        client.environ_base[f"HTTP_{FORWARD_AUTH_HEADER.upper().replace('-', '_')}"] = token

    return start

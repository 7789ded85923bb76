"""An application that uses flask_portico, and what Portico would send it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from flask_portico import Portico
from flask_portico.tokens import Verifier

ISSUER, CLIENT_ID = "https://portico.example", "app-example"
RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa"})
EC_KEY = ECKey.generate_key("P-256", {"kid": "ec"})
ANN = {"sub": "ann", "sid": "ann's laptop", "org_id": "contoso-id", "org_code": "contoso", "roles": ["editor"]}

Sign = Callable[..., str]


def signed(claims: dict[str, Any], *, typ: str, key: Key = EC_KEY, alg: str = "ES256", kid: str = "ec") -> str:
    """A token of Portico's; None leaves a claim out."""
    moment = int(time.time())
    usual = {"iss": ISSUER, "aud": CLIENT_ID, "iat": moment, "exp": moment + 60}
    given = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode({"alg": alg, "kid": kid, "typ": typ}, given, key)


def changes_text(changes: dict[str, Any]) -> str:
    """Names a case of a test, the same in each process: a key by its type."""
    return ", ".join(
        f"{name}={value.key_type if isinstance(value, Key) else value!r}" for name, value in changes.items()
    )


class Published:
    """The keys at Portico's address, and how often they were fetched."""

    def __init__(self) -> None:
        self.keys: list[Key] = [RSA_KEY, EC_KEY]
        self.fetched = 0

    def __call__(self) -> Any:
        self.fetched += 1
        return KeySet(self.keys).as_dict(private=False)


@pytest.fixture
def published() -> Published:
    return Published()


def application(folder: Path, published: Published, **settings: Any) -> Flask:
    """Its views: `/` for anyone who signed in, `/edit` for editors."""
    app = Flask(__name__, instance_path=str(folder))
    app.config.update(
        SECRET_KEY="a secret of the tests",
        PORTICO_ISSUER=ISSUER,
        PORTICO_CLIENT_ID=CLIENT_ID,
        PORTICO_CLIENT_SECRET="a client secret of the tests",
        TESTING=True,
    )
    app.config.update(settings)
    portico = Portico(app)
    portico.verifier = Verifier(ISSUER, CLIENT_ID, published)
    # As Portico publishes them; without it, the first request would fetch them.
    portico.client.server_metadata.update(
        issuer=ISSUER,
        authorization_endpoint=f"{ISSUER}/oauth/authorize",
        token_endpoint=f"{ISSUER}/oauth/token",
        end_session_endpoint=f"{ISSUER}/oauth/logout",
        _loaded_at=time.time(),
    )

    @app.get("/")
    @portico.required
    def index() -> dict[str, Any]:
        assert portico.person
        return {"sub": portico.person.sub, "org_id": portico.person.org_id, "roles": portico.person.roles}

    @app.route("/edit", methods=["GET", "POST"])
    @portico.required(roles=["editor", "chief"])
    def edit() -> str:
        return "edited"

    return app


@pytest.fixture
def app(tmp_path: Path, published: Published) -> Flask:
    return application(tmp_path, published)

"""Operators register applications by a command or in the companies file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from app.applications import queries
from app.applications.models import Application, Authentication, UriUse
from app.core import strict_json
from tests.accounts import person
from tests.applications.client import REDIRECT_URI, Client
from tests.applications.people import OWNER, Session
from tests.applications.test_clients import PUBLIC_KEYS
from tests.cast import Cast

SECRET = "a random secret of 32 characters or more"
APPLICATION = {
    "name": "Reports",
    "client_id": "reports",
    "client_secret_env": "REPORTS_SECRET",
    "redirect_uris": [REDIRECT_URI],
    "post_logout_redirect_uris": ["https://app.example/"],
    "cors_origins": ["https://app.example"],
    "companies": ["contoso"],
    "roles": [
        {"value": "reader", "name": "Reader"},
        {"value": "auditor", "name": "Auditor", "assigned_by": "operator"},
    ],
    "resources": [{"uri": "https://reports.example/api", "clients": ["app-other"]}],
}


P384_KEY = strict_json.read_object(
    jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key())
)


@pytest.fixture
def apply(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Applies a file with this application, with changes, and with roles for Contoso's owner."""
    monkeypatch.setenv("REPORTS_SECRET", SECRET)

    def run(given: list[str] | None = None, **changes: Any) -> Result:
        owner: dict[str, Any] = {"email": OWNER, "name": "Olivia Owner", "role": "owner"}
        if given is not None:
            owner["application_roles"] = {"reports": given}
        company = {"code": "contoso", "name": "Contoso", "note": "Use your Contoso account.", "people": [owner]}
        described = {name: value for name, value in (APPLICATION | changes).items() if value is not None}
        lisbon = {"code": "contoso-lisbon", "location": "Lisbon office", "note": "Bem-vindo!"}
        file = tmp_path / "companies.json"
        file.write_text(json.dumps({"companies": [company | {"login_pages": [lisbon]}], "applications": [described]}))
        return cast.app.test_cli_runner().invoke(args=["companies", "apply", str(file)])

    return run


def stored(app: Flask, client_id: str) -> Application:
    with app.app_context():
        found = queries.by_client_id(client_id)
        assert found
        return found


def test_file_registers_an_application_once(cast: Cast, apply: Callable[..., Result], owner: Session) -> None:
    first = apply(["reader", "auditor"])
    assert first.output.splitlines() == ["reports: created", f"contoso: {OWNER}: set the roles in reports"]
    assert apply(["reader", "auditor"]).output == "no changes\n"
    client = Client(cast.app, "reports", SECRET)
    claims = client.verified(client.tokens(owner.browser)["id_token"])
    assert claims["roles"] == ["auditor", "reader"]


def test_file_changes_what_differs_and_says_so(cast: Cast, apply: Callable[..., Result]) -> None:
    apply(["reader"])
    changed = apply(["reader"], redirect_uris=["https://new.example/callback"], require_pkce=False)
    assert changed.output == "reports: updated require_pkce, redirect_uris\n"
    assert stored(cast.app, "reports").uris_for(UriUse.REDIRECT) == ["https://new.example/callback"]
    assert apply(["reader"], require_pkce=False).exit_code == 0


def test_role_removed_from_the_file_is_removed_from_everyone(
    cast: Cast, apply: Callable[..., Result], owner: Session
) -> None:
    apply(["reader", "auditor"])
    apply(None, roles=[{"value": "auditor", "name": "Auditor"}])
    with cast.app.app_context():
        found = person(cast.app, OWNER)
        application = stored(cast.app, "reports")
        assert queries.roles_of(found.company_id, found.id, application.id) == ["auditor"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"redirect_uris": ["http://app.example/"]}, "applications[0].redirect_uris[0]: "),
        ({"redirect_uris": ["https://*.example/"]}, "applications[0].redirect_uris[0]: "),
        ({"redirect_uris": ["https://app.example/#here"]}, "applications[0].redirect_uris[0]: "),
        ({"redirect_uris": ["https://user@app.example/"]}, "applications[0].redirect_uris[0]: "),
        ({"redirect_uris": ["javascript:alert(1)"]}, "applications[0].redirect_uris[0]: "),
        ({"redirect_uris": []}, "applications[0].redirect_uris: "),
        ({"cors_origins": ["https://app.example/"]}, "applications[0].cors_origins[0]: "),
        ({"client_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "applications[0].client_id: "),
        ({"kind": "public"}, "applications[0]: "),
        ({"authentication": "private_key_jwt"}, "applications[0]: "),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "applications[0].jwks: "),
        ({"jwks": {"keys": [P384_KEY]}}, "applications[0].jwks: "),
        ({"jwks": PUBLIC_KEYS, "jwks_uri": "https://app.example/keys", "client_secret_env": None}, "applications[0]: "),
        ({"jwks_uri": "https://app.example/keys"}, "applications[0]: "),
        ({"jwks_uri": "https://app.example/keys", "kind": "public"}, "applications[0]: "),
        ({"jwks_uri": "http://app.example/keys"}, "applications[0].jwks_uri: "),
        ({"allowed_roles": ["writer"]}, "applications[0]: "),
        ({"companies": ["nowhere"]}, "reports: no company has the login code nowhere"),
        ({"roles": [{"value": "with space", "name": "A"}]}, "applications[0].roles[0].value: "),
        ({"secret": "a"}, "applications[0].secret: "),
    ],
)
def test_error_in_the_file_is_reported_with_its_place(
    cast: Cast, apply: Callable[..., Result], changes: dict[str, Any], place: str
) -> None:
    refused = apply(None, **changes)
    assert refused.exit_code == 1
    assert place in refused.output
    with cast.app.app_context():
        assert queries.everything() == []


def test_short_secret_and_unknown_role_are_rejected(
    apply: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "reports has no role writer" in apply(["writer"]).output
    monkeypatch.setenv("REPORTS_SECRET", "short")
    assert "needs a secret of 32 random characters or more" in apply().output


def test_file_and_command_register_a_jwks_uri(cast: Cast, apply: Callable[..., Result]) -> None:
    uri = "https://app.example/keys"
    assert apply(None, jwks_uri=uri, client_secret_env=None).exit_code == 0
    assert apply(None, jwks_uri=uri, client_secret_env=None).output == "no changes\n"
    runner = cast.app.test_cli_runner()
    create = ["applications", "create", "Signs", "--redirect-uri", REDIRECT_URI, "--jwks-uri"]
    made = runner.invoke(args=[*create, uri])
    assert made.exit_code == 0, made.output
    assert "secret" not in made.output
    for client_id in ("reports", made.stdout.splitlines()[1].split()[-1]):
        application = stored(cast.app, client_id)
        assert (application.authentication, application.jwks_uri) == (Authentication.PRIVATE_KEY_JWT, uri)
    assert runner.invoke(args=[*create, "http://app.example/keys"]).exit_code == 2
    assert "--kind server" in runner.invoke(args=[*create, uri, "--kind", "public"]).output
    assert apply(None).output == "reports: updated authentication, jwks_uri, client_secret\n"


def test_create_command_prints_the_three_values(cast: Cast, owner: Session) -> None:
    runner = cast.app.test_cli_runner()
    made = runner.invoke(args=["applications", "create", "My App", "--redirect-uri", REDIRECT_URI])
    assert made.exit_code == 0
    values = dict(line.rsplit("  ", 1) for line in made.stdout.splitlines())
    issuer, client_id, secret = (value.strip() for value in values.values())
    assert issuer == cast.app.config["BASE_URL"]
    client = Client(cast.app, client_id, secret)
    assert client.tokens(owner.browser)["id_token"]
    listed = runner.invoke(args=["applications", "list"]).output
    assert client_id in listed
    assert secret not in listed
    renewed = runner.invoke(args=["applications", "rotate-secret", client_id])
    assert Client(cast.app, client_id, renewed.stdout.strip()).tokens(owner.browser)["id_token"]
    assert client.tokens(owner.browser)["id_token"]


def test_command_registers_for_one_company_or_without_a_secret(cast: Cast) -> None:
    runner = cast.app.test_cli_runner()
    create = ["applications", "create", "Phone", "--redirect-uri", "http://127.0.0.1/cb", "--kind", "public"]
    made = runner.invoke(args=[*create, "--company", "contoso"])
    assert made.exit_code == 0, made.output
    assert "client secret" not in made.output
    client_id = made.stdout.splitlines()[1].split()[-1]
    assert "no company has the login code nowhere" in runner.invoke(args=[*create, "--company", "nowhere"]).output
    assert "authenticates with none" in runner.invoke(args=["applications", "rotate-secret", client_id]).output
    assert runner.invoke(args=[*create[:4], "http://evil.example/"]).exit_code == 2

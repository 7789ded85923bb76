"""Only operators register applications behind forward-auth: by a command or in the companies file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app.applications import queries
from app.applications.models import Application, UriUse
from tests.applications.protected import ORIGIN, Protected, protect
from tests.assertions import rows
from tests.cast import Cast

START_URL = f"{ORIGIN}/start?a=b"


def run(cast: Cast, *arguments: str) -> Result:
    return cast.app.test_cli_runner().invoke(args=["applications", *arguments])


def create(cast: Cast, *arguments: str) -> Result:
    return run(cast, "create", "Wiki", "--kind", "forward-auth", *arguments)


@pytest.fixture
def apply(cast: Cast, tmp_path: Path) -> Callable[..., Result]:
    """Applies a file with a forward-auth application, changed; None leaves a key out."""

    def run(**changes: Any) -> Result:
        described = {"name": "Wiki", "client_id": "wiki", "kind": "forward-auth", "start_url": START_URL, **changes}
        applications = [{name: value for name, value in described.items() if value is not None}]
        file = tmp_path / "companies.json"
        file.write_text(json.dumps({"companies": [], "applications": applications}))
        return cast.app.test_cli_runner().invoke(args=["companies", "apply", str(file)])

    return run


def stored(cast: Cast, client_id: str) -> Application:
    with cast.app.app_context():
        found = queries.by_client_id(client_id)
        assert found
        return found


def test_command_registers_application_with_its_host(cast: Cast) -> None:
    made = create(cast, "--start-url", START_URL)
    assert made.exit_code == 0, made.output
    assert "client secret" not in made.output
    client_id = made.output.partition("client ID")[2].split()[0]
    application = stored(cast, client_id)
    assert (application.kind, application.origin, application.start_url) == ("forward-auth", ORIGIN, START_URL)
    assert application.uris_for(UriUse.REDIRECT) == [f"{ORIGIN}/.portico/{client_id}/callback"]


def test_one_companys_is_still_the_operators(cast: Cast) -> None:
    made = create(cast, "--start-url", START_URL, "--company", "contoso")
    client_id = made.output.partition("client ID")[2].split()[0]
    assert stored(cast, client_id).company_id is None
    wiki = Protected(cast.app, client_id)
    assert wiki.sign_in(cast.alice(), "/a").check().status_code == 204
    assert cast.charlie().get(wiki.start(cast.browser())).location.startswith("/login/contoso?")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "has a --start-url"),
        (("--start-url", "http://wiki.example/"), "Use https"),
        (("--start-url", "wiki.example"), "full address"),
        (("--start-url", START_URL, "--redirect-uri", "https://a.example/"), "no --redirect-uri"),
    ],
)
def test_command_reports_missing_arguments(cast: Cast, arguments: tuple[str, ...], message: str) -> None:
    before = rows(cast.app)
    made = create(cast, *arguments)
    assert made.exit_code == 2
    assert message in made.output
    assert rows(cast.app) == before


def test_host_belongs_to_one_application(cast: Cast, apply: Callable[..., Result]) -> None:
    first = protect(cast.app)
    before = rows(cast.app)
    made = create(cast, "--start-url", f"{ORIGIN}:443/another")
    assert made.exit_code == 1
    assert f"{first.client_id} has this host" in made.output
    assert f"{first.client_id} has this host" in apply().output
    assert rows(cast.app) == before


def test_file_registers_application_and_second_run_changes_nothing(cast: Cast, apply: Callable[..., Result]) -> None:
    made = apply(roles=[{"value": "editor", "name": "Editor"}], allowed_roles=["editor"])
    assert (made.exit_code, made.output.strip()) == (0, "wiki: created")
    assert stored(cast, "wiki").uris_for(UriUse.REDIRECT) == [f"{ORIGIN}/.portico/wiki/callback"]
    again = apply(roles=[{"value": "editor", "name": "Editor"}], allowed_roles=["editor"])
    assert again.output.strip() == "no changes"


def test_file_moves_application_to_another_host(cast: Cast, apply: Callable[..., Result]) -> None:
    apply()
    moved = apply(start_url="https://new.example/")
    assert moved.exit_code == 0, moved.output
    application = stored(cast, "wiki")
    assert application.origin == "https://new.example"
    assert application.uris_for(UriUse.REDIRECT) == ["https://new.example/.portico/wiki/callback"]
    apply(kind="server", redirect_uris=["https://new.example/callback"])
    assert stored(cast, "wiki").origin is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start_url": None}, "needs a start_url"),
        (
            {"redirect_uris": ["https://a.example/"]},
            "applications[0].redirect_uris: a forward-auth",
        ),
        ({"cors_origins": ["https://a.example"]}, "has no cors_origins"),
        ({"offline_access": True}, "has no offline_access"),
        ({"authentication": "client_secret"}, "authentication none"),
        ({"kind": "server"}, "applications[0].redirect_uris: must name"),
    ],
)
def test_invalid_file_is_explained(
    cast: Cast, apply: Callable[..., Result], changes: dict[str, Any], message: str
) -> None:
    before = rows(cast.app)
    made = apply(**changes)
    assert made.exit_code == 1
    assert message in made.output
    assert rows(cast.app) == before


def test_configuration_is_only_for_forward_auth_applications(cast: Cast) -> None:
    assert "no forward-auth application" in run(cast, "proxy-config", "unknown").output
    wiki = protect(cast.app)
    refused = run(cast, "proxy-config", wiki.client_id, "--upstream", "http://127.0.0.1:1/path")
    assert refused.exit_code == 2
    assert "take an origin" in refused.output

"""Who gets to a view, and where the others are sent."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.settings import ROOT
from flask_portico import Portico
from flask_portico.extension import KEY, local_path
from flask_portico.pytest_plugin import SignedInAs
from tests.clients.conftest import ANN, CLIENT_ID, ISSUER


def test_a_person_has_the_names_of_the_claims(signed_in_as: SignedInAs) -> None:
    client = signed_in_as("ann@contoso.example", roles=["editor"], org_id="contoso-id", sub="ann", unheard_of="claim")
    assert client.get("/").get_json() == {"sub": "ann", "org_id": "contoso-id", "roles": ["editor"]}


@pytest.mark.parametrize(("roles", "status"), [(["editor"], 200), (["chief", "x"], 200), ([], 403), (["edit"], 403)])
def test_one_of_the_roles_is_needed(signed_in_as: SignedInAs, roles: list[str], status: int) -> None:
    assert signed_in_as("ann@contoso.example", roles).get("/edit").status_code == status


def test_two_people_are_two_clients(signed_in_as: SignedInAs) -> None:
    ann, bob = signed_in_as("ann@contoso.example"), signed_in_as("bob@fabrikam.example")
    assert [client.get("/").get_json()["org_id"] for client in (ann, bob)] == ["company-contoso", "company-fabrikam"]


def test_a_page_leads_to_sign_in_and_back(app: Flask) -> None:
    client = app.test_client()
    response = client.get("/edit?draft=7")
    assert response.location == "/portico/sign-in?next=/edit?draft%3D7"
    query = parse_qs(urlsplit(client.get(response.location).location).query)
    assert query["redirect_uri"] == ["http://localhost/portico/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["client_id"] == [CLIENT_ID]
    with client.session_transaction() as kept:
        assert [(one["state"], one["next"]) for one in kept["portico_pending"]] == [
            (query["state"][0], "/edit?draft=7")
        ]


def test_what_is_no_page_gets_401(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/edit", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401
    assert client.post("/edit").status_code == 401


def test_the_company_is_asked_for(app: Flask) -> None:
    location = app.test_client().get("/portico/sign-in?organization=contoso").location
    assert parse_qs(urlsplit(location).query)["organization"] == ["contoso"]


def test_a_cookie_has_room_for_every_begun_sign_in(app: Flask) -> None:
    client = app.test_client()
    for number in range(10):
        response = client.get(f"/portico/sign-in?next=/{number}")
    assert len(response.headers["Set-Cookie"]) < 4000
    with client.session_transaction() as kept:
        assert [one["next"] for one in kept["portico_pending"]] == ["/7", "/8", "/9"]
        assert len([name for name in kept if name.startswith("_state_portico_")]) == 3


@pytest.mark.parametrize("query", ["code=x&state=made-up", "code=x", "error=access_denied&state=made-up"])
def test_a_response_that_no_one_asked_for(app: Flask, query: str) -> None:
    response = app.test_client().get(f"/portico/callback?{query}&iss={ISSUER}")
    assert response.status_code == 400
    assert "another browser" in response.text


@pytest.mark.parametrize("issuer", ["", "&iss=https://elsewhere.example"])
def test_a_response_of_another_issuer(app: Flask, issuer: str) -> None:
    client = app.test_client()
    state = parse_qs(urlsplit(client.get("/portico/sign-in").location).query)["state"][0]
    response = client.get(f"/portico/callback?code=x&state={state}{issuer}")
    assert (response.status_code, "issuer" in response.text) == (400, True)


def test_what_portico_refuses_is_said_as_text(app: Flask) -> None:
    client = app.test_client()
    state = parse_qs(urlsplit(client.get("/portico/sign-in").location).query)["state"][0]
    refused = f"error=access_denied&error_description=Unknown+<b>organization</b>&state={state}&iss={ISSUER}"
    response = client.get(f"/portico/callback?{refused}")
    assert (response.status_code, "Unknown &lt;b&gt;organization" in response.text) == (400, True)


def test_signing_out_ends_the_session_on_the_server(app: Flask, signed_in_as: SignedInAs) -> None:
    client = signed_in_as("ann@contoso.example")
    with client.session_transaction() as kept:
        stolen = dict(kept)
    response = client.post("/portico/sign-out")
    assert response.location.startswith(f"{ISSUER}/oauth/logout?")
    assert parse_qs(urlsplit(response.location).query) == {
        "client_id": [CLIENT_ID],
        "post_logout_redirect_uri": ["http://localhost/"],
    }
    with client.session_transaction() as kept:
        kept.update(stolen)
    assert client.get("/").status_code == 302


def test_another_site_signs_no_one_out(signed_in_as: SignedInAs) -> None:
    client = signed_in_as("ann@contoso.example")
    for site in ("cross-site", "same-site"):
        assert client.post("/portico/sign-out", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get("/portico/sign-out").status_code == 405
    assert client.get("/").status_code == 200


def test_signing_in_makes_a_new_session(app: Flask) -> None:
    portico = app.extensions["portico"]
    with app.test_request_context() as context:
        keys = set()
        for _ in range(2):
            context.session["left by a stranger"] = True
            portico.sign_in(ANN)
            keys.add(context.session[KEY])
            assert set(context.session) == {KEY}
        assert len(keys) == 2
        assert [portico.store.load(key) is None for key in keys].count(True) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil",
        "edit",
        "/a\n",
    ],
)
def test_no_one_is_led_to_another_site(wanted: str | None) -> None:
    assert local_path(wanted) == "/"


def test_a_path_of_the_application_is_kept() -> None:
    assert local_path("/edit?draft=7&back=//x") == "/edit?draft=7&back=//x"


def test_a_missing_setting_is_named() -> None:
    app = Flask(__name__)
    app.config["PORTICO_ISSUER"] = ISSUER
    with pytest.raises(RuntimeError, match="PORTICO_CLIENT_ID, PORTICO_CLIENT_SECRET must be set"):
        Portico(app)


def test_the_file_of_sessions_is_its_owners(tmp_path: Path, app: Flask) -> None:
    assert app.extensions["portico"].store.path.parent == tmp_path
    assert app.extensions["portico"].store.path.stat().st_mode & 0o777 == 0o600


def test_an_application_below_a_path(app: Flask, signed_in_as: SignedInAs) -> None:
    below = {"SCRIPT_NAME": "/shop"}
    response = app.test_client().get("/edit", environ_overrides=below)
    assert response.location == "/shop/portico/sign-in?next=/shop/edit"
    signed_out = signed_in_as("ann@contoso.example").post("/portico/sign-out", environ_overrides=below)
    assert parse_qs(urlsplit(signed_out.location).query)["post_logout_redirect_uri"] == ["http://localhost/shop/"]


class TestOfTheReadme:
    @pytest.fixture
    def app(self, tmp_path: Path) -> Flask:
        """An application with the lines that the README shows."""
        shown = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        assert shown
        app = Flask("example", instance_path=str(tmp_path))
        app.config.update(SECRET_KEY="a secret of the tests", PORTICO_ISSUER=ISSUER)
        app.config.update(PORTICO_CLIENT_ID=CLIENT_ID, PORTICO_CLIENT_SECRET="a client secret of the tests")
        exec(shown[1], {"app": app, "Portico": Portico})  # noqa: S102 - our own text
        return app

    def test_its_lines_work(self, signed_in_as: SignedInAs) -> None:
        ann = signed_in_as("ann@contoso.example", roles=["editor"])
        assert ann.get("/edit").text == "Hello, Ann of Contoso"
        assert signed_in_as("bob@contoso.example").get("/edit").status_code == 403

"""Back-channel logout and the header of forward-auth: what is taken, and what is not."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, Key, OctKey

from flask_portico.pytest_plugin import SignedInAs
from tests.clients.conftest import ANN, EC_KEY, RSA_KEY, Published, application, changes_text, signed

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "ec"})
LONG_AGO = 1_700_000_000


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(time.time(), tick=False) as traveller:
        yield traveller


def logout_token(
    *, typ: str = "logout+jwt", key: Key = EC_KEY, alg: str = "ES256", kid: str = "ec", **claims: Any
) -> str:
    usual = {"jti": f"jti {time.monotonic_ns()}", "events": {LOGOUT: {}}, "sid": "ann's laptop"}
    return signed(usual | claims, typ=typ, key=key, alg=alg, kid=kid)


def send(app: Flask, token: str) -> tuple[int, str]:
    response = app.test_client().post("/portico/back-channel-logout", data={"logout_token": token})
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.get_json().get("error_description", "")


@pytest.fixture
def people(signed_in_as: SignedInAs) -> dict[str, FlaskClient]:
    return {
        "laptop": signed_in_as("ann@contoso.example", **ANN),
        "phone": signed_in_as("ann@contoso.example", **{**ANN, "sid": "ann's phone"}),
        "bob": signed_in_as("bob@contoso.example"),
    }


def signed_in(people: dict[str, FlaskClient]) -> list[str]:
    return [name for name, client in people.items() if client.get("/").status_code == 200]


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({"sid": "ann's laptop"}, ["phone", "bob"]),
        ({"sid": None, "sub": "ann"}, ["bob"]),
        ({"sid": "ann's laptop", "sub": "ann"}, ["phone", "bob"]),
        ({"sid": "ann's laptop", "sub": "another"}, ["laptop", "phone", "bob"]),
        ({"sid": "unknown"}, ["laptop", "phone", "bob"]),
    ],
)
def test_a_logout_ends_what_it_names(
    app: Flask, people: dict[str, FlaskClient], named: dict[str, Any], left: list[str]
) -> None:
    assert send(app, logout_token(**named)) == (200, "")
    assert signed_in(people) == left


def test_either_algorithm_of_portico(app: Flask, people: dict[str, FlaskClient]) -> None:
    assert send(app, logout_token(key=RSA_KEY, alg="RS256", kid="rsa")) == (200, "")
    assert signed_in(people) == ["phone", "bob"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another-app"},
        {"aud": None},
        {"typ": "JWT"},
        {"typ": "portico-forward-auth+jwt"},
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT: "yes"}},
        {"events": [LOGOUT]},
        {"nonce": "of an ID token"},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"sid": None},
        {"sid": ""},
        {"sid": ["ann's laptop"]},
        {"sub": {"like": "%"}},
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"exp": "soon"},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"key": OTHER_KEY},
        {"kid": "unknown"},
        {"key": OctKey.import_key("a client secret of the tests, long enough"), "alg": "HS256"},
    ],
    ids=changes_text,
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_logout_that_is_not_portico_s(app: Flask, people: dict[str, FlaskClient], changes: dict[str, Any]) -> None:
    status, said = send(app, logout_token(**changes))
    assert status == 400
    assert said
    assert signed_in(people) == ["laptop", "phone", "bob"]


UNSIGNED = "eyJhbGciOiJub25lIn0.e30."  # pragma: allowlist secret


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "…", UNSIGNED])
def test_what_is_no_token(app: Flask, token: str) -> None:
    assert send(app, token)[0] == 400


def test_a_logout_is_taken_once(app: Flask, signed_in_as: SignedInAs, clock: time_machine.Traveller) -> None:
    signed_in_as("ann@contoso.example", **ANN)
    token = logout_token(sid=None, sub="ann")
    assert send(app, token)[0] == 200
    again = signed_in_as("ann@contoso.example", **ANN)
    for _ in range(2):
        assert send(app, token) == (400, "it was used before")
        assert again.get("/").status_code == 200
        clock.shift(timedelta(seconds=119))  # the last moment at which its times are accepted
    clock.shift(timedelta(seconds=30))
    assert send(app, token) == (400, "ExpiredTokenError")
    assert again.get("/").status_code == 200


def test_a_session_ends_by_itself(app: Flask, signed_in_as: SignedInAs, clock: time_machine.Traveller) -> None:
    client = signed_in_as("ann@contoso.example", **ANN)
    clock.shift(timedelta(hours=8, seconds=-1))
    assert client.get("/").status_code == 200
    clock.shift(timedelta(seconds=2))
    assert client.get("/").status_code == 302


def test_keys_are_fetched_rarely(app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1000.0]
    monkeypatch.setattr("flask_portico.tokens.time.monotonic", lambda: moment[0])
    for _ in range(5):
        assert send(app, logout_token(jti=None, kid="made up"))[0] == 400
    assert published.fetched == 1
    new = ECKey.generate_key("P-256", {"kid": "new"})
    published.keys.append(new)
    moment[0] += 11
    assert send(app, logout_token(jti="first", key=new, kid="new"))[0] == 200
    published.keys.remove(new)  # a leaked one
    moment[0] += 301
    assert send(app, logout_token(jti="second", key=new, kid="new"))[0] == 400
    assert published.fetched == 3


@pytest.fixture
def behind_proxy(tmp_path: Path, published: Published) -> Flask:
    return application(tmp_path, published, PORTICO_FORWARD_AUTH=True, PORTICO_CLIENT_SECRET=None)


def header(token: str) -> dict[str, str]:
    return {"X-Portico-Token": token}


def test_a_proxy_s_header_names_the_person(behind_proxy: Flask) -> None:
    token = signed(ANN, typ="portico-forward-auth+jwt")
    client = behind_proxy.test_client()
    assert client.get("/", headers=header(token)).get_json()["sub"] == "ann"
    assert client.get("/edit", headers=header(token)).status_code == 200
    assert client.get("/").status_code == 401
    assert "Set-Cookie" not in client.get("/", headers=header(token)).headers
    assert client.get("/portico/sign-in").status_code == 404


@pytest.mark.parametrize(
    "token",
    [
        "",
        signed(ANN, typ="at+jwt"),
        signed(ANN, typ="logout+jwt"),
        signed({**ANN, "aud": "another-app"}, typ="portico-forward-auth+jwt"),
        signed({**ANN, "iss": "https://elsewhere.example"}, typ="portico-forward-auth+jwt"),
        signed({**ANN, "exp": LONG_AGO}, typ="portico-forward-auth+jwt"),
        signed(ANN, typ="portico-forward-auth+jwt", key=OTHER_KEY),
        signed(ANN, typ="portico-forward-auth+jwt", key=RSA_KEY, alg="RS256", kid="rsa"),
    ],
    ids=["none", "access token", "logout token", "audience", "issuer", "expired", "key", "algorithm"],
)
def test_a_header_that_anyone_could_send(behind_proxy: Flask, token: str) -> None:
    assert behind_proxy.test_client().get("/", headers=header(token)).status_code == 401


def test_clocks_may_differ_by_a_minute(behind_proxy: Flask) -> None:
    moment = int(time.time())
    for late, status in ((50, 200), (70, 401)):
        token = signed({**ANN, "iat": moment - late - 60, "exp": moment - late}, typ="portico-forward-auth+jwt")
        assert behind_proxy.test_client().get("/", headers=header(token)).status_code == status


class TestOfAnApplicationBehindAProxy:
    @pytest.fixture
    def app(self, behind_proxy: Flask) -> Flask:
        return behind_proxy

    def test_signed_in_as(self, app: Flask, signed_in_as: SignedInAs) -> None:
        assert signed_in_as("ann@contoso.example", roles=["editor"]).get("/edit").status_code == 200
        assert signed_in_as("ann@contoso.example").get("/edit").status_code == 403
        assert app.test_client().get("/edit").status_code == 401

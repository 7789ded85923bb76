"""The token endpoint with a client secret (OAuth 2.0 client credentials)."""

import hmac
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.connections.models import Connection
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import Limit
from app.provisioning.scim import actions as credentials
from app.provisioning.scim.models import Method, ScimAccessToken, ScimCredential
from app.provisioning.scim.token import authentication, views
from tests import assertions
from tests.assertions import audit_entries, json_of, rows, written
from tests.at_once import at_once
from tests.cast import Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.provisioning.directory import Directory
from tests.provisioning.test_refusals import refused
from tests.provisioning.token_client import ASSERTION_TYPE, TokenClient, basic, client_of, oauth_error


@pytest.fixture
def client(cast: Cast) -> TokenClient:
    return client_of(cast)


@pytest.mark.parametrize("sent", ["header", "body", "both"])
def test_secret_gets_an_access_token_however_it_is_sent(client: TokenClient, sent: str) -> None:
    secret = client.add_secret()
    response = client.post(
        basic(client.client_id, secret) if sent in ("header", "both") else None,
        client_id=client.client_id if sent in ("body", "both") else None,
        client_secret=secret if sent in ("body", "both") else None,
        scope="scim" if sent == "both" else None,
    )
    body = json_of(response)
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, "scim")
    assert response.headers["Cache-Control"] == "no-store"
    assert client.directory(response).get("Users").status_code == 200


def test_nothing_that_is_stored_can_be_presented(client: TokenClient, cast: Cast) -> None:
    secret = client.add_secret()
    token = client.directory(client.ask(secret)).token
    with cast.app.app_context():
        stored = str([db.session.execute(sa.select(one.__table__)).all() for one in (ScimCredential, ScimAccessToken)])
    assert secret not in stored
    assert token not in stored


def test_a_credential_of_one_use_is_none_of_another(client: TokenClient, cast: Cast, contoso: Directory) -> None:
    secret = client.add_secret()
    access = client.directory(client.ask(secret))
    refused(Directory(cast.app, secret, CONTOSO).get("Users"), 401)
    oauth_error(client.ask(contoso.token), 401, "invalid_client")
    oauth_error(client.ask(access.token), 401, "invalid_client")
    refused(access.get("Users", headers={"Authorization": f"Basic {access.token}"}), 401)


def test_credentials_of_one_connection_are_unknown_to_another(client: TokenClient, cast: Cast) -> None:
    other, secret = client_of(cast, FABRIKAM), client.add_secret()
    other.add_secret()
    oauth_error(other.ask(secret), 401, "invalid_client")
    oauth_error(other.ask(secret, client_id=client.client_id), 401, "invalid_client")
    oauth_error(other.post(basic(client.client_id, secret)), 401, "invalid_client")
    access = client.directory(client.ask(secret))
    shown = client_of(cast, FABRIKAM)
    fabrikam = shown.directory(shown.ask(shown.add_secret()))
    user = fabrikam.user("ann")
    refused(access.get(f"Users/{user['id']}"), 404)


BAD_REQUESTS: list[tuple[dict[str, Any], int, str]] = [
    ({"grant_type": None}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, 400, "unsupported_grant_type"),
    ({"scope": "scim admin"}, 400, "invalid_scope"),
    ({"client_secret": None}, 401, "invalid_client"),
    ({"client_secret": ""}, 401, "invalid_client"),
    ({"client_id": None}, 401, "invalid_client"),
    ({"client_id": "another"}, 401, "invalid_client"),
    ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_secret": "\ud800".encode("utf-8", "surrogatepass")}, 401, "invalid_client"),
    ({"client_secret": ["one", "two"]}, 400, "invalid_request"),
    ({"grant_type": ["client_credentials"] * 2}, 400, "invalid_request"),
    ({"client_assertion": "x"}, 400, "invalid_request"),
    ({"client_assertion": "x", "client_assertion_type": ASSERTION_TYPE}, 400, "invalid_request"),
]


@pytest.mark.parametrize(("form", "status", "error"), BAD_REQUESTS, ids=range(len(BAD_REQUESTS)))
def test_bad_request_is_refused(client: TokenClient, form: dict[str, Any], status: int, error: str) -> None:
    oauth_error(client.ask(client.add_secret(), **form), status, error)


def test_header_and_body_that_differ_are_refused(client: TokenClient) -> None:
    secret = client.add_secret()
    for header in (basic(client.client_id, "wrong"), basic("another", secret), basic(client.client_id, "")):
        oauth_error(client.post(header, client_id=client.client_id, client_secret=secret), 400, "invalid_request")
    oauth_error(client.post(basic(client.client_id, secret), client_id="another"), 400, "invalid_request")
    for value in ("Basic", "Basic !", "Basic Y29sb24=", "Basic /w==", f"Bearer {secret}"):
        oauth_error(client.post({"Authorization": value}), 401, "invalid_client")


def test_only_a_form_of_reasonable_size_is_read(client: TokenClient) -> None:
    secret, browser = client.add_secret(), client.cast.app.test_client()
    url = f"/scim/v2/{client.client_id}/token"
    document = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    oauth_error(browser.post(url, json=document), 400, "invalid_request")
    oauth_error(
        browser.post(f"{url}?client_secret={secret}", data={**document, "client_secret": "x"}), 401, "invalid_client"
    )
    oauth_error(browser.post(url, data={**document, "x": "y" * 70_000}), 413, "invalid_request")
    oauth_error(browser.get(url), 405, "invalid_request")


def test_unknown_client_and_wrong_secret_get_the_same_answer_for_the_same_work(
    client: TokenClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No timing is measured: both send the same queries and compare as many hashes."""
    compared: list[str] = []

    def counting(one: str, other: str) -> bool:
        compared.append(one)
        return digest(one, other)

    digest = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", counting)
    client.add_secret()
    unknown = TokenClient(cast, CONTOSO, "nosuchclient")
    without = client_of(cast, FABRIKAM)
    found = []
    client.ask("the first refusal in an hour is recorded")
    for one in (client, unknown, without):
        compared.clear()
        with assertions.queries(cast.app) as sent:
            response = one.ask("wrong")
        found.append((response.status_code, response.data, [*response.headers.keys()], len(sent), len(compared)))
    assert found[0] == found[1] == found[2]
    assert found[0][4] == credentials.MOST_OF_A_METHOD


def test_expired_secret_gets_nothing_and_its_access_token_ends_with_it(client: TokenClient) -> None:
    today = now().date()
    secret = client.add_secret(expires=today)
    access = client.directory(client.ask(secret))
    with time_machine.travel(now(), tick=True) as clock:
        client.change(expires=today - timedelta(days=1))
        refused(access.get("Users"), 401)
        oauth_error(client.ask(secret), 401, "invalid_client")
        client.change(expires=today)
        assert access.get("Users").status_code == 200
        clock.shift(timedelta(minutes=61))
        refused(access.get("Users"), 401)


def test_access_token_ends_with_its_secret_and_no_other(client: TokenClient, cast: Cast) -> None:
    first, second = client.add_secret(), client.add_secret()
    kept, ended = client.directory(client.ask(second)), client.directory(client.ask(first))
    with cast.app.app_context(), unit_of_work():
        oldest = db.session.scalars(sa.select(ScimCredential).order_by(ScimCredential.id)).first()
        assert oldest
        credentials.revoke(oldest, "Contoso staff", actor_id=oldest.id)
    refused(ended.get("Users"), 401)
    oauth_error(client.ask(first), 401, "invalid_client")
    assert kept.get("Users").status_code == client.ask(second).status_code == 200


@pytest.mark.parametrize("what", ["connection", "company"])
def test_inactive_connection_or_company_accepts_nothing(
    client: TokenClient, cast: Cast, contoso: Directory, what: str
) -> None:
    secret = client.add_secret()
    access = client.directory(client.ask(secret))
    for active in (False, True):
        with cast.app.app_context(), unit_of_work():
            connection = db.session.scalars(sa.select(Connection).where(Connection.tenant == CONTOSO)).one()
            if what == "connection":
                connection.is_enabled = active
            else:
                connection.company.is_active = active
        expected = 200 if active else 401
        assert [one.get("Users").status_code for one in (access, contoso)] == [expected, expected]
        assert client.ask(secret).status_code == expected


def test_guessing_is_limited_by_client_and_network(
    client: TokenClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "FAILED_CLIENT_LIMIT", Limit("scim_guesses_test", "3 per minute", "requests"))
    secret, other = client.add_secret(), client_of(cast, FABRIKAM)
    assert [client.ask("wrong").status_code for _ in range(4)] == [401, 401, 401, 429]
    response = client.ask(secret)
    oauth_error(response, 429, "temporarily_unavailable")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert other.ask(other.add_secret()).status_code == 200


def test_access_tokens_are_limited(client: TokenClient, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "ACCESS_TOKENS", Limit("scim_tokens_test", "2 per minute", "access tokens"))
    secret = client.add_secret()
    assert [client.ask(secret).status_code for _ in range(3)] == [200, 200, 429]


def test_refusals_write_nothing_after_the_first_in_an_hour(client: TokenClient, cast: Cast) -> None:
    client.add_secret()
    with time_machine.travel(now(), tick=True) as clock:
        client.ask("wrong")
        before = rows(cast.app)
        for _ in range(3):
            client.ask("wrong")
            TokenClient(cast, CONTOSO, "nosuchclient").ask("wrong")
        assert written(before, rows(cast.app)) == {}
        clock.shift(timedelta(minutes=61))
        client.ask("wrong")
    entries = audit_entries(cast.app, "provisioning.credential_refused")
    assert [entry.detail["reason"] for entry in entries] == ["client_secret_wrong"] * 2


def test_first_use_is_recorded_once(client: TokenClient, cast: Cast) -> None:
    secret = client.add_secret()
    assert at_once([lambda: client.ask(secret).status_code for _ in range(6)]) == [200] * 6
    client.directory(client.ask(secret)).get("Users")
    entries = audit_entries(cast.app, "provisioning.credential_first_used")
    assert [entry.detail["kind"] for entry in entries] == ["secret"]


def test_of_secrets_created_at_once_two_are(client: TokenClient, cast: Cast) -> None:
    def create() -> bool:
        with cast.app.app_context(), unit_of_work():
            connection = db.session.scalars(sa.select(Connection).where(Connection.tenant == CONTOSO)).one()
            ids = connection.company_id, connection.id
            made = credentials.create(*ids, connection.title, Method.SECRET, now().date(), actor_id=connection.id)
            return made is not None

    assert sorted(at_once([create] * 6)) == [False] * 4 + [True] * 2


def test_secret_that_is_revoked_while_it_is_used_leaves_no_access_token(client: TokenClient, cast: Cast) -> None:
    """In whichever order they come, no access token outlives its secret, and nothing fails."""
    for _ in range(3):
        secret = client.add_secret()

        def revoke() -> int:
            with cast.app.app_context(), unit_of_work():
                found = db.session.scalars(sa.select(ScimCredential)).one()
                credentials.revoke(found, "Contoso staff", actor_id=found.id)
            return 303

        asks = [lambda secret=secret: client.ask(secret).status_code] * 4
        codes = at_once([*asks, revoke])
        assert {*codes} <= {200, 401, 303}
        with cast.app.app_context():
            assert db.session.scalar(sa.select(sa.func.count(ScimAccessToken.id))) == 0


def test_old_access_tokens_are_deleted(client: TokenClient, cast: Cast) -> None:
    client.ask(client.add_secret())
    deleted = []
    with cast.app.app_context(), time_machine.travel(now(), tick=True) as clock:
        for _ in range(2):
            with unit_of_work():
                deleted.append(authentication.purge())
            clock.shift(timedelta(days=2))
    assert deleted == [0, 1]


def test_scim_request_with_an_access_token_sends_as_many_queries_as_with_a_bearer_token(
    client: TokenClient, cast: Cast, contoso: Directory
) -> None:
    access = client.directory(client.ask(client.add_secret()))
    numbers = []
    for directory in (contoso, access):
        directory.get("ServiceProviderConfig")
        with assertions.queries(cast.app) as sent:
            directory.get("ServiceProviderConfig")
        numbers.append(len(sent))
    assert numbers == [1, 1]

"""Workload identity federation: the token endpoint with an assertion that the customer's tenant signs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app import microsoft_clients
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.provisioning.scim import actions as credentials
from app.provisioning.scim.models import ScimCredential, SpentScimAssertion
from app.provisioning.scim.token import authentication
from app.settings import Settings
from tests.assertions import audit_entries, json_of
from tests.at_once import at_once
from tests.cast import Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.provisioning.directory import Directory
from tests.provisioning.test_refusals import refused
from tests.provisioning.token_client import WORKLOAD, TokenClient, basic, client_of, oauth_error

OTHER = "927cf057-74f6-4400-b22b-94f88b041914"
MICROSOFTS_TEST_AUDIENCE = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"


@pytest.fixture
def client(cast: Cast) -> TokenClient:
    found = client_of(cast)
    found.trust()
    return found


@pytest.fixture
def _no_cached_keys(app: Flask, settings: Settings) -> Iterator[None]:
    """Neither before the test nor after it."""
    microsoft_clients.init_app(app, settings)
    yield
    microsoft_clients.init_app(app, settings)


def test_assertion_gets_an_access_token(client: TokenClient, cast: Cast) -> None:
    response = client.present(client.assertion(), scope="scim", resource="ignored")
    assert json_of(response)["expires_in"] == 3600
    assert client.directory(response).get("Users").status_code == 200
    assert client.present(client.assertion(), client_id=None).status_code == 200
    entries = audit_entries(cast.app, "provisioning.credential_first_used")
    assert [entry.detail["kind"] for entry in entries] == ["federation"]


@pytest.mark.parametrize(
    ("defects", "reason"),
    [
        ({"alg": "none"}, "invalid"),
        ({"alg": "HS256"}, "invalid"),
        ({"alg": "PS256"}, "invalid"),
        ({"alg": "bad_signature"}, "signature"),
        ({"alg": "unknown_key"}, "signature"),
        ({"claims": {"aud": f"api://{OTHER}"}}, "audience"),
        ({"claims": {"aud": [f"api://{WORKLOAD}"]}}, "audience"),
        ({"claims": {"aud": MICROSOFTS_TEST_AUDIENCE}}, "audience"),
        ({"claims": {"sub": OTHER}}, "subject"),
        ({"claims": {"appid": OTHER}}, "application"),
        ({"claims": {"iss": f"https://sts.windows.net/{CONTOSO}/"}}, "issuer"),
        ({"claims": {"tid": FABRIKAM}}, "issuer"),
        ({"claims": {"exp": {"seconds": -1}}}, "expired"),
        ({"claims": {"nbf": {"seconds": 600}}}, "invalid"),
        ({"claims": {"exp": {"seconds": 90000}}}, "invalid"),
        ({"claims": {"scp": "user_impersonation"}}, "invalid"),
        ({"duplicate": {"sub": OTHER}}, "invalid"),
        ({"pad": 20_000}, "invalid"),
        ({"raw": "x"}, "invalid"),
        ({"raw": "a.b.c"}, "invalid"),
    ],
    ids=str,
)
def test_invalid_assertion_is_refused_and_the_audit_log_says_why(
    client: TokenClient, cast: Cast, defects: dict[str, Any], reason: str
) -> None:
    description = oauth_error(client.present(client.assertion(**defects)), 401, "invalid_client")
    assert "audit log" in description
    (entry,) = audit_entries(cast.app, "provisioning.credential_refused")
    assert (entry.detail["kind"], entry.detail["reason"]) == ("federation", f"assertion_{reason}")


def test_assertion_is_accepted_once(client: TokenClient, cast: Cast) -> None:
    assertion = client.assertion()
    codes = at_once([lambda: client.present(assertion).status_code for _ in range(6)])
    assert sorted(codes) == [200] + [401] * 5
    assert audit_entries(cast.app, "provisioning.credential_refused")[-1].detail["reason"] == "assertion_replayed"
    same = client.assertion(claims={"uti": "one"})
    assert client.present(same).status_code == 200
    oauth_error(client.present(client.assertion(claims={"uti": "one"})), 401, "invalid_client")
    bare = client.assertion(remove=["uti"])
    assert [client.present(bare).status_code for _ in range(2)] == [200, 401]


def test_spent_assertion_stays_spent_after_the_trust_was_renewed(client: TokenClient, cast: Cast) -> None:
    assertion = client.assertion()
    assert client.present(assertion).status_code == 200
    with cast.app.app_context(), unit_of_work():
        found = db.session.scalars(sa.select(ScimCredential)).one()
        credentials.revoke(found, "Contoso staff", actor_id=found.id)
    oauth_error(client.present(client.assertion()), 401, "invalid_client")
    client.trust()
    oauth_error(client.present(assertion), 401, "invalid_client")


def test_spent_assertions_are_kept_as_long_as_one_could_be_valid(client: TokenClient, cast: Cast) -> None:
    client.present(client.assertion())
    left = []
    with cast.app.app_context(), time_machine.travel(now(), tick=True) as clock:
        for hours in (24, 2):
            clock.shift(timedelta(hours=hours))
            with unit_of_work():
                authentication.purge()
            left.append(db.session.scalar(sa.select(sa.func.count(SpentScimAssertion.id))))
    assert left == [1, 0]


def test_another_tenants_assertion_is_refused(client: TokenClient, cast: Cast) -> None:
    """Fabrikam registers an application with the same id and subject: its issuer and keys are its own."""
    fabrikam = client_of(cast, FABRIKAM)
    subject = client.shown()["subject"]
    forged = fabrikam.assertion(claims={"sub": subject})
    oauth_error(client.present(forged), 401, "invalid_client")
    forged = fabrikam.assertion(claims={"sub": subject, "tid": CONTOSO, "iss": client.shown()["issuer"]})
    oauth_error(client.present(forged), 401, "invalid_client")
    fabrikam.trust()
    oauth_error(fabrikam.present(client.assertion()), 401, "invalid_client")
    oauth_error(fabrikam.present(fabrikam.assertion(), client_id=client.client_id), 401, "invalid_client")
    access = fabrikam.directory(fabrikam.present(fabrikam.assertion()))
    user = access.user("eve")
    refused(client.directory(client.present(client.assertion())).get(f"Users/{user['id']}"), 404)


def test_assertion_is_no_bearer_token(client: TokenClient, cast: Cast) -> None:
    """Nor is what Microsoft sends if an admin leaves the secret token empty: every customer's has one audience."""
    bare = client.assertion(
        claims={"aud": MICROSOFTS_TEST_AUDIENCE, "iss": f"https://sts.windows.net/{CONTOSO}/", "ver": "1.0"}
    )
    for token in (client.assertion(), bare):
        refused(Directory(cast.app, token, CONTOSO).get("Users"), 401)


def test_two_workload_identities_during_a_rotation(client: TokenClient) -> None:
    client.trust(OTHER)
    assert client.present(client.assertion()).status_code == 200
    assert client.present(client.assertion(OTHER)).status_code == 200
    oauth_error(client.present(client.assertion(MICROSOFTS_TEST_AUDIENCE)), 401, "invalid_client")


def test_assertion_with_a_secret_is_refused(client: TokenClient) -> None:
    secret = client.add_secret()
    oauth_error(client.present(client.assertion(), client_secret=secret), 400, "invalid_request")
    response = client.present(client.assertion(), headers=basic(client.client_id, secret))
    oauth_error(response, 400, "invalid_request")
    oauth_error(client.present(client.assertion(), client_assertion_type="jwt"), 400, "invalid_request")
    oauth_error(client.present(client.assertion(), client_assertion_type=None), 400, "invalid_request")


@pytest.mark.usefixtures("_no_cached_keys")
def test_keys_rotate_without_an_interruption(client: TokenClient, cast: Cast) -> None:
    assert client.present(client.assertion()).status_code == 200
    cast.directory.rotate_keys(CONTOSO)
    assert client.present(client.assertion()).status_code == 200


@pytest.mark.usefixtures("_no_cached_keys")
def test_unreachable_keys_are_no_refusal(client: TokenClient, cast: Cast) -> None:
    cast.directory.drill("keys_unreachable")
    response = client.present(client.assertion())
    oauth_error(response, 503, "temporarily_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert audit_entries(cast.app, "provisioning.credential_refused") == []

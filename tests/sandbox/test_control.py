import pytest

from .driver import ADAEZE, CLIENT, SECRET, TENANT, VERIFIER, Driver

API = "/sandbox/api"
NEW = "77777777-7777-4777-8777-777777777777"


def test_tenant_with_person_and_application_can_be_created(sandbox: Driver) -> None:
    put = sandbox.client.put
    put(f"{API}/tenants/{NEW}", json={"name": "Adatum", "domains": ["ADATUM.example"]})
    put(f"{API}/tenants/{NEW}/people/{ADAEZE}", json={"name": "Zoë", "upn": "zoe@adatum.example"})
    sandbox.tenant = "adatum.example"
    path = f"{API}/tenants/{NEW}/applications/{CLIENT}"
    secrets = [{"id": NEW, "value": SECRET}]
    put(path, json={"name": "App", "secrets": secrets, "redirect_uris": {"web": ["http://localhost/callback"]}})
    code = sandbox.code(redirect_uri="http://localhost/callback")
    response = sandbox.token(code=code, redirect_uri="http://localhost/callback")
    assert sandbox.claims(response.get_json()["id_token"])["name"] == "Zoë"


def test_put_merges(sandbox: Driver) -> None:
    path = f"{API}/tenants/{TENANT}/people/{ADAEZE}"
    assert sandbox.client.put(path, json={"title": "CEO"}).get_json()["name"] == "Adaeze Okonkwo"
    assert sandbox.client.put(path, json={"mail": None}).get_json()["title"] == "CEO"


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        (f"tenants/{TENANT}/people/{ADAEZE}", {"shoe_size": 4}, "unknown: shoe_size"),
        (f"tenants/{TENANT}/people/{ADAEZE}", {"photo": "no base64!"}, "photo"),
        (f"tenants/{TENANT}/people/{NEW}", {"name": "No address"}, "missing"),
        (f"tenants/{TENANT}/people/unknown", {}, "not a GUID"),
        (f"tenants/{TENANT}/applications/{CLIENT}", {"redirect_uris": {"pager": []}}, "no such platform"),
        (f"tenants/{TENANT}/applications/{CLIENT}", {"consent": "maybe"}, "consent"),
        (f"tenants/{TENANT}/applications/{CLIENT}", {"certificates": ["x"]}, "certificates"),
        (f"tenants/{TENANT}/applications/{CLIENT}", {"secrets": [{"value": "x"}]}, "secrets"),
        (f"tenants/{TENANT}", {"people": []}, "unknown: people"),
        (f"tenants/{TENANT}", [], "JSON object"),
    ],
)
def test_invalid_body_returns_422_and_changes_nothing(sandbox: Driver, path: str, body: dict, says: str) -> None:
    before = sandbox.client.get(f"{API}/tenants").get_json()
    response = sandbox.client.put(f"{API}/{path}", json=body)
    assert response.status_code == 422
    assert says in response.get_json()["error"]
    assert sandbox.client.get(f"{API}/tenants").get_json() == before


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json", "text/plain"])
def test_body_is_parsed_with_any_content_type(sandbox: Driver, content_type: str) -> None:
    path = f"{API}/tenants/{TENANT}/people/{ADAEZE}"
    changed = sandbox.client.put(path, data='{"title": "CEO"}', content_type=content_type)
    assert changed.get_json()["title"] == "CEO"


@pytest.mark.parametrize("body", ["", "{", "title=CEO", "\xff", "[" * 100_000])
@pytest.mark.parametrize(
    "path", [f"tenants/{TENANT}", f"tenants/{TENANT}/applications/{CLIENT}", f"tenants/{TENANT}/dataverse", "drills"]
)
def test_body_that_is_not_json_returns_400_and_changes_nothing(sandbox: Driver, path: str, body: str) -> None:
    before = sandbox.client.get(f"{API}/tenants").get_json()
    refused = sandbox.client.put(f"{API}/{path}", data=body, content_type="application/x-www-form-urlencoded")
    assert refused.status_code == 400
    assert "not JSON" in refused.get_json()["error"]
    assert sandbox.client.get(f"{API}/tenants").get_json() == before


def test_patch_appends_to_lists_of_an_application(sandbox: Driver) -> None:
    path = f"{API}/tenants/{TENANT}/applications/{CLIENT}"
    sandbox.client.put(path, json={"redirect_uris": {"web": ["https://one.example"], "spa": ["https://two.example"]}})
    more = {"redirect_uris": {"web": ["https://three.example", "https://one.example"]}, "name": "Renamed"}
    for _ in range(2):
        changed = sandbox.client.patch(path, json=more).get_json()
    assert changed["redirect_uris"] == {
        "web": ["https://one.example", "https://three.example"],
        "spa": ["https://two.example"],
    }
    assert changed["name"] == "Renamed"
    secret = {"id": NEW, "value": "another", "expires": None}
    assert [one["id"] for one in sandbox.client.patch(path, json={"secrets": [secret]}).get_json()["secrets"]][1:] == [
        NEW
    ]
    assert sandbox.client.patch(f"{API}/tenants/{TENANT}/applications/{NEW}", json={}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"tenants/{NEW}/people/{ADAEZE}"),
        ("DELETE", f"tenants/{TENANT}/people/{NEW}"),
        ("DELETE", "drills/no_such/thing"),
        ("GET", f"tenants/{NEW}"),
        ("GET", "nonsense"),
    ],
)
def test_missing_resource_returns_404_as_json(sandbox: Driver, method: str, path: str) -> None:
    response = sandbox.client.open(f"{API}/{path}", method=method, json={})
    assert response.status_code == 404
    assert response.get_json()["error"]


def test_unknown_drill_returns_404(sandbox: Driver) -> None:
    assert sandbox.client.put(f"{API}/drills", json={"name": "no_such"}).status_code == 404


def test_people_can_be_deleted(sandbox: Driver) -> None:
    assert sandbox.client.delete(f"{API}/tenants/{TENANT}/people/{ADAEZE}").status_code == 204
    assert "Adaeze" not in sandbox.begin().text


def test_reset_restores_the_seed_with_the_same_keys(sandbox: Driver) -> None:
    keys = {key.key_id for key in sandbox.jwks().keys}
    sandbox.drill("directory_down")
    sandbox.client.delete(f"{API}/tenants/{TENANT}/people/{ADAEZE}")
    sandbox.client.post(f"{API}/tenants/{TENANT}/keys/rotate")
    assert sandbox.client.put(f"{API}/reset").status_code == 204
    assert {key.key_id for key in sandbox.jwks().keys} == keys
    assert sandbox.client.get(f"{API}/tenants/{TENANT}").get_json()["people"][0]["oid"] == ADAEZE


def test_request_log_contains_requests_and_no_secrets(sandbox: Driver) -> None:
    sandbox.client.delete(f"{API}/requests")
    code = sandbox.code()
    tokens = sandbox.token(code=code).get_json()
    sandbox.graph("/me", tokens["access_token"])
    sandbox.jwks()
    response = sandbox.client.get(f"{API}/requests")
    entries = response.get_json()["requests"]
    assert [entry["kind"] for entry in entries] == ["authorize", "token", "graph", "keys"]
    assert entries[1] | {"grant_type": "authorization_code", "client_auth": "secret", "status": 200} == entries[1]
    for hidden in (code, SECRET, VERIFIER, tokens["access_token"], tokens["refresh_token"], "n0nce"):
        assert hidden not in response.text


@pytest.mark.parametrize("path", ["/sandbox/api/reset", "/sandbox/drills"])
def test_websites_and_other_machines_cannot_use_the_control_api(sandbox: Driver, path: str) -> None:
    method = "PUT" if "api" in path else "POST"
    assert sandbox.client.open(path, method=method, headers={"Origin": "https://evil.example"}).status_code == 403
    assert sandbox.client.open(path, method=method, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403
    assert sandbox.client.open(path, method=method, headers={"Host": "evil.example"}).status_code == 400


def test_secret_values_are_not_listed(sandbox: Driver) -> None:
    assert SECRET not in sandbox.client.get(f"{API}/tenants").text

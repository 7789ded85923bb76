import base64
import io
import time

import pytest
import time_machine
from PIL import Image

from .driver import ADAEZE, BJORN, GUEST, NO_MAIL, NO_PHOTO, TENANT, Driver

ADMIN_SCOPES = "openid User.Read User.Read.All Group.Read.All"


@pytest.fixture
def bearer(sandbox: Driver) -> str:
    return str(sandbox.tokens()["access_token"])


def test_me_is_the_person_of_the_token(sandbox: Driver, bearer: str) -> None:
    document = sandbox.graph("/me", bearer).get_json()
    assert (document["id"], document["jobTitle"]) == (ADAEZE, "Chief Information Officer")
    assert document["@odata.context"].endswith("/v1.0/$metadata#users/$entity")


def test_select_limits_the_fields(sandbox: Driver, bearer: str) -> None:
    document = sandbox.graph("/me?$select=id,mail", bearer).get_json()
    assert set(document) == {"@odata.context", "id", "mail"}
    assert sandbox.graph("/me?$select=shoeSize", bearer).status_code == 400


def test_missing_mail_is_null(sandbox: Driver) -> None:
    token = sandbox.tokens(NO_MAIL)["access_token"]
    assert sandbox.graph("/me?$select=mail", token).get_json()["mail"] is None


@pytest.mark.parametrize("size", [48, 96, 648])
def test_photos_are_available_in_sizes(sandbox: Driver, bearer: str, size: int) -> None:
    response = sandbox.graph(f"/me/photos/{size}x{size}/$value", bearer)
    assert response.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(response.data)).size == (size, size)


def test_unsupported_photo_size_is_rejected(sandbox: Driver, bearer: str) -> None:
    assert sandbox.graph("/me/photos/97x97/$value", bearer).status_code == 400


@pytest.mark.parametrize(("person", "code"), [(NO_PHOTO, "ImageNotFound"), (GUEST, "ResourceNotFound")])
def test_missing_photo_returns_error_in_graph_format(sandbox: Driver, person: str, code: str) -> None:
    response = sandbox.graph("/me/photo/$value", sandbox.tokens(person)["access_token"])
    assert response.status_code == 404
    assert response.get_json()["error"]["code"] == code
    assert "request-id" in response.get_json()["error"]["innerError"]


def test_photo_can_be_set_to_any_bytes(sandbox: Driver, bearer: str) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    path = f"/sandbox/api/tenants/{TENANT}/people/{ADAEZE}"
    sandbox.client.put(path, json={"photo": base64.b64encode(svg).decode()})
    assert sandbox.graph("/me/photos/96x96/$value", bearer).data == svg


@pytest.mark.parametrize("token", ["", "rubbish", "a.b.c"])
def test_invalid_token_returns_401(sandbox: Driver, token: str) -> None:
    response = sandbox.graph("/me", token)
    assert response.status_code == 401
    assert response.get_json()["error"]["code"] == "InvalidAuthenticationToken"


def test_id_token_is_not_accepted_as_access_token(sandbox: Driver) -> None:
    assert sandbox.graph("/me", sandbox.tokens()["id_token"]).status_code == 401


def test_tampered_token_is_rejected(sandbox: Driver, bearer: str) -> None:
    head, payload, signature = bearer.split(".")
    assert sandbox.graph("/me", f"{head}.{payload}.{signature[::-1]}").status_code == 401


def test_expired_token_is_rejected(sandbox: Driver) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        token = sandbox.tokens()["access_token"]
        clock.shift(5401)
        assert "expired" in sandbox.graph("/me", token).get_json()["error"]["message"]


def test_token_survives_key_rotation(sandbox: Driver, bearer: str) -> None:
    sandbox.client.post(f"/sandbox/api/tenants/{TENANT}/keys/rotate", json={"keep_old": False})
    assert sandbox.graph("/me", bearer).status_code == 200


def test_me_requires_user_read(sandbox: Driver) -> None:
    response = sandbox.graph("/me", sandbox.tokens(scope="openid profile")["access_token"])
    assert response.status_code == 403
    assert response.get_json()["error"]["code"] == "Authorization_RequestDenied"


def test_other_people_require_more_than_user_read(sandbox: Driver, bearer: str) -> None:
    assert sandbox.graph(f"/users/{ADAEZE}", bearer).status_code == 200
    for path in ("/users", f"/users/{BJORN}", "/users/unknown@contoso.example", "/groups"):
        assert sandbox.graph(path, bearer).status_code == 403


def test_users_and_groups_are_paged(sandbox: Driver) -> None:
    token = sandbox.tokens(scope=ADMIN_SCOPES)["access_token"]
    seen, path = [], "/users?$top=5&$select=id"
    while path:
        page = sandbox.graph(path, token).get_json()
        assert len(page["value"]) <= 5
        seen += [person["id"] for person in page["value"]]
        path = page.get("@odata.nextLink", "").partition("/v1.0")[2]
    assert len(seen) == len(set(seen)) == 14
    assert sandbox.graph("/groups", token).get_json()["value"][0]["displayName"] == "All staff"
    assert sandbox.graph("/users/bjorn.lindqvist@contoso.example", token).get_json()["id"] == BJORN
    assert sandbox.graph(f"/users/{BJORN}/photos/48x48/$value", token).mimetype == "image/jpeg"
    assert sandbox.graph("/users/unknown@contoso.example", token).status_code == 404


def test_own_groups_have_only_ids_with_user_read(sandbox: Driver, bearer: str) -> None:
    groups = sandbox.graph("/me/memberOf", bearer).get_json()["value"]
    assert len(groups) == 2
    assert all(group["displayName"] is None for group in groups)


def test_batch_returns_profile_and_photo_in_one_round_trip(sandbox: Driver, bearer: str) -> None:
    steps = [
        {"id": "me", "method": "GET", "url": "/me?$select=id,displayName"},
        {"id": "photo", "method": "GET", "url": "/me/photos/96x96/$value"},
        {"id": "bad", "method": "GET", "url": "/nonsense"},
        {"id": "after", "method": "GET", "url": "/me", "dependsOn": ["bad"]},
    ]
    response = sandbox.graph("/$batch", bearer, method="POST", json={"requests": steps})
    responses = {answer["id"]: answer for answer in response.get_json()["responses"]}
    assert responses["me"]["body"]["id"] == ADAEZE
    assert responses["photo"]["headers"]["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(base64.b64decode(responses["photo"]["body"]))).size == (96, 96)
    assert (responses["bad"]["status"], responses["after"]["status"]) == (400, 424)


@pytest.mark.parametrize("body", [None, {"requests": "x"}, {"requests": [{"id": str(n)} for n in range(21)]}])
def test_invalid_batch_is_rejected(sandbox: Driver, bearer: str, body: dict | None) -> None:
    assert sandbox.graph("/$batch", bearer, method="POST", json=body).status_code == 400


def test_pages_of_any_origin_can_call_graph(sandbox: Driver, bearer: str) -> None:
    response = sandbox.graph("/me", bearer, headers={"Origin": "https://app.example.com"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    preflight = sandbox.client.options("/v1.0/me", headers={"Access-Control-Request-Headers": "authorization"})
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"


def test_application_token_has_no_me(sandbox: Driver) -> None:
    sandbox.configure(app_permissions=["User.Read.All"])
    form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
    token = sandbox.token(**form).get_json()["access_token"]
    assert sandbox.graph("/me", token).status_code == 400
    assert sandbox.graph("/users", token).status_code == 200


DELTA = "/users/delta?$select=id,accountEnabled"


@pytest.fixture
def app_only(sandbox: Driver) -> str:
    """An application's own token, with the permission to read users."""
    sandbox.configure(app_permissions=["User.Read.All"])
    return sandbox.app_token()


def all_changes(sandbox: Driver, token: str, path: str) -> tuple[dict[str, dict[str, object]], str, int]:
    """Those of all pages by id, the delta link's path, and the number of pages."""
    found: dict[str, dict[str, object]] = {}
    for pages in range(1, 10):
        page = sandbox.graph(path, token).get_json()
        found |= {one["id"]: one for one in page["value"]}
        path = page.get("@odata.nextLink", page.get("@odata.deltaLink")).partition("/v1.0")[2]
        if "@odata.deltaLink" in page:
            return found, path, pages
    raise AssertionError("endless")


def test_delta_lists_everyone_and_then_changes_only(sandbox: Driver, app_only: str) -> None:
    for number in range(150):
        oid = f"d{number:07d}-0000-4000-8000-000000000000"
        sandbox.put_person(oid, name=f"P {number}", upn=f"p{number}@contoso.example")
    everyone, link, pages = all_changes(sandbox, app_only, DELTA)
    assert (len(everyone) > 150, pages) == (True, 2)
    assert everyone[ADAEZE] == {"id": ADAEZE, "accountEnabled": True}
    assert "$deltatoken=" in link
    assert all_changes(sandbox, app_only, link)[0] == {}
    sandbox.put_person(BJORN, disabled=True)
    sandbox.put_person(ADAEZE, title="Another one")
    sandbox.client.delete(f"/sandbox/api/tenants/{TENANT}/people/{NO_MAIL}")
    changed, following, _ = all_changes(sandbox, app_only, link)
    assert changed == {
        BJORN: {"id": BJORN, "accountEnabled": False},
        NO_MAIL: {"id": NO_MAIL, "@removed": {"reason": "changed"}},
    }, "a title isn't selected"
    assert all_changes(sandbox, app_only, following)[0] == {}
    assert all_changes(sandbox, app_only, link)[0] == changed, "a link can be used again"


def test_delta_from_now_on(sandbox: Driver, app_only: str) -> None:
    found, link, _ = all_changes(sandbox, app_only, f"{DELTA}&$deltatoken=latest")
    assert found == {}
    sandbox.put_person(BJORN, disabled=True)
    assert list(all_changes(sandbox, app_only, link)[0]) == [BJORN]


def test_delta_needs_the_permission(sandbox: Driver, bearer: str) -> None:
    assert sandbox.graph(DELTA, bearer).status_code == 403
    refused = sandbox.graph(DELTA, sandbox.app_token())
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_lost_and_expired_changes_have_to_be_read_again(sandbox: Driver, app_only: str) -> None:
    _, link, _ = all_changes(sandbox, app_only, DELTA)
    sandbox.drill("graph_delta_gone")
    gone = sandbox.graph(link, app_only)
    assert (gone.status_code, gone.headers["Location"].partition("/v1.0")[2]) == (410, DELTA)
    sandbox.drill("graph_delta_expired")
    for path in (link, "/users/delta?$deltatoken=nonsense"):
        expired = sandbox.graph(path, app_only)
        assert (expired.status_code, expired.get_json()["error"]["code"]) == (400, "syncStateNotFound")

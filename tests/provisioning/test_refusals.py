"""What is refused, and how: always an error of SCIM, and nothing is changed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import Limit
from app.provisioning.scim import endpoint
from app.provisioning.scim.models import ScimCredential, ScimRequest
from tests import directory as seed
from tests.assertions import audit_entries, queries, rows, written
from tests.cast import Cast
from tests.provisioning.directory import TYPE, Directory, connect, user

NESTED = "[" * 40 + "]" * 40


def refused(response: TestResponse, status: int, scim_type: str | None = None) -> dict[str, Any]:
    """The error, which has the form that SCIM prescribes."""
    assert response.status_code == status, response.text
    assert response.mimetype == TYPE
    assert response.json
    error: dict[str, Any] = response.json
    assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert error["status"] == str(status)
    assert error["detail"]
    assert error.get("scimType") == scim_type
    return error


def test_request_without_a_valid_token_is_refused(contoso: Directory) -> None:
    for token in ("", "made-up", contoso.token[:-1], contoso.token + "x", "ä"):
        other = Directory(contoso.app, token, contoso.tenant)
        response = other.get("Users")
        refused(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    refused(contoso.get("Users", headers={"Authorization": f"Basic {contoso.token}"}), 401)


def test_expired_token_is_refused_and_recorded_once_an_hour(cast: Cast) -> None:
    yesterday, today = now().date() - timedelta(days=1), now().date()
    expired = connect(cast.app, seed.CONTOSO, expires=yesterday)
    for _ in range(2):
        refused(expired.get("Users"), 401)
    (entry,) = audit_entries(cast.app, "provisioning.credential_refused")
    assert entry.detail["reason"] == "token_expired"
    assert connect(cast.app, seed.CONTOSO, expires=today).get("Users").status_code == 200


def test_revoked_token_is_refused(cast: Cast, contoso: Directory) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.delete(ScimCredential))
    refused(contoso.get("Users"), 401)


def test_another_companys_resources_are_not_found(contoso: Directory, fabrikam: Directory) -> None:
    user_id, group_id = contoso.user()["id"], contoso.group()["id"]
    change = {"op": "replace", "path": "displayName", "value": "Taken over"}
    for path in (f"Users/{user_id}", f"Groups/{group_id}"):
        refused(fabrikam.get(path), 404)
        refused(fabrikam.patch(path, change), 404)
        refused(fabrikam.put(path, user("eve", displayName="Eve")), 404)
        refused(fabrikam.delete(path), 404)
    assert fabrikam.found("Users", f'id eq "{user_id}"') == []
    assert fabrikam.found("Groups", f'id eq "{group_id}"') == []
    assert contoso.get(f"Users/{user_id}").status_code == contoso.get(f"Groups/{group_id}").status_code == 200


def test_another_connections_resources_of_the_same_company_are_not_found(
    cast: Cast, contoso: Directory, fabrikam: Directory
) -> None:
    user_id, group_id = contoso.user()["id"], contoso.group()["id"]
    with cast.app.app_context(), unit_of_work():
        companies = db.session.scalars(sa.select(ScimCredential.company_id).order_by(ScimCredential.id)).all()
        moved = (
            sa.update(ScimCredential).where(ScimCredential.company_id == companies[1]).values(company_id=companies[0])
        )
        db.session.execute(moved.execution_options(synchronize_session=False))
    for path in (f"Users/{user_id}", f"Groups/{group_id}"):
        refused(fabrikam.get(path), 404)
        refused(fabrikam.delete(path), 404)
    assert fabrikam.found("Users", f'id eq "{user_id}"') == []
    refused(fabrikam.post("Groups", {"displayName": "Own", "members": [{"value": user_id}]}), 400, "invalidValue")


def test_same_names_in_two_connections_are_no_conflict(contoso: Directory, fabrikam: Directory) -> None:
    sent = user("ann")
    assert contoso.post("Users", sent).status_code == fabrikam.post("Users", sent).status_code == 201


@pytest.mark.parametrize("name", ["userName", "externalId"])
def test_taken_user_name_or_external_id_is_a_conflict(contoso: Directory, name: str) -> None:
    shown = contoso.user("ann")
    other = user("bob", **{name: shown[name].upper() if name == "userName" else shown[name]})
    refused(contoso.post("Users", other), 409, "uniqueness")
    bob = contoso.user("bob")
    change = {"op": "replace", "path": name, "value": shown[name]}
    refused(contoso.patch(f"Users/{bob['id']}", change), 409, "uniqueness")
    assert contoso.get(f"Users/{bob['id']}").json == bob


def test_same_address_is_no_conflict(contoso: Directory) -> None:
    contoso.user("ann")
    contoso.user("bob", emails=[{"type": "work", "value": "ann@contoso.example"}])


@pytest.mark.parametrize(
    ("body", "status", "scim_type"),
    [
        ("{", 400, "invalidSyntax"),
        ("[]", 400, "invalidSyntax"),
        (NESTED, 400, "invalidSyntax"),
        ('{"userName":"a","userName":"b"}', 400, "invalidSyntax"),
        ('{"userName":NaN}', 400, "invalidSyntax"),
        (b'{"userName":"\xff"}', 400, "invalidSyntax"),
        ("{}", 400, "invalidValue"),
        ('{"userName":""}', 400, "invalidValue"),
        ('{"userName":7,"emails":"x"}', 400, "invalidValue"),
        ('{"userName":"a","active":"perhaps"}', 400, "invalidValue"),
        ('{"userName":"' + "x" * 501 + '"}', 400, "invalidValue"),
    ],
    ids=[
        "cut",
        "list",
        "deep",
        "duplicate-key",
        "nan",
        "not-utf8",
        "empty",
        "no-name",
        "wrong-types",
        "no-boolean",
        "long",
    ],
)
def test_invalid_body_is_refused(
    cast: Cast, contoso: Directory, body: str | bytes, status: int, scim_type: str
) -> None:
    contoso.get("Users")
    before = rows(cast.app)
    refused(contoso.post("Users", body), status, scim_type)
    assert written(before, rows(cast.app)) == {"scim_request": 1}


def test_body_over_1_mb_is_refused(contoso: Directory) -> None:
    refused(contoso.post("Users", {**user(), "title": "x" * 1024 * 1024}), 413)


def test_form_is_refused(contoso: Directory) -> None:
    refused(contoso.post("Users", "a=b", content_type="application/x-www-form-urlencoded"), 415)


def test_control_characters_are_removed(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("ann", displayName="Ann\u0000 \u202eExample\u0007", title="Line\n two")
    assert shown["displayName"] == "Ann Example"
    assert shown["title"] == "Line\n two"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        'userName eq "a" or userName eq "b"',
        'userName eq "a',
        'userName eq "a" and',
        'userName xx "a"',
        'userName co "a"',
        "not (userName eq 1)",
        'title eq "Engineer"',
        "active eq true",
        "((((((((((",
        'userName eq "a" ' + 'and userName eq "a" ' * 200,
        "'; DROP TABLE scim_user; --",
    ],
    ids=range(13),
)
def test_text_that_is_no_filter_is_refused(contoso: Directory, text: str) -> None:
    for kind in ("Users", "Groups"):
        refused(contoso.get(kind, query_string={"filter": text}), 400, "invalidFilter")


def test_unknown_addresses_and_methods_are_refused(contoso: Directory) -> None:
    for path in ("Nonsense", "Users/a/b", f"Users/{uuid4()}", "Users/not-an-id", "Schemas/urn:x", "ResourceTypes/X"):
        refused(contoso.get(path), 404)
    refused(contoso.delete("Users"), 405)
    refused(contoso.post("Bulk", {}), 501)


def test_unknown_operations_are_refused(contoso: Directory) -> None:
    shown = contoso.user()
    for operation in ({"op": "frob", "path": "title", "value": "x"}, {"path": "title"}, {"op": "add", "path": "a[b"}):
        response = contoso.patch(f"Users/{shown['id']}", operation)
        assert response.status_code == 400, operation
        assert response.mimetype == TYPE
    refused(contoso.request("PATCH", f"Users/{shown['id']}", {"Operations": "x"}), 400, "invalidSyntax")
    assert contoso.get(f"Users/{shown['id']}").json == shown


def test_failed_operation_undoes_those_before_it(contoso: Directory) -> None:
    shown = contoso.user()
    contoso.patch(
        f"Users/{shown['id']}",
        {"op": "replace", "path": "title", "value": "Boss"},
        {"op": "replace", "path": "active", "value": "perhaps"},
    )
    assert contoso.get(f"Users/{shown['id']}").json == shown


def test_unknown_attributes_and_schemas_are_ignored(contoso: Directory) -> None:
    shown = contoso.user(
        "ann", **{"schemas": ["urn:x:y", "urn:ietf:params:scim:schemas:core:2.0:User"], "urn:x:y": {"a": 1}, "b": [1]}
    )
    assert "b" not in shown
    assert "urn:x:y" not in shown
    response = contoso.patch(f"Users/{shown['id']}", {"op": "Add", "path": "urn:x:y:a", "value": "1"})
    assert response.status_code == 200


def test_an_invalid_token_is_limited_without_stopping_other_companies(
    contoso: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "FAILURES", Limit("scim_failures_test", "3 per minute", "requests"))
    wrong = Directory(contoso.app, "wrong", contoso.tenant)
    assert [wrong.get("Users").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert contoso.get("Users").status_code == 200


def test_change_of_another_version_is_refused(contoso: Directory) -> None:
    shown = contoso.user()
    path, change = f"Users/{shown['id']}", {"op": "replace", "path": "title", "value": "Boss"}
    assert contoso.patch(path, change, headers={"If-Match": shown["meta"]["version"]}).status_code == 200
    refused(contoso.patch(path, change, headers={"If-Match": shown["meta"]["version"]}), 412)
    current = contoso.get(path)
    assert contoso.get(path, headers={"If-None-Match": current.headers["ETag"]}).status_code == 304


def test_lookup_sends_the_same_few_queries_however_many_users_there_are(cast: Cast, contoso: Directory) -> None:
    def statements() -> int:
        with queries(cast.app) as sent:
            contoso.found("Users", 'userName eq "p1@contoso.example"')
        return len(sent)

    contoso.user("p1")
    contoso.get("Users")
    before = statements()
    for number in range(2, 12):
        contoso.user(f"p{number}")
    assert statements() == before <= 3


def test_pages_have_every_user_once(contoso: Directory) -> None:
    ids = {contoso.user(f"p{number}")["id"] for number in range(7)}
    seen: list[str] = []
    for start in (1, 4, 7):
        response = contoso.get("Users", query_string={"startIndex": start, "count": 3})
        assert response.json
        assert (response.json["totalResults"], response.json["startIndex"]) == (7, start)
        seen += [one["id"] for one in response.json["Resources"]]
    assert len(seen) == 7
    assert {*seen} == ids
    counts = {"0": 0, "-1": 0, "1000000": 7}
    for count, number in counts.items():
        response = contoso.get("Users", query_string={"count": count})
        assert response.json
        assert len(response.json["Resources"]) == number
    refused(contoso.get("Users", query_string={"count": "many"}), 400, "invalidValue")


def test_refusals_are_kept_for_the_admin(cast: Cast, contoso: Directory) -> None:
    contoso.user("ann")
    contoso.post("Users", user("ann", displayName="Ann Again"))
    with cast.app.app_context():
        last = db.session.scalars(sa.select(ScimRequest).order_by(ScimRequest.id.desc())).first()
        assert last
        assert (last.what, last.status, last.name) == ("user.added", 409, "Ann Again")

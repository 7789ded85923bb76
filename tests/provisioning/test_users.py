"""Users: created, found, changed, deactivated and deleted by a directory."""

from uuid import uuid4

from tests.cast import Cast
from tests.provisioning.directory import Directory, person_of, user


def test_created_user_is_a_person_of_the_company(cast: Cast, contoso: Directory) -> None:
    sent = user("ann", title="Engineer")
    response = contoso.post("Users", sent)
    assert response.status_code == 201
    assert response.mimetype == "application/scim+json"
    shown = response.json
    assert shown
    assert response.headers["Location"] == shown["meta"]["location"]
    assert response.headers["ETag"] == shown["meta"]["version"]
    person = person_of(cast.app, shown)
    assert (person.name, person.title, person.email) == ("Ann Example", "Engineer", "ann@contoso.example")
    assert (person.tid, person.oid) == (contoso.tenant, sent["externalId"])
    assert person.sign_in_email is None
    assert person.is_active


def test_created_user_is_returned_as_sent(contoso: Directory) -> None:
    values = {
        "userName": "ANN@Contoso.example",
        "phoneNumbers": [{"type": "mobile", "value": "+1 (206)  555-0100"}],
        "addresses": [{"type": "work", "formatted": "1 Main St\nLisbon", "postalCode": "00-950"}],
    }
    shown = contoso.user("ann", **values)
    read = contoso.get(f"Users/{shown['id']}").json
    assert read == shown
    assert {name: shown[name] for name in values} == values


def test_user_is_found_by_each_attribute_that_directories_match_by(contoso: Directory) -> None:
    shown = contoso.user("ann")
    contoso.user("bob")
    for condition in (
        'userName eq "ANN@contoso.example"',
        f'externalId eq "{shown["externalId"]}"',
        'emails[type eq "work"].value eq "ann@contoso.example"',
        f'id eq "{shown["id"]}"',
    ):
        assert contoso.found("Users", condition) == [shown], condition


def test_search_without_a_result_is_an_empty_list(contoso: Directory) -> None:
    response = contoso.get("Users", query_string={"filter": f'userName eq "{uuid4()}"'})
    assert response.status_code == 200
    assert response.json
    assert response.json["Resources"] == []
    assert (response.json["totalResults"], response.json["startIndex"], response.json["itemsPerPage"]) == (0, 1, 0)


def test_change_is_kept(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("ann")
    response = contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "displayName", "value": "Ann Other"})
    assert response.status_code == 200
    assert response.json
    assert response.json["displayName"] == "Ann Other"
    assert person_of(cast.app, shown).name == "Ann Other"


def test_same_values_change_nothing(contoso: Directory) -> None:
    shown = contoso.user("ann")
    response = contoso.patch(
        f"Users/{shown['id']}", {"op": "Replace", "path": "displayName", "value": shown["displayName"]}
    )
    assert response.json == shown


def test_replaced_user_loses_what_is_left_out_but_stays_active(contoso: Directory) -> None:
    sent = user("ann", title="Engineer")
    shown = contoso.user("ann", title="Engineer", externalId=sent["externalId"])
    del sent["title"], sent["active"]
    response = contoso.put(f"Users/{shown['id']}", sent)
    assert response.status_code == 200
    assert response.json
    assert response.json["active"] is True
    assert "title" not in response.json


def test_deleted_user_is_gone_and_the_person_deactivated(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("ann")
    person_id = person_of(cast.app, shown).id
    assert contoso.delete(f"Users/{shown['id']}").status_code == 204
    assert contoso.get(f"Users/{shown['id']}").status_code == 404
    assert contoso.delete(f"Users/{shown['id']}").status_code == 404
    assert contoso.found("Users", 'userName eq "ann@contoso.example"') == []
    again = contoso.user("ann", externalId=shown["externalId"])
    person = person_of(cast.app, again)
    assert person.id == person_id
    assert person.is_active

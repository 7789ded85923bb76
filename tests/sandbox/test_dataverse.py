"""The simulated Dataverse: permissions, paging, change tracking, errors, and the control API."""

import time
import uuid
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.assertions import json_of

from .driver import ADAEZE, TENANT, WEB, Driver, code_of

CLIENT = "2c2c2c2c-2222-4222-8222-222222222222"
SECRET = "contoso-crm-sandbox-secret-value"
ENVIRONMENT = "https://localhost:8001"
SCOPE = f"{ENVIRONMENT}/.default openid offline_access"
CONTROL = f"/sandbox/api/tenants/{TENANT}/dataverse"
ALL = "/contacts?$select=fullname,modifiedon"


class Crm:
    """The CRM's application at the sandbox."""

    def __init__(self, sandbox: Driver) -> None:
        self.sandbox = Driver(sandbox.client, application=CLIENT)
        self.sandbox.configure(redirect_uris={"web": [WEB]})
        self.bearer = self.token()["access_token"]

    def token(self, person: str = ADAEZE) -> dict[str, Any]:
        code = self.sandbox.code(person, scope=SCOPE)
        response = self.sandbox.token(code=code, client_secret=SECRET)
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = json_of(response)
        return tokens

    def application_token(self) -> str:
        scope = f"{ENVIRONMENT}/.default"
        response = self.sandbox.token(grant_type="client_credentials", client_secret=SECRET, scope=scope)
        return str(json_of(response)["access_token"])

    def get(self, path: str, bearer: str | None = None, prefer: str = "odata.track-changes") -> TestResponse:
        path = path.removeprefix(ENVIRONMENT).removeprefix("/api/data/v9.2")
        headers = {"Authorization": f"Bearer {bearer or self.bearer}", "Prefer": prefer}
        return self.sandbox.client.get(f"/api/data/v9.2{path}", headers=headers)

    def pages(self, path: str = ALL, size: int = 25) -> list[dict[str, Any]]:
        """All pages from this link on."""
        found = [self.get(path, prefer=f"odata.track-changes,odata.maxpagesize={size}").get_json()]
        while link := found[-1].get("@odata.nextLink"):
            found.append(self.get(link, prefer=f"odata.maxpagesize={size}").get_json())
        return found

    def call(self, method: str, path: str = "", **body: Any) -> Any:
        response = self.sandbox.client.open(CONTROL + path, method=method, json=body or None)
        assert response.status_code < 300, response.text
        return response.get_json(silent=True)


@pytest.fixture
def crm(sandbox: Driver) -> Crm:
    return Crm(sandbox)


def test_whoami_returns_organization_and_user(crm: Crm) -> None:
    me = crm.get("/WhoAmI").get_json()
    organization = crm.get(f"/organizations({me['OrganizationId']})?$select=name").get_json()
    user = crm.get(f"/systemusers({me['UserId']})?$select=fullname").get_json()
    assert (organization["name"], user["fullname"]) == ("Contoso", "Adaeze Okonkwo")


def test_token_for_another_resource_is_rejected(crm: Crm, sandbox: Driver) -> None:
    assert crm.get("/WhoAmI", sandbox.tokens()["access_token"]).status_code == 401
    assert sandbox.graph("/me", crm.bearer).status_code == 401


def test_two_resources_cannot_be_requested_at_once(crm: Crm) -> None:
    refused = crm.sandbox.begin(scope=f"{ENVIRONMENT}/user_impersonation https://graph.microsoft.com/User.Read")
    assert "AADSTS28000" in refused.headers["Location"]


def test_application_can_read_once_it_is_a_user_with_a_role(crm: Crm) -> None:
    bearer = crm.application_token()
    refused = crm.get("/WhoAmI", bearer)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "0x80072560")
    crm.call("PUT", application_users=[CLIENT])
    assert crm.get("/WhoAmI", bearer).status_code == 200


def test_disabled_person_is_not_a_dataverse_user(crm: Crm) -> None:
    crm.sandbox.client.put(f"/sandbox/api/tenants/{TENANT}/people/{ADAEZE}", json={"disabled": True})
    assert crm.get("/WhoAmI").status_code == 403


def test_paging_returns_each_contact_once(crm: Crm) -> None:
    pages = crm.pages()
    assert [len(page["value"]) for page in pages] == [25, 25, 10]
    assert len({row["contactid"] for page in pages for row in page["value"]}) == 60
    assert set(pages[0]["value"][0]) == {"@odata.etag", "contactid", "fullname", "modifiedon"}


def test_unknown_column_is_rejected(crm: Crm) -> None:
    assert crm.get("/contacts?$select=shoesize").status_code == 400


def test_company_is_returned_as_annotation(crm: Crm) -> None:
    formatted = "_parentcustomerid_value@OData.Community.Display.V1.FormattedValue"
    path = "/contacts?$select=_parentcustomerid_value"
    assert crm.get(path, prefer='odata.include-annotations="*"').get_json()["value"][0][formatted]
    assert formatted not in crm.get(path).get_json()["value"][0]


def test_delta_link_returns_changes_and_deletions(crm: Crm) -> None:
    first = crm.get(ALL, prefer="odata.track-changes,odata.maxpagesize=40").get_json()
    changed, gone = first["value"][0]["contactid"], first["value"][1]["contactid"]
    made = str(uuid.uuid4())
    crm.call("PUT", f"/contacts/{changed}", fullname="Another Name")
    crm.call("DELETE", f"/contacts/{gone}")
    crm.call("PUT", f"/contacts/{made}", fullname="New Here")
    last = crm.get(first["@odata.nextLink"]).get_json()
    delta = crm.pages(last["@odata.deltaLink"], size=2)
    rows = [row for page in delta for row in page["value"]]
    assert {row["contactid"]: row["fullname"] for row in rows if "contactid" in row} == {
        changed: "Another Name",
        made: "New Here",
    }
    assert [(row["id"], row["reason"]) for row in rows if "$deletedEntity" in row.get("@odata.context", "")] == [
        (gone, "deleted")
    ]
    assert crm.pages(delta[-1]["@odata.deltaLink"])[0]["value"] == []


def test_old_delta_link_returns_everything_without_deletions(crm: Crm) -> None:
    link = crm.pages()[-1]["@odata.deltaLink"]
    crm.call("DELETE", "/contacts?count=3")
    crm.call("PUT", forget_changes=True)
    assert sum(len(page["value"]) for page in crm.pages(link)) == 57


def test_revoking_ends_access_until_a_new_sign_in(crm: Crm) -> None:
    refresh_token = crm.token()["refresh_token"]
    crm.sandbox.client.post(f"/sandbox/api/tenants/{TENANT}/people/{ADAEZE}/revoke")
    assert crm.get("/WhoAmI").status_code == 401
    refused = crm.sandbox.token(grant_type="refresh_token", refresh_token=refresh_token, client_secret=SECRET)
    assert code_of(refused) == 50173
    assert crm.get("/WhoAmI", crm.token()["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("drill", "status"),
    [
        ("dataverse_busy", 429),
        ("dataverse_down", 503),
        ("dataverse_forbidden", 403),
        ("dataverse_unauthorized", 401),
    ],
)
def test_dataverse_errors_have_their_own_format(crm: Crm, drill: str, status: int) -> None:
    crm.sandbox.drill(drill)
    response = crm.get("/WhoAmI")
    assert response.status_code == status
    assert {"code", "message"} == set(response.get_json()["error"])
    assert ("Retry-After" in response.headers) == (status == 429)


def test_page_can_be_malformed(crm: Crm) -> None:
    crm.sandbox.drill("dataverse_malformed")
    assert crm.get(ALL).get_json(silent=True) is None
    assert crm.get("/WhoAmI").status_code == 200


def test_dataverse_can_be_slow(crm: Crm) -> None:
    crm.sandbox.drill("dataverse_slow", seconds=0.2)
    began = time.monotonic()
    assert crm.get("/WhoAmI").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_fifty_thousand_contacts_can_be_created_and_changed(crm: Crm) -> None:
    began = time.monotonic()
    crm.call("POST", "/contacts", count=50_000)
    assert crm.call("PATCH", "/contacts", count=100, values={"jobtitle": "Promoted"})["contacts"] == 50_060
    assert time.monotonic() - began < 20
    counted = crm.get("/RetrieveTotalRecordCount(EntityNames=@names)?@names=['contact']").get_json()
    assert counted["EntityRecordCountCollection"]["Values"] == [50_060]
    assert {one["jobtitle"] for one in crm.call("GET", "/contacts?count=100")} == {"Promoted"}


def test_unknown_contact_field_is_rejected(crm: Crm) -> None:
    path = f"{CONTROL}/contacts/{uuid.uuid4()}"
    assert crm.sandbox.client.put(path, json={"shoesize": 42}).status_code == 422
    assert crm.sandbox.client.delete(path).status_code == 404
    assert crm.sandbox.client.post(f"{CONTROL}/contacts", json={"count": "many"}).status_code == 422

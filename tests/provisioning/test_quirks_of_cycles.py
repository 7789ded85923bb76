"""Entra's quirks in when it asks and what it does with answers, by number; and whether each number has a test."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from app.connections.models import Draft
from app.core.database import db
from app.http.rate_limits import Limit
from app.people.models import Person
from app.provisioning.scim import endpoint
from app.provisioning.scim import queries as scim
from app.provisioning.scim.models import ScimRequest
from tests.assertions import audit_entries
from tests.at_once import at_once
from tests.cast import Cast
from tests.directory import CONTOSO
from tests.provisioning import test_quirks
from tests.provisioning.directory import ENTERPRISE, Directory, member, person_of, user
from tests.provisioning.test_refusals import refused

NUMBERS = range(1, 65)
ELSEWHERE = {
    45: "test_engine.test_both_sides_are_equal_though_the_server_is_killed_in_mid_cycle",
    46: "test_admin_pages.test_warnings_are_sent_before_a_credential_expires",
    48: "test_size.test_requests_send_the_same_statements_through_indexes",
    50: "test_leaving.test_sign_in_of_a_deactivated_person_is_refused",
    52: "test_engine.test_both_sides_are_equal_though_the_server_is_killed_in_mid_cycle",
    54: "test_engine.test_both_sides_are_equal_though_the_server_is_killed_in_mid_cycle",
}
"""Numbers whose tests are about more than the quirk."""
NOT_OURS = {
    18: "Entra chooses which of several roles it sends; what it sends in roles is kept and gives nothing here",
    56: "Entra skips people who are assigned without a role, so that nothing arrives",
    57: "tenants that can’t provision send nothing",
    58: "TLS ends at the proxy",
    59: "all of Microsoft’s tenants share its addresses, so no request is judged by its network",
    64: "the protection against many deletions is a setting of Entra’s own",
}
"""Numbers that no request of a directory shows."""


def test_each_number_has_a_test_or_a_reason() -> None:
    tested = {number for module in (test_quirks, import_module(__name__)) for number in _numbers(module)}
    for name in ELSEWHERE.values():
        module, _, function = name.rpartition(".")
        assert callable(getattr(import_module(f"tests.provisioning.{module}"), function, None)), name
    assert sorted([*tested, *ELSEWHERE, *NOT_OURS]) == list(NUMBERS)


def _numbers(module: ModuleType) -> set[int]:
    found = [re.match(r"test_(\d\d(?:_and_\d\d|_\d\d)*)_", name) for name in vars(module)]
    return {int(number) for one in found if one for number in re.findall(r"\d\d", one[1])}


def test_guide_names_the_quirks_that_are_handled() -> None:
    text = (Path(__file__).parents[2] / "docs" / "provisioning.md").read_text()
    rows = re.findall(r"^\| (\d[\d, –]*) \|", text, re.MULTILINE)
    named: set[int] = set()
    for row in rows:
        for part in row.split(", "):
            first, _, last = part.partition("–")
            named |= {*range(int(first), int(last or first) + 1)}
    assert named == {*NUMBERS} - {*NOT_OURS}


def test_15_manager_who_is_not_here_is_kept(contoso: Directory) -> None:
    """The manager may come into scope later, and isn't sent again then."""
    boss = {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "00000000-0000-4000-8000-000000000001"}
    response = contoso.patch(f"Users/{contoso.user('ann')['id']}", boss)
    assert response.json
    assert response.json[ENTERPRISE]["manager"]["value"] == boss["value"]


def test_40_a_user_who_comes_back_is_the_same_person(cast: Cast, contoso: Directory) -> None:
    """Provision on demand can't restore; it creates, or finds."""
    shown = contoso.user("ann")
    person = person_of(cast.app, shown)
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "active", "value": "False"})
    again = user("ann", externalId=shown["externalId"])
    refused(contoso.post("Users", again), 409, "uniqueness")
    assert contoso.delete(f"Users/{shown['id']}").status_code == 204
    created = contoso.post("Users", again)
    assert created.json
    back = person_of(cast.app, created.json)
    assert (back.id, back.is_active) == (person.id, True)
    with cast.app.app_context():
        same = sa.select(sa.func.count(Person.id)).where(Person.oid == shown["externalId"])
        assert db.session.scalar(same) == 1


def test_42_of_users_created_at_once_one_is_created(contoso: Directory) -> None:
    sent = user("ann")
    codes = at_once([lambda: contoso.post("Users", sent).status_code for _ in range(8)])
    assert sorted(codes) == [201] + [409] * 7


def test_42_of_groups_created_at_once_one_is_created(contoso: Directory) -> None:
    codes = at_once([lambda: contoso.post("Groups", {"displayName": "Engineers"}).status_code for _ in range(8)])
    assert sorted(codes) == [201] + [409] * 7


def test_42_a_new_user_whose_answer_got_lost_is_found(contoso: Directory) -> None:
    sent = user("ann")
    first = contoso.post("Users", sent).json
    refused(contoso.post("Users", sent), 409, "uniqueness")
    assert contoso.found("Users", f'externalId eq "{sent["externalId"]}"') == [first]


@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (400, "POST", "Users", {"body": "{"}),
        (401, "GET", "Users", {"headers": {"Authorization": "Bearer wrong"}}),
        (404, "GET", "Nothing", {}),
        (405, "PUT", "Users", {"body": {}}),
        (412, "DELETE", "Users/{id}", {"headers": {"If-Match": 'W/"7"'}}),
        (413, "POST", "Users", {"body": "x" * 1024 * 1025}),
        (415, "POST", "Users", {"body": "a=b", "content_type": "text/plain"}),
    ],
    ids=str,
)
def test_43_each_error_is_one_of_scim(
    contoso: Directory, status: int, method: str, path: str, options: dict[str, Any]
) -> None:
    path = path.format(id=contoso.user()["id"])
    response = contoso.request(method, path, **options)
    refused(response, status, "invalidSyntax" if status == 400 else None)


def test_43_an_error_of_ours_is_an_error_of_scim(contoso: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(scim, "by_bearer_token", fail)
    refused(contoso.get("Users"), 500)


def test_44_flood_is_answered_with_retry_after(contoso: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "REQUESTS", Limit("scim_test", "3 per minute", "requests of a directory"))
    responses = [contoso.get("Users") for _ in range(4)]
    assert [one.status_code for one in responses] == [200, 200, 200, 429]
    refused(responses[-1], 429)
    assert 0 < int(responses[-1].headers["Retry-After"]) <= 60


def test_47_a_restart_changes_nothing(cast: Cast, contoso: Directory) -> None:
    """Entra reads everything again, and compares."""
    shown, group = contoso.user("ann"), contoso.group("Sales", externalId="s-1")
    contoso.patch(f"Groups/{group['id']}", {"op": "Add", "path": "members", "value": member(shown["id"])})
    before = number_of_traces(cast)
    everything = {name: shown[name] for name in ("userName", "displayName", "active", "emails", "name")}
    for _ in range(2):
        contoso.patch(f"Users/{shown['id']}", {"op": "replace", "value": everything})
        contoso.patch(f"Groups/{group['id']}", {"op": "Replace", "path": "displayName", "value": "Sales"})
        contoso.patch(f"Groups/{group['id']}", {"op": "Add", "path": "members", "value": member(shown["id"])})
    assert contoso.get(f"Users/{shown['id']}").json == shown
    assert number_of_traces(cast) == before


def number_of_traces(cast: Cast) -> tuple[int, int]:
    with cast.app.app_context():
        requests = db.session.scalar(sa.select(sa.func.count(ScimRequest.id))) or 0
    return requests, len(audit_entries(cast.app))


def test_49_a_group_is_no_member(contoso: Directory) -> None:
    """Entra never sends one: it doesn't expand groups in groups."""
    outer, inner = contoso.group("Outer")["id"], contoso.group("Inner")["id"]
    nested = {"op": "Add", "path": "members", "value": member(inner)}
    refused(contoso.patch(f"Groups/{outer}", nested), 400, "invalidValue")
    assert contoso.members(outer) == set()


def test_53_and_55_guide_says_what_we_could_not_notice(cast: Cast) -> None:
    """The second application, and the settings without which people who leave stay active here."""
    with cast.app.app_context():
        draft_id = db.session.scalars(sa.select(Draft.id).where(Draft.tenant == CONTOSO)).one()
    page = cast.alice().get(f"/account/advanced/active-directory/{draft_id}/provisioning").text
    assert "The app registration that people sign in with can’t provision." in page
    assert "Leave <strong>Update</strong> and <strong>Delete</strong> selected" in page


def test_63_there_is_no_bulk(contoso: Directory) -> None:
    refused(contoso.post("Bulk", {"Operations": []}), 501)
    config = contoso.get("ServiceProviderConfig").json
    assert config
    assert config["bulk"]["supported"] is False

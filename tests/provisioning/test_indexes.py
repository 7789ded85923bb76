"""Every lookup of a directory reads an index, so that it takes as long for 100,000 people as for ten."""

from collections.abc import Callable
from typing import Any

import pytest

from app.core.database import db
from tests.cast import Cast
from tests.provisioning.directory import Directory, member
from tests.rules.test_database import _scans, _statements

Act = Callable[[Directory, dict[str, Any], dict[str, Any]], object]
ACTS: dict[str, Act] = {
    "user-name": lambda contoso, user, group: contoso.found("Users", f'userName eq "{user["userName"]}"'),
    "external-id": lambda contoso, user, group: contoso.found("Users", f'externalId eq "{user["externalId"]}"'),
    "email": lambda contoso, user, group: contoso.found("Users", 'emails[type eq "work"].value eq "a@b.example"'),
    "manager": lambda contoso, user, group: contoso.found("Users", f'id eq "{user["id"]}" and manager eq "7"'),
    "group-name": lambda contoso, user, group: contoso.found("Groups", 'displayName eq "x"'),
    "group-external-id": lambda contoso, user, group: contoso.found("Groups", 'externalId eq "x"'),
    "groups-of-a-member": lambda contoso, user, group: contoso.found("Groups", f'members.value eq "{user["id"]}"'),
    "page": lambda contoso, user, group: contoso.get("Users?startIndex=2&count=5&attributes=groups"),
    "change": lambda contoso, user, group: contoso.patch(
        f"Users/{user['id']}", {"op": "Replace", "path": "active", "value": False}
    ),
    "members": lambda contoso, user, group: [
        contoso.patch(f"Groups/{group['id']}", {"op": op, "path": "members", "value": member(user["id"])})
        for op in ("Add", "Remove", "Add", "Replace")
    ],
    "removal": lambda contoso, user, group: [
        contoso.delete(f"Users/{user['id']}"),
        contoso.delete(f"Groups/{group['id']}"),
    ],
}


@pytest.mark.parametrize("name", list(ACTS))
def test_lookups_read_an_index(cast: Cast, contoso: Directory, name: str) -> None:
    user, group = contoso.user("ann"), contoso.group()
    with cast.app.app_context():
        engine = db.engine
    with _statements(engine) as statements:
        ACTS[name](contoso, user, group)
    own = {text: values for text, values in statements.items() if "scim_" in text}
    assert own
    assert {text: plan for text, values in own.items() for plan in _scans(engine, text, values)} == {}

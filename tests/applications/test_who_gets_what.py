"""Two companies, two applications, four roles: what each person gets from every place that decides about access."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from app.applications import actions, queries
from app.companies import queries as companies
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from tests.accounts import PASSWORD, account
from tests.applications.client import Client, register
from tests.applications.people import sign_in
from tests.applications.protected import Protected, protect
from tests.applications.test_launchpad import names
from tests.assertions import json_of
from tests.browser import Browser
from tests.cast import Cast

ROLES = ["auditor", "editor", "reader"]
SEVERAL = ["auditor", "reader"]
ASSIGNED: dict[str, list[str]] = {"none": [], "reader": ["reader"], "editor": ["editor"], "several": SEVERAL}
EVERYONE: dict[str, list[str] | None] = {**ASSIGNED}
NO_ONE: dict[str, list[str] | None] = dict.fromkeys(ASSIGNED)
EXPECTED: dict[tuple[str, str], dict[str, list[str] | None]] = {
    ("contoso", "Portal"): EVERYONE,
    ("contoso", "Reports"): {"none": None, "reader": None, "editor": ["editor"], "several": SEVERAL},
    ("fabrikam", "Portal"): EVERYONE,
    ("fabrikam", "Reports"): NO_ONE,
}
"""The roles that the application receives; None: the person may not use it. The portal is for all companies and
everyone; the reports are for Contoso's editors and auditors.
"""


@dataclass
class Application:
    """It is registered twice: for OpenID Connect, and behind a proxy."""

    client: Client
    protected: Protected


@pytest.fixture
def applications(cast: Cast) -> dict[str, Application]:
    contoso = company_id(cast, "contoso")
    start = {"Portal": "https://portal.example/", "Reports": "https://reports.example/"}
    limits: dict[str, dict[str, Any]] = {
        "Portal": {},
        "Reports": {"companies": [contoso], "allowed_roles": ["editor", "auditor"]},
    }
    return {
        name: Application(
            register(cast.app, name, roles=ROLES, start_url=url, **limits[name]),
            protect(cast.app, f"{name} behind a proxy", url.rstrip("/"), roles=ROLES, **limits[name]),
        )
        for name, url in start.items()
    }


def company_id(cast: Cast, code: str) -> UUID:
    with cast.app.app_context():
        found = companies.by_code(code)
        assert found
        return found.id


def person_with(cast: Cast, code: str, values: list[str], applications: dict[str, Application]) -> Browser:
    """A person of this company with these roles in every application, signed in."""
    email = f"ann@{code}.example"
    person_id = account(cast.app, company_id(cast, code), email).id
    with cast.app.app_context(), unit_of_work():
        person = db.session.get_one(Person, person_id)
        for one in applications.values():
            for client_id in (one.client.client_id, one.protected.client_id):
                application = queries.by_client_id(client_id)
                assert application
                actions.assign_roles(person, application, values)
    browser = cast.browser()
    sign_in(browser, f"/login/{code}", email, PASSWORD)
    return browser


def received(client: Client, browser: Browser) -> list[str] | None:
    """The roles in the ID token, which those of userinfo, introspection and a refresh equal; None: refused."""
    location = str(client.authorize(browser).location)
    if location.startswith(("/login/contoso?", "/apps/")):
        return None  # the login page of the only company that it is for, or the page on which to ask for access
    answer = parse_qs(urlsplit(location).query)
    if "error" in answer:
        assert answer["error"] == ["access_denied"]
        return None
    tokens = json_of(client.redeem(answer["code"][0]))
    claims = client.verified(tokens["id_token"])
    refreshed = json_of(client.refresh(tokens["refresh_token"]))
    places = [
        json_of(client.userinfo(tokens["access_token"])),
        json_of(client.post("/oauth/introspect", token=tokens["access_token"])),
        client.verified(refreshed["id_token"]),
    ]
    assert [(one["roles"], one["org_id"]) for one in places] == [(claims["roles"], claims["org_id"])] * 3
    roles: list[str] = claims["roles"]
    return roles


def passed(protected: Protected, browser: Browser) -> list[str] | None:
    """The roles that the upstream receives; None: the proxy's check refuses."""
    visitor = protected.app.test_client()
    assert isinstance(visitor, Browser)
    location = str(browser.get(protected.start(visitor)).location)
    if location.startswith(("/login/contoso?", "/apps/")):
        assert protected.check(visitor).status_code == 401
        return None
    parts = urlsplit(location)
    assert protected.get(visitor, f"{parts.path}?{parts.query}").status_code == 303
    checked = protected.check(visitor)
    assert checked.status_code == 204
    return checked.headers["X-Portico-Roles"].split(",") if checked.headers["X-Portico-Roles"] else []


@pytest.mark.parametrize("role", [*ASSIGNED])
@pytest.mark.parametrize("code", ["contoso", "fabrikam"])
def test_every_place_gives_the_same_answer(
    cast: Cast, applications: dict[str, Application], code: str, role: str
) -> None:
    browser = person_with(cast, code, ASSIGNED[role], applications)
    expected = {name: EXPECTED[code, name][role] for name in applications}
    assert {name: received(one.client, browser) for name, one in applications.items()} == expected, "OpenID Connect"
    assert {name: passed(one.protected, browser) for name, one in applications.items()} == expected, "forward-auth"
    allowed = [name for name in applications if expected[name] is not None]
    assert names(browser) == [shown for name in allowed for shown in (name, f"{name} behind a proxy")], "launchpad"

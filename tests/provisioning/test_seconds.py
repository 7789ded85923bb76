"""How long after someone is disabled at Microsoft their session here has ended, by each way, against real processes.

`make prove PYTEST_ARGS="tests/provisioning/test_seconds.py -s -n 0"` prints the table. What waits for an interval (of
Microsoft's, or ours of ten minutes) begins when that is over: the table has only what Portico adds.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.browser import BUTTON, CSRF, pick
from tests.directory import CONTOSO, CONTOSO_CLIENT, Account
from tests.directory import Directory as Sandbox
from tests.e2e.processes import Portico, until
from tests.provisioning.server import add_token

pytestmark = [pytest.mark.timeout(600), pytest.mark.prove]
OWNER = Account(CONTOSO, "c0000001-0000-4000-8000-000000000001")
CAMILA = Account(CONTOSO, "c0000003-0000-4000-8000-000000000003")
LONG_AGO = "2020-01-01 00:00:00.000000"


class Site:
    """Portico and its directory, as people and admins use them."""

    def __init__(self, portico: Portico, directory: Sandbox) -> None:
        self.portico, self.directory = portico, directory
        ((self.draft_id, self.public_id),) = portico.rows(
            "SELECT connection_draft.id, public_id FROM connection_draft"
            " JOIN entra_app ON entra_app.id = entra_app_id WHERE tenant = ?",
            CONTOSO,
        )

    def sign_in(self, account: Account = CAMILA) -> requests.Session:
        browser = requests.Session()
        browser.get(self.portico.base_url + pick(self.directory, self.begin(browser), account), timeout=30)
        return browser

    def begin(self, browser: requests.Session) -> str:
        """Presses the login page's button; returns the URL at Microsoft."""
        base = self.portico.base_url
        page = browser.get(f"{base}/login/contoso", timeout=30).text
        token, action = CSRF.search(page), BUTTON.search(page)
        assert token
        assert action
        begun = browser.post(base + action[1], data={"csrf_token": token[1]}, allow_redirects=False, timeout=30)
        return begun.headers["Location"]

    def is_signed_in(self, browser: requests.Session) -> bool:
        answer = browser.get(f"{self.portico.base_url}/account", allow_redirects=False, timeout=30)
        return answer.status_code == 200

    def turn_on(self, switch: str) -> None:
        """A setting of the page Roles."""
        owner = self.sign_in(OWNER)
        self.portico.give_role(OWNER, "owner")
        token = CSRF.search(owner.get(f"{self.portico.base_url}/account", timeout=30).text)
        assert token
        number = str(self.draft_id)
        draft = f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"
        url = f"{self.portico.base_url}/account/advanced/leavers/{draft}{switch}"
        answer = owner.post(url, data={"csrf_token": token[1], "enabled": "yes"}, allow_redirects=False, timeout=30)
        assert answer.status_code == 303, answer.text

    def disable(self) -> None:
        self.directory.person(CONTOSO, CAMILA.oid, disabled=True)


@pytest.fixture
def site(scim_process: Portico, directory: Sandbox) -> Site:
    scim_process.forget_people()
    scim_process.register()
    return Site(scim_process, directory)


def by_scim(site: Site, _browser: requests.Session) -> Callable[[], Any]:
    token, path = "a token of the tests for seconds", f"tenants/{CONTOSO}/provisioning"
    add_token(site.portico, CONTOSO, token)
    site.directory.call("PUT", path, {"url": f"{site.portico.base_url}/scim/v2/", "token": token})
    site.directory.call("POST", f"{path}/on-demand/{CAMILA.oid}")

    def act() -> None:
        site.disable()
        site.directory.call("POST", f"{path}/on-demand/{CAMILA.oid}")

    return act


def by_token_check(site: Site, _browser: requests.Session) -> Callable[[], Any]:
    def act() -> None:
        site.disable()
        site.portico.change("UPDATE upstream_token SET next_check_at = ?", LONG_AGO)

    return act


def by_users_delta(site: Site, _browser: requests.Session) -> Callable[[], Any]:
    def act() -> None:
        site.disable()
        site.portico.change("UPDATE user_changes SET next_read_at = ?", LONG_AGO)

    return act


def by_front_channel_logout(site: Site, _browser: requests.Session) -> Callable[[], Any]:
    """The person signs out at Microsoft; disabling them sends none."""
    ((sid,),) = site.portico.rows(
        "SELECT microsoft_sid FROM session JOIN person ON person.id = person_id WHERE oid = ?", CAMILA.oid
    )
    url = f"{site.portico.base_url}/auth/{site.public_id}/front-channel-logout?sid={sid}"
    return lambda: requests.get(url, timeout=30)


WAYS = {
    "SCIM, on demand": ("", by_scim),
    "check of the refresh token": ("checks", by_token_check),
    "changes of users (users/delta)": ("users", by_users_delta),
    "front-channel logout": ("", by_front_channel_logout),
}


def test_seconds_until_the_session_ends(site: Site) -> None:
    lines = ["", "| way | seconds |", "|---|--:|"]
    for name, (switch, way) in WAYS.items():
        site.directory.reset()
        site.portico.forget_people()
        site.portico.register()
        if switch:
            site.directory.application(CONTOSO, CONTOSO_CLIENT, app_permissions=["User.Read.All"])
            site.turn_on("" if switch == "checks" else "/users")
        browser = site.sign_in()
        assert site.is_signed_in(browser), name
        if switch == "users":
            # Everything has to be read once before there are changes.
            until(lambda: site.portico.rows("SELECT id FROM user_changes WHERE read_at IS NOT NULL") != [])
        act = way(site, browser)
        began = time.monotonic()
        act()
        until(lambda browser=browser: not site.is_signed_in(browser))  # type: ignore[misc]
        lines.append(f"| {name} | {time.monotonic() - began:.1f} |")
    began = time.monotonic()
    site.disable()
    refused = requests.post(site.begin(requests.Session()), data={"account": CAMILA.oid}, timeout=30)
    assert "AADSTS50057" in refused.text
    lines.append(f"| a new sign-in, which Microsoft refuses | {time.monotonic() - began:.1f} |")
    sys.stderr.write("\n".join([*lines, ""]))

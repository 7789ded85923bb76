"""The audit log as an admin sees it: light, dark, on a phone and without JavaScript."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.cast import ALICE
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import DEVICES, LONG_NAME, SCRIPT_NAME, looker
from tests.e2e.visits import Visits, sign_in


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = DEVICES[request.param]
    return options


def test_audit_log_and_own_data_are_accessible(visits: Visits, portico: Portico, device: dict[str, Any]) -> None:
    for account in (SCRIPT_NAME, LONG_NAME, ALICE):
        page = visits.new(**device)
        sign_in(page, account)
    portico.give_role(ALICE, "admin")
    look = looker(page)
    page.goto("/audit")
    expect(page.get_by_role("list").filter(has_text="signed in")).to_be_visible()
    look("the audit log")
    page.locator("summary").first.click()
    expect(page.get_by_text("sign_in.admitted").first).to_be_visible()
    look("an entry's details")
    page.get_by_role("link", name="All events for").first.click()
    look("all events for one person")
    for query in ("person=no+match+at+all", "reference=PRT-22222222", "person=a"):
        page.goto(f"/audit?{query}")
        look(query)
    page.goto("/account")
    page.get_by_role("link", name="View my data").click()
    look("my data")


def test_audit_log_is_filtered_and_downloaded_without_javascript(visits: Visits, portico: Portico) -> None:
    page = visits.new(java_script_enabled=False)
    sign_in(page, ALICE)
    portico.give_role(ALICE, "admin")
    page.goto("/account")
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Event type").select_option("Sign-ins and sessions")
    page.get_by_label("Person").fill("adaeze")
    page.get_by_role("button", name="Filter").click()
    entries = page.locator("summary")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("signed in for the first time")
    entries.click()
    expect(page.get_by_text("sign_in.admitted").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON Lines").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [line["event"] for line in lines] == ["sign_in.admitted"]

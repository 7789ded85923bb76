"""An admin connects Dynamics 365: the contacts arrive, Microsoft ends the session, and one button reconnects."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, OWNER_PASSWORD
from tests.crm.admin import CRM_CLIENT, CRM_SECRET
from tests.directory import CONTOSO
from tests.e2e.processes import Portico
from tests.e2e.visits import Visits, pick

DATAVERSE = f"tenants/{CONTOSO}/dataverse"
ADDED_CONTACTS = 8_000
"""Five pages of contacts, together with those in the seed."""
CHANGED = "aaaaaaaa-0000-4000-8000-000000000001"
A_WHILE = 60_000


@pytest.fixture
def crm(portico: Portico) -> Iterator[Portico]:
    """Dynamics 365 with thousands of contacts, and nothing connected; restored afterwards."""
    portico.directory.register(CONTOSO, CRM_CLIENT, web=[f"{portico.base_url}/crm/callback"])
    portico.directory.call("POST", f"{DATAVERSE}/contacts", {"count": ADDED_CONTACTS})
    yield portico
    for table in ("crm_contact", "crm_sync", "crm_connection"):
        portico.change(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables


def _as_owner(page: Page) -> None:
    page.goto("/login/contoso?next=/crm")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/crm")


def _connect(page: Page, crm: Portico) -> None:
    page.get_by_role("link", name="Connect Dynamics 365").click()
    page.get_by_label("Application (client) ID").fill(CRM_CLIENT)
    page.get_by_label("Directory (tenant) ID").fill(CONTOSO)
    page.get_by_label("Client secret").fill(CRM_SECRET)
    page.get_by_label("Secret expires").fill("2027-10-01")
    page.get_by_label("Application ID URI").fill(f"https://localhost:{crm.directory.port}")
    page.get_by_role("button", name="Connect", exact=True).click()
    pick(page, ALICE)
    page.wait_for_url("**/crm")


def test_contacts_missed_while_signed_out_arrive_after_reauthentication(visits: Visits, crm: Portico) -> None:
    page = visits.new()
    _as_owner(page)
    # Slow, so that the progress is visible.
    crm.directory.drill("dataverse_slow", seconds=1.5)
    _connect(page, crm)
    expect(page.get_by_text("Connected to Contoso.")).to_be_visible()
    expect(page.get_by_role("heading", name="Importing contacts")).to_be_visible()
    expect(page.get_by_text("of about 8,060.")).to_be_visible(timeout=A_WHILE)
    page.reload()
    expect(page.locator("progress")).to_be_visible()
    crm.directory.clear_drills()
    # The page updates itself with the synced contacts.
    expect(page.get_by_role("definition").filter(has_text="8,060")).to_be_visible(timeout=A_WHILE)
    expect(page.locator(".contacts-table tbody tr")).to_have_count(25)

    crm.directory.call("POST", f"tenants/{CONTOSO}/people/{ALICE.oid}/revoke")
    crm.directory.call("PUT", f"{DATAVERSE}/contacts/{CHANGED}", {"fullname": "Aaron Meanwhile"})
    page.get_by_role("button", name="Sync now").click()
    reauthenticate = page.get_by_role("button", name="Re-authenticate")
    expect(reauthenticate).to_be_visible(timeout=A_WHILE)
    expect(page.get_by_text("Re-authenticate Dynamics 365")).to_be_visible()
    expect(page.get_by_label("Client secret")).to_have_count(0)

    reauthenticate.click()
    pick(page, ALICE)
    page.wait_for_url("**/crm")
    expect(page.get_by_text("Aaron Meanwhile")).to_be_visible(timeout=A_WHILE)
    expect(reauthenticate).to_have_count(0)
    page.get_by_label("Search contacts by name or email address").fill("meanwhile")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".contacts-table tbody tr")).to_have_count(1)

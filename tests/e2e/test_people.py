"""A new company: sign-up, a connection, colleagues, and turning passwords off."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import cast
from tests.cast import ALICE, BOB, CHARLIE, OWNER_PASSWORD
from tests.directory import FABRIKAM, FABRIKAM_CLIENT, FABRIKAM_SECRET, Account, Directory
from tests.e2e.processes import Portico, until
from tests.e2e.test_accessibility import DEVICES, looker
from tests.e2e.visits import Visits, pick, sign_in
from tests.mail_server import LocalMailServer, start_mail_server, text_of

COLLEAGUE = Account(FABRIKAM, "f0000001-0000-4000-8000-000000000001")
PASSWORD = "four words make one"
TESSA = "tessa@tailspin.example"


@pytest.fixture(scope="module")
def mail_server() -> Iterator[LocalMailServer]:
    with start_mail_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def running(
    directory_process: Directory, mail_server: LocalMailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portico]:
    started = Portico(tmp_path_factory.mktemp("portico"), directory_process)
    started.open(cast.COMPANIES, SMTP_URL=mail_server.url, MAIL_FROM="Portico <portico@sender.example>")
    yield started
    started.close()


@pytest.fixture(autouse=True)
def restore_rows(portico: Portico) -> Iterator[None]:
    yield
    for table in ("passkey", "authenticator", "invitation", "people_import_row", "people_import"):
        portico.change(f"DELETE FROM {table}")  # noqa: S608 - the names above
    portico.change("DELETE FROM session")
    portico.change("DELETE FROM person WHERE email LIKE '%@contoso.example' AND email <> 'owner@contoso.example'")


def link(portico: Portico, mail_server: LocalMailServer, recipient: str) -> str:
    """The link in the last email to this recipient, which the worker sends."""
    until(lambda: any(message["To"] == recipient for message in mail_server.emails), portico.worker)
    text = text_of([message for message in mail_server.emails if message["To"] == recipient][-1])
    found = re.search(rf"{re.escape(portico.base_url)}/\S+", text)
    assert found
    return found[0]


def as_owner(page: Page) -> None:
    page.goto("/login/contoso?choose=1")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_up(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create your company").click()
    page.get_by_label("Company name").fill("Tailspin Toys")
    page.get_by_label("Login code").fill("tailspin")
    page.get_by_label("Full name").fill("Tessa Toys")
    page.get_by_label("Work email").fill(TESSA)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create company").click()
    page.wait_for_url("**/home")


def connect(page: Page, portico: Portico) -> None:
    """Creates and activates a connection."""
    page.get_by_role("link", name="Advanced options").click()
    page.get_by_label("Display name").fill("Tailspin staff")
    page.get_by_role("button", name="Continue").click()
    public_id = re.search(r"/auth/(\w+)/", page.get_by_role("main").inner_text())
    assert public_id
    address = f"{portico.base_url}/auth/{public_id[1]}"
    portico.directory.register(FABRIKAM, FABRIKAM_CLIENT, web=[f"{address}/callback"])
    page.get_by_role("link", name="Continue").click()
    page.get_by_label("Directory (tenant) ID or domain").fill("fabrikam.example")
    page.get_by_label("Application (client) ID").fill(FABRIKAM_CLIENT)
    page.get_by_label("Client secret", exact=True).fill(FABRIKAM_SECRET)
    page.get_by_label("Secret expires").fill("2027-12-01")
    page.get_by_role("button", name="Save and continue").click()
    with page.expect_popup() as test:
        page.get_by_role("button", name="Start test").click()
    pick(test.value, CHARLIE)
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Microsoft sign-in is active")
    test.value.close()


def test_sign_up_to_company_without_passwords(visits: Visits, portico: Portico, mail_server: LocalMailServer) -> None:
    tessa = visits.new()
    sign_up(tessa)
    tessa.goto(link(portico, mail_server, TESSA))
    tessa.get_by_role("button", name="Confirm email").click()
    expect(tessa.get_by_text("Email confirmed.")).to_be_visible()

    connect(tessa, portico)
    tessa.goto("/account")
    tessa.get_by_role("link", name="Connect Microsoft").click()
    # The test has signed this browser in at Microsoft, which doesn't ask again.
    tessa.get_by_role("button", name="Sign in with Corporate Account").click()
    tessa.wait_for_url("**/account")
    expect(tessa.get_by_text("Owner").first).to_be_visible()

    colleague = visits.new()
    sign_in(colleague, COLLEAGUE, "tailspin")
    name = colleague.get_by_role("heading", level=1).inner_text()

    tessa.goto("/people")
    tessa.get_by_role("link", name=name).click()
    tessa.get_by_role("combobox", name="Sign-in method").select_option(label="Tailspin staff")
    tessa.get_by_role("button", name="Save").first.click()
    expect(tessa.get_by_text("Can only use “Tailspin staff”")).to_be_visible()

    tessa.goto("/account/advanced/login-page")
    tessa.get_by_label("No one", exact=True).check()
    tessa.get_by_role("button", name="Save", exact=True).click()
    visitor = visits.new()
    visitor.goto("/login/tailspin?choose=1")
    expect(visitor.get_by_label("Password", exact=True)).to_have_count(0)

    tessa.goto("/people")
    tessa.get_by_role("link", name=name).click()
    tessa.get_by_role("button", name="Sign out everywhere").click()
    expect(tessa.locator("section", has_text="Active sessions").get_by_text("None")).to_be_visible()
    colleague.goto("/account")
    expect(colleague).to_have_url(re.compile("/login"))


def test_invitation_is_accepted_through_emailed_link(
    visits: Visits, portico: Portico, mail_server: LocalMailServer
) -> None:
    owner, ines = visits.new(), visits.new()
    as_owner(owner)
    owner.goto("/people")
    owner.get_by_role("link", name="Invite").click()
    owner.get_by_label("Email address").fill("ines@contoso.example")
    owner.get_by_label("Full name").fill("Ines Invited")
    owner.get_by_role("button", name="Invite").click()
    expect(owner.get_by_role("heading", name="Invitation sent")).to_be_visible()
    ines.goto(link(portico, mail_server, "ines@contoso.example"))
    ines.get_by_role("button", name="Sign in with Corporate Account").click()
    pick(ines, BOB)
    ines.wait_for_url("**/account")
    owner.goto("/people?q=ines")
    expect(owner.get_by_role("row").get_by_text("Invited", exact=True)).to_have_count(0)


def test_import_shows_progress_and_result(visits: Visits, portico: Portico, tmp_path: Path) -> None:
    owner = visits.new()
    as_owner(owner)
    owner.goto("/people/import")
    file = tmp_path / "people.csv"
    file.write_text(
        "email,name\n" + "".join(f"p{n}@contoso.example,Person {n}\n" for n in range(1200)) + "no address,\n"
    )
    owner.locator("input[type=file]").set_input_files(file)
    owner.get_by_role("button", name="Import").click()
    expect(owner.get_by_role("heading", name="1200 people imported")).to_be_visible(timeout=60_000)
    expect(owner.get_by_text("Enter a valid email address.")).to_be_visible()


def test_passkey_is_required_after_password(visits: Visits, portico: Portico) -> None:
    page = visits.new()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    as_owner(page)
    page.goto("/account/second-factor")
    page.get_by_label("Passkey name").fill("Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Passkey added.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove Work laptop")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("heading", name="You’re signed out").wait_for()
    as_owner(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home")
    portico.change("UPDATE session SET reauthenticated_at = NULL")
    page.goto("/account/second-factor")
    page.get_by_role("heading", name="Confirm it’s you").wait_for()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/account/second-factor$"))
    page.get_by_role("button", name="Remove Work laptop").click()
    expect(page.get_by_text("Passkey removed.")).to_be_visible()


@pytest.mark.parametrize("device", DEVICES)
def test_new_pages_are_accessible(visits: Visits, portico: Portico, device: str) -> None:
    options: dict[str, Any] = DEVICES[device]
    page = visits.new(**options)
    look = looker(page)
    for path in ("/signup", "/login/contoso/forgot", "/login/contoso/reset?key=a"):
        page.goto(path)
        look(path)
    page.goto("/signup")
    page.get_by_label("Password", exact=True).fill("password1234")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.get_by_role("button", name="Create company").click()
    page.get_by_text("too easy to guess").wait_for()
    look("a rejected sign-up")
    sign_in(visits.new(), ALICE)
    as_owner(page)
    page.wait_for_url("**/home")
    look("the home")
    page.goto("/account")
    look("the account")
    page.goto("/account/second-factor")
    page.get_by_role("button", name="Set up app").click()
    page.get_by_text("Scan this").wait_for()
    look("an app's QR code")
    alice = portico.person_path(ALICE)
    paths = ("/people", "/people/invite", "/people/import", "/people/moving", alice, f"{alice}/delete")
    own = ("/account/password", "/account/microsoft", "/account/recovery-codes", "/account/reauthenticate")
    for path in (*paths, *own, "/account/advanced/sessions"):
        page.goto(path)
        look(path)
    page.goto("/people/invite")
    page.get_by_label("Email address").fill("looked.at@contoso.example")
    page.get_by_label("Full name").fill("Looked At")
    page.get_by_role("button", name="Invite").click()
    address = page.locator("code").inner_text()
    look("a new invitation")
    guest = visits.new(**options)
    guest.goto(address)
    looker(guest)("an invitation")

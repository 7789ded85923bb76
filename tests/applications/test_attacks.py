"""What an outsider tries around applications: forms at once, floods of emails, files that are bombs, addresses that
run scripts, and requests of one company in a session of another.
"""

import io
import struct
import zlib
from html import unescape

import pytest
from PIL import Image

from tests.applications.admin import LIST, Owner, errors, owner
from tests.applications.client import Client, register
from tests.applications.people import Session
from tests.applications.test_assigning_roles import allow
from tests.applications.test_creating import SETTINGS
from tests.assertions import audit_entries
from tests.at_once import posts
from tests.browser import Browser
from tests.cast import BOB, CHARLIE, Cast
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

REQUESTED = "asks for access to"


@pytest.fixture
def restricted(cast: Cast) -> Owner:
    made = owner(cast)
    made.declare("editor")
    allow(made, "editor")
    return made


def requests_emailed(cast: Cast, mail_server: LocalMailServer) -> int:
    """Emails to one admin about requests for access."""
    run_tasks(cast.app)
    about = [one for one in mail_server.emails if REQUESTED in one["Subject"]]
    return len([one for one in about if one["To"] == about[0]["To"]])


def test_request_for_access_sent_twice_at_once_is_one_request(
    cast: Cast, restricted: Owner, mail_server: LocalMailServer
) -> None:
    bob = cast.bob()
    responses = posts([bob.copied() for _ in range(8)], f"/apps/{restricted.id}")
    assert [response.status_code for response in responses] == [303] * 8
    assert len(audit_entries(cast.app, "application.access_requested")) == 1
    assert requests_emailed(cast, mail_server) == 1


def test_change_sent_twice_at_once_is_made_once(cast: Cast, restricted: Owner) -> None:
    browsers = [restricted.browser.copied() for _ in range(6)]
    bob = cast.bob()
    changes = (
        ("roles", {"role_name": "Author", "value": "author"}, {303, 422}),
        ("settings", {**SETTINGS, "redirect_uris": "https://app.example/new"}, {303}),
        (f"people/{cast.person_id(BOB)}/role", {"role": restricted.declare("reader").rpartition("/")[2]}, {303}),
    )
    for path, fields, expected in changes:
        responses = posts(browsers, f"{restricted.path}/{path}", page=LIST, **fields)
        assert {response.status_code for response in responses} <= expected, path
    assert "Author</a>" in restricted.page()
    assert bob.get("/account").status_code == 200


def test_requests_for_many_applications_do_not_flood_admins(
    cast: Cast, restricted: Owner, mail_server: LocalMailServer
) -> None:
    bob = cast.bob()
    others = [
        register(cast.app, f"Portal {number}", start_url="https://portal.example/", roles=("a",), allowed_roles=["a"])
        for number in range(12)
    ]
    ids = [tile(bob, one) for one in others]
    for path in (f"/apps/{restricted.id}", *ids):
        assert bob.post_form(path, page=path).status_code == 303
        assert "You asked for access." in bob.get(path).text, (
            "it is on the application's page, with or without an email"
        )
    assert requests_emailed(cast, mail_server) == 10
    assert restricted.press(f"people/{cast.person_id(BOB)}/decline").status_code == 303
    assert bob.post_form(f"/apps/{restricted.id}", page=f"/apps/{restricted.id}").status_code == 303
    assert requests_emailed(cast, mail_server) == 10, "asking again after a refusal sends no email, either"


def tile(browser: Browser, client: Client) -> str:
    """The path of the application's page for someone without access."""
    return client.page(browser).partition("?")[0]


def bomb() -> bytes:
    """A PNG of 900 million pixels in a kilobyte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 4000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def polyglot() -> bytes:
    """An image that is a page, too, for a browser that guesses."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "#336699").save(content, "GIF", comment=b"<!doctype html><script>alert(1)</script>")
    return content.getvalue() + b"<script>alert(1)</script>"


def upload(made: Owner, content: bytes, name: str = "icon.png") -> int:
    form = {"csrf_token": made.browser.csrf(LIST), "icon": (io.BytesIO(content), name)}
    return made.browser.post(f"{made.path}/icon", data=form).status_code


def test_icon_that_is_a_bomb_is_rejected(cast: Cast) -> None:
    assert upload(owner(cast), bomb()) == 422


def test_icon_that_is_a_page_is_only_its_pixels(cast: Cast) -> None:
    made = owner(cast)
    assert upload(made, polyglot(), "icon.html") == 303
    served = made.browser.get(f"/apps/{made.id}/icon")
    assert served.mimetype == "image/webp"
    assert b"script" not in served.data


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript://app.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example/",
        "https:evil.example",
        "https://app.example\\@evil.example/",
        "https://app.example@evil.example/",
        "https://[::1]evil.example/",
        "https://app.example/\r\nSet-Cookie: a=b",
    ],
)
@pytest.mark.parametrize("field", ["start_url", "initiate_login_uri", "backchannel_logout_uri"])
def test_address_that_is_not_plain_https_is_rejected(cast: Cast, field: str, url: str) -> None:
    made = owner(cast)
    response = made.press("settings", **{**SETTINGS, field: url})
    assert response.status_code == 422
    assert errors(response).keys() == {field}


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%0d%0aLocation:%20x\r\nSet-Cookie: a=b",
        "/\t/evil",
    ],
)
def test_no_page_around_applications_leads_elsewhere(cast: Cast, restricted: Owner, path: str) -> None:
    bob = cast.bob()
    page = f"/apps/{restricted.id}"
    asked = bob.post_form(page, page=page, next=path)
    assert asked.location == page
    browser = cast.browser()
    for address in ("/login/contoso/forgot", "/login", "/signup"):
        shown = unescape(browser.get(address, query_string={"next": path, "choose": "1"}).text)
        assert "evil" not in shown, address
    shown = unescape(bob.get(page, query_string={"next": path}).text)
    assert "evil" not in shown


def test_page_of_one_company_is_not_answered_in_a_session_of_another(cast: Cast, restricted: Owner) -> None:
    """Bob opens the page at Contoso, switches to Fabrikam in another tab, and sends the form."""
    client = restricted.client()
    bob = cast.bob()
    path = client.page(bob)
    token = bob.csrf(path)
    bob.sign_in_as(CHARLIE, "fabrikam", cast.directory)
    response = bob.post(f"/apps/{restricted.id}", data={"csrf_token": token, "next": Session.next_of(path)})
    assert response.status_code in (403, 404)
    assert audit_entries(cast.app, "application.access_requested") == []

"""Advanced options, Branding: what is set there, and what a company's people see of it."""

import base64
import io
import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.companies.branding import actions
from app.companies.branding.images import ImageKind, encode
from app.companies.branding.models import BrandingImage
from app.companies.models import Company
from app.core.branding import Background, Branding
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.assertions import queries
from tests.browser import Browser
from tests.cast import Cast
from tests.companies.test_branding_images import wordmark
from tests.people.test_avatars import photo_bytes

BRANDING = "/account/advanced/branding"
LOGO = wordmark("#1d4ed8")
ADDRESSES = re.compile(r"/branding/[0-9a-f]{64}")
ACCENT, ON_DARK = "#1d4ed8", "#4b6599"


def save(browser: Browser, path: str = BRANDING, /, **fields: Any) -> TestResponse:
    """Posts the form with these fields; an image is a pair of its bytes and a file name."""
    data: dict[str, Any] = {"csrf_token": browser.csrf(BRANDING), "background": "drawing"}
    for name, value in fields.items():
        data[name] = FileStorage(io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
    # By itself the client would leave a large body in a file that it doesn't close.
    boundary, body = encode_multipart(data)
    return browser.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def saved(cast: Cast, name: str = "Contoso") -> Branding:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Company.branding).where(Company.name == name)).one()


def brand(cast: Cast, name: str = "Contoso", logo: bytes | None = None, **values: Any) -> None:
    """Sets a branding without the page."""
    with cast.app.app_context(), unit_of_work():
        company = db.session.scalars(sa.select(Company).where(Company.name == name)).one()
        images = {ImageKind.LOGO: encode(logo, ImageKind.LOGO)} if logo else {}
        actions.change(company, images=images, **values)


WHOLE = {
    "display_name": "Contoso Group",
    "accent": ACCENT,
    "background": "image",
    "support_contact": "help@contoso.example",
    "legal_url": "https://contoso.example/legal",
    "privacy_url": "https://contoso.example/privacy",
}


def test_branding_is_set_and_shown_on_the_login_page(cast: Cast) -> None:
    alice = cast.alice()
    images: dict[str, Any] = {
        "logo": (LOGO, "l.png"),
        "icon": (photo_bytes(), "i.png"),
        "background_image": (photo_bytes("JPEG"), "p.jpg"),
    }
    assert save(alice, **WHOLE, **images).status_code == 303
    page = cast.browser().get("/login/contoso").text
    for text in (
        "<h1>Sign in to Contoso Group</h1>",
        'alt="Contoso Group"',
        'width="130" height="15"',
        'href="mailto:help@contoso.example"',
        'href="https://contoso.example/legal"',
        'href="https://contoso.example/privacy"',
        "/login/contoso</bdi>",
        "auth-view-image",
    ):
        assert text in page, text
    assert len(set(ADDRESSES.findall(page))) == 3
    assert "Contoso" in cast.browser().get("/login/contoso-lisbon").text
    log = alice.get("/audit").text
    assert "changed the company’s branding" in log


def test_login_page_with_branding_costs_one_query(cast: Cast) -> None:
    brand(cast, logo=LOGO, accent=ACCENT, accent_dark=ON_DARK)
    with queries(cast.app) as sent:
        cast.browser().get("/login/contoso")
    assert len(sent) == 1


def test_images_and_style_sheets_are_public_and_kept_by_browsers(cast: Cast) -> None:
    brand(cast, logo=LOGO, accent=ACCENT, accent_dark=ON_DARK)
    browser = cast.browser()
    page = browser.get("/login/contoso").text
    sheet = re.search(r"/branding/1/1d4ed8-4b6599\.css", page)
    image = ADDRESSES.search(page)
    assert sheet
    assert image
    for address, kind in ((sheet[0], "text/css"), (image[0], "image/png")):
        response = browser.get(address)
        assert response.status_code == 200
        assert response.mimetype == kind
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "address",
    [
        f"/branding/{'0' * 64}",
        f"/branding/{'0' * 63}",
        "/branding/..%2f..%2fetc",
        "/branding/0/1d4ed8-4b6599.css",
        "/branding/1/ffffff-ffffff.css",
        "/branding/1/1d4ed8.css",
        "/branding/1/1d4ed8-4b6599}body{display:none.css",
    ],
)
def test_unknown_image_or_style_sheet_is_not_found(cast: Cast, address: str) -> None:
    assert cast.browser().get(address).status_code == 404


def test_image_of_a_deactivated_company_is_gone(cast: Cast) -> None:
    brand(cast, logo=LOGO)
    address = f"/branding/{saved(cast).logo_hash}"
    with cast.app.app_context(), unit_of_work():
        db.session.scalars(sa.select(Company).where(Company.name == "Contoso")).one().is_active = False
    assert cast.browser().get(address).status_code == 404


def test_removed_and_replaced_images_are_gone(cast: Cast) -> None:
    alice = cast.alice()
    save(alice, logo=(LOGO, "l.png"))
    first = saved(cast).logo_hash
    save(alice, logo=(wordmark("#ff0000"), "l.png"))
    second = saved(cast).logo_hash
    assert first != second
    assert alice.get(f"/branding/{first}").status_code == 404
    assert alice.get(f"/branding/{second}").status_code == 200
    save(alice, remove_logo="y")
    assert alice.get(f"/branding/{second}").status_code == 404
    assert saved(cast) == Branding()


def test_color_that_cannot_be_seen_is_refused_and_the_nearest_is_taken_with_a_button(cast: Cast) -> None:
    alice = cast.alice()
    refused = save(alice, accent="#ffcc00", display_name="Contoso Gold", logo=(LOGO, "l.png"))
    assert refused.status_code == 422
    assert "hard to see on a light page" in refused.text
    assert 'value="Contoso Gold"' in refused.text
    kept = re.search(r'<input type="hidden" name="logo" value="([^"]+)"', refused.text)
    button = re.search(r'name="use_accent" value="(#[0-9a-f]{6})"', refused.text)
    assert kept, "a browser forgets the file"
    assert button
    assert saved(cast) == Branding()
    fields = {
        "accent": "#ffcc00",
        "accent_dark": "",
        "display_name": "Contoso Gold",
        "logo": kept[1],
        "use_accent": button[1],
    }
    assert save(alice, **fields).status_code == 303
    after = saved(cast)
    assert (after.accent, after.accent_dark, after.display_name) == (button[1], button[1], "Contoso Gold")
    assert after.logo_hash == encode(LOGO, ImageKind.LOGO).hash


def test_dark_accent_follows_unless_it_is_chosen(cast: Cast) -> None:
    alice = cast.alice()
    save(alice, accent="#0b1f4d")
    assert saved(cast).accent_dark == ON_DARK
    save(alice, accent="#ff0000")
    assert saved(cast).accent_dark == "#ff0000"
    assert "dark mode" in save(alice, accent="#0b1f4d", accent_dark="#0b1f4d").text
    save(alice, accent="#0b1f4d", accent_dark="#ffffff")
    assert saved(cast).accent_dark == "#ffffff"
    assert re.search(r'name="accent_dark"[^>]*value="#ffffff"', alice.get(BRANDING).text)


BAD = {
    "a script as a link": ({"legal_url": "javascript:alert(1)"}, "begins with https://"),
    "plain http": ({"privacy_url": "http://contoso.example"}, "begins with https://"),
    "a rule as a color": ({"accent": "red;}body{display:none"}, "Enter a color"),
    "look-alike letters": ({"display_name": "C\u043entoso"}, "different alphabets"),
    "no image": ({"background": "image"}, "Choose an image below"),
    "SVG": ({"logo": (b"<svg onload='alert(1)'/>", "l.png")}, "SVG files can contain scripts"),
    "HTML": ({"icon": (b"<html>", "i.png")}, "read this file"),
    "nothing in a file": ({"logo": (b"", "l.png")}, "This image is empty"),
    "too large": ({"background_image": (bytes(5_000_000), "p.png")}, "up to 4 MB"),
    "no such background": ({"background": "url(//evil.example)"}, "Choose one of the options"),
    "dark accent alone": ({"accent_dark": "#ffffff"}, "Choose an accent color first"),
}


@pytest.mark.parametrize(("fields", "reason"), BAD.values(), ids=BAD)
def test_invalid_value_is_refused_beside_its_field(cast: Cast, fields: dict[str, Any], reason: str) -> None:
    response = save(cast.alice(), support_contact="Room 4", **fields)
    assert response.status_code == 422
    assert reason in response.text
    assert 'value="Room 4"' in response.text, "nothing typed is lost"
    assert saved(cast) == Branding()


def test_all_three_files_of_the_largest_size_are_accepted_by_the_route(cast: Cast) -> None:
    files: dict[str, Any] = {name: (bytes(4 * 1024 * 1024), "a.png") for name in ("logo", "icon", "background_image")}
    assert save(cast.alice(), **files).status_code == 422


def test_members_and_others_may_not(cast: Cast) -> None:
    cast.alice()
    bob = cast.bob()
    for path in (BRANDING, f"{BRANDING}/preview"):
        assert bob.get(path).status_code == 403
        assert bob.post_form(path, page="/account", background="plain").status_code == 403
        assert cast.browser().get(path).status_code == 302
    assert saved(cast) == Branding()


def test_companies_see_and_change_only_their_own(cast: Cast) -> None:
    brand(cast, logo=LOGO, accent=ACCENT, accent_dark=ON_DARK, support_contact="help@contoso.example")
    charlie = cast.charlie()
    assert save(charlie, accent="#ff0000").status_code == 303
    assert saved(cast).accent == ACCENT
    for path in (BRANDING, f"{BRANDING}/preview", "/login/fabrikam", "/account", "/apps"):
        text = charlie.get(path, follow_redirects=True).text
        assert str(saved(cast).logo_hash) not in text, path
        assert "help@contoso.example" not in text, path


def test_login_page_of_another_company_has_its_looks_and_a_neutral_page_has_none(cast: Cast) -> None:
    brand(cast, logo=LOGO, accent=ACCENT, accent_dark=ON_DARK)
    alice = cast.alice()
    assert "company-logo" in alice.get("/login/contoso?choose=1").text
    assert "company-logo" not in alice.get("/login/fabrikam?choose=1").text
    assert "company-logo" not in alice.get("/login?choose=1").text
    assert "company-logo" in alice.get("/apps").text


def test_preview_shows_what_is_typed_and_stores_nothing(cast: Cast) -> None:
    alice = cast.alice()
    response = save(alice, f"{BRANDING}/preview", **(WHOLE | {"background": "plain"}), logo=(LOGO, "l.png"))
    assert response.status_code == 200
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert "<h1>Sign in to Contoso Group</h1>" in response.text
    encoded = base64.b64encode(encode(LOGO, ImageKind.LOGO).content).decode()
    assert f"data:image/png;base64,{encoded}" in response.text
    assert "auth-view-plain" in response.text
    assert "<script" not in response.text
    assert saved(cast) == Branding()
    refusal = save(alice, f"{BRANDING}/preview", **WHOLE, view="refusal").text
    assert "You don’t have an account yet" in refusal
    assert "help@contoso.example" in refusal
    email = save(alice, f"{BRANDING}/preview", **WHOLE, logo=(LOGO, "l.png"), view="email")
    assert "Reset your password for Contoso Group" in email.text
    assert f"data:image/png;base64,{encoded}" in email.text
    assert "sandbox" in email.headers["Content-Security-Policy"]
    assert "script" not in email.headers["Content-Security-Policy"]


def test_preview_leaves_out_what_is_invalid(cast: Cast) -> None:
    brand(cast, accent=ACCENT, accent_dark=ON_DARK)
    fields = {
        "accent": "#ffcc00",
        "accent_dark": "",
        "legal_url": "javascript:alert(1)",
        "logo": (b"x", "l.png"),
        "view": "nothing",
    }
    text = save(cast.alice(), f"{BRANDING}/preview", **fields, display_name="Contoso Gold").text
    assert "Sign in to Contoso Gold" in text
    assert "b59000-b59000.css" in text, "the color that is offered instead"
    assert "javascript:" not in text


def test_saved_branding_is_previewed_without_a_script(cast: Cast) -> None:
    brand(cast, logo=LOGO)
    alice = cast.alice()
    assert f'src="{BRANDING}/preview?view=login"' in alice.get(BRANDING).text
    assert "company-logo" in alice.get(f"{BRANDING}/preview?view=phone").text
    assert "Support" not in alice.get(f"{BRANDING}/preview?view=refusal").text


def test_refusal_has_the_companys_support_contact(cast: Cast) -> None:
    brand(cast, logo=LOGO, support_contact="+44 20 7946 0321")
    refused = cast.browser().get(f"/auth/{cast.contoso_connection}/callback?state=a&code=b")
    assert refused.status_code == 400
    assert 'href="tel:+442079460321"' in refused.text
    assert refused.text.count("+44 20 7946 0321") == 1
    assert "company-logo" in refused.text


def test_error_page_of_a_signed_in_person_has_it_too(cast: Cast) -> None:
    brand(cast, support_contact="help@contoso.example")
    assert "help@contoso.example" in cast.bob().get(BRANDING).text


@pytest.mark.parametrize("path", ["/login/contoso/forgot", "/login/contoso/recovery"])
def test_other_pages_of_the_login_have_the_looks(cast: Cast, path: str) -> None:
    brand(cast, logo=LOGO, display_name="Contoso Group", support_contact="help@contoso.example")
    page = cast.browser().get(path).text
    assert "company-logo" in page
    assert "help@contoso.example" in page
    assert "Contoso Group" in page


def test_signed_out_page_and_switcher_have_the_looks(cast: Cast) -> None:
    brand(cast, display_name="Contoso Group", logo=LOGO)
    bob = cast.bob()
    assert "<strong>Contoso Group</strong>" in bob.get("/account").text
    assert "company-logo" in bob.post_form("/logout", page="/account").text


def test_markup_in_a_name_or_contact_is_text(cast: Cast) -> None:
    brand(cast, display_name='<b>"Contoso"</b>', support_contact='<img src=x onerror="a">')
    page = cast.browser().get("/login/contoso").text
    assert "<b>" not in page
    assert "<img src=x" not in page


def test_saves_at_once_leave_one_image_and_lose_no_field(cast: Cast) -> None:
    """Two admins at once; on PostgreSQL, and on SQLite where writers wait for each other."""
    cast.alice()
    barrier = threading.Barrier(2)
    logos = [encode(wordmark(color), ImageKind.LOGO) for color in ("#ff0000", "#00aa00")]

    def change(number: int) -> None:
        with cast.app.app_context():
            barrier.wait(10)
            with unit_of_work():
                company = db.session.scalars(sa.select(Company).where(Company.name == "Contoso")).one()
                values: dict[str, Any] = {("legal_url", "privacy_url")[number]: "https://contoso.example"}
                actions.change(company, images={ImageKind.LOGO: logos[number]}, **values)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    after = saved(cast)
    assert after.legal_url == after.privacy_url == "https://contoso.example"
    with cast.app.app_context():
        (stored,) = db.session.scalars(sa.select(BrandingImage.hash))
        assert stored == after.logo_hash


def test_unchanged_branding_records_nothing(cast: Cast) -> None:
    brand(cast, logo=LOGO, background=Background.PLAIN)
    with cast.app.app_context(), unit_of_work():
        company = db.session.scalars(sa.select(Company).where(Company.name == "Contoso")).one()
        images = {ImageKind.LOGO: encode(LOGO, ImageKind.LOGO)}
        assert actions.change(company, images=images, background=Background.PLAIN) == []

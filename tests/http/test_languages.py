"""The language of a response: the application's wish, the person's, the browser's, the company's, English."""

import gettext
import re

import html5lib
import pytest
from flask import Flask

from app.companies import actions as companies
from app.companies import queries as company_queries
from app.core.email import Recipient, send_email_now
from app.core.email_look import PORTICO
from app.core.translation import current_language, in_language, ngettext
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from tests.browser import Browser
from tests.cast import Cast
from tests.mail_server import LocalMailServer, text_of
from tests.tasks import run_tasks
from translations import catalogs

HTML = re.compile(r'<html lang="([^"]+)"( dir="rtl")?>')


def shown(browser: Browser, path: str, accept: str = "") -> str:
    """The language of a page, as its markup says."""
    found = HTML.search(browser.get(path, headers={"Accept-Language": accept}).text)
    assert found
    assert bool(found[2]) == (found[1] == "ar")
    return found[1]


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pt-PT", "pt-BR"),
        ("ja;q=0.5,ar", "ar"),
        ("nl,fr;q=0.4", "fr"),
        ("fr;q=0,es", "es"),
        ("xx-klingon, *;q=0.1", "en"),
        ("é" * 50, "en"),
        (",".join(["xx"] * 2000), "en"),
    ],
)
def test_browsers_language_is_used(cast: Cast, accept: str, language: str) -> None:
    assert shown(cast.browser(), "/login/contoso", accept) == language


def test_companys_default_is_used_if_the_browsers_languages_are_unknown(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        company = company_queries.by_code("contoso")
        assert company
        companies.change(company, language="ja")
    assert shown(cast.browser(), "/login/contoso", "nl") == "ja"
    assert shown(cast.browser(), "/login/contoso", "nl,fr") == "fr"
    assert shown(cast.browser(), "/login/fabrikam", "nl") == "en"


def test_persons_setting_is_used_before_the_browsers(cast: Cast) -> None:
    bob = cast.bob()
    assert shown(bob, "/account", "fr") == "fr"
    assert bob.post_form("/account/language", page="/account", language="es").status_code == 303
    assert shown(bob, "/account", "fr") == "es"
    assert bob.post_form("/account/language", page="/account", language="").status_code == 303
    assert shown(bob, "/account", "fr") == "fr"
    assert bob.post_form("/account/language", page="/account", language="tlh").status_code == 400


def test_pages_of_admins_come_in_their_languages_only(cast: Cast) -> None:
    alice = cast.alice()
    assert shown(alice, "/people/invite", "fr") == "en"
    assert shown(alice, "/people/invite", "fr,de") == "de"
    assert shown(alice, "/people", "fr,de") == "fr"


def test_admin_sets_the_companys_default(cast: Cast) -> None:
    page = "/account/advanced/login-page"
    assert cast.alice().post_form(f"{page}/language", page=page, language="fr").status_code == 303
    assert shown(cast.browser(), "/login/contoso", "nl") == "fr"
    assert shown(cast.browser(), "/login/fabrikam", "nl") == "en"


def test_emails_are_in_their_readers_language(app: Flask, mail_server: LocalMailServer) -> None:
    readers = [
        Recipient("a@contoso.example", "de"),
        Recipient("b@contoso.example"),
        Recipient("a@contoso.example", "fr"),
    ]
    with app.test_request_context(headers={"Accept-Language": "ja"}):
        subject = _l("Confirm your email address")
        assert send_email_now(readers, subject, "email/confirm.txt", PORTICO, name="A", key="k")
        assert current_language() == "ja"
    run_tasks(app)
    german, english = mail_server.emails
    assert english["Subject"] == "Confirm your email address"
    assert text_of(english).startswith("Hello A,")
    assert german["To"] == "a@contoso.example"
    assert german["Subject"] != english["Subject"]
    assert "Hello" not in text_of(german)


PAGES_OF_OWNERS = (
    *("/", "/home", "/account", "/account/data", "/people", "/people/invite", "/people/import", "/apps", "/audit-log"),
    *("/account/advanced/active-directory", "/account/advanced/login-page", "/account/advanced/sessions"),
    *("/account/advanced/applications", "/account/advanced/applications/new", "/account/recovery-codes", "/crm"),
    *("/account/second-factor", "/account/password", "/account/microsoft", "/help"),
)
PAGES_OF_ALL = ("/", "/login", "/login/contoso", "/login/contoso/forgot", "/signup", "/nothing")


def english_texts() -> dict[str, str]:
    """English texts with their German translation, where that differs, and which aren't German for another one."""
    found = {
        str(message.id): str(message.string)
        for domain in ("people", "admins")
        for message in catalogs.read(domain, "de")
        if isinstance(message.id, str) and message.id and message.id != message.string
    }
    return {text: german for text, german in found.items() if text not in found.values()}


def shown_texts(page: str) -> set[str]:
    """All texts of a page that people read or hear."""
    root = html5lib.parse(page, namespaceHTMLElements=False)
    guides = [element for element in root.iter() if element.get("lang") == "en"]
    skipped = [*guides, *(found for tag in ("script", "style", "code", "pre") for found in root.iter(tag))]
    hidden = {id(part) for found in skipped for part in found.iter()}
    texts = set()
    for element in root.iter():
        if id(element) in hidden:
            continue
        texts |= {element.text, element.tail, *(element.get(name) for name in ("aria-label", "title", "placeholder"))}
    return {" ".join(text.split()) for text in texts if text}


def test_no_text_stays_in_english(cast: Cast) -> None:
    english, alice, visitor = english_texts(), cast.alice(), cast.browser()
    # Names in the data, and a claim in a drawing.
    same_in_data = {"Contoso", "Fabrikam", "roles"}
    for browser, paths in ((alice, PAGES_OF_OWNERS), (visitor, PAGES_OF_ALL)):
        for path in paths:
            page = browser.get(path, headers={"Accept-Language": "de"}, follow_redirects=True).text
            left = {text for text in shown_texts(page) if text in english} - same_in_data
            assert left == set(), path


def test_plurals_follow_the_rules_of_the_language(app: Flask) -> None:
    """With the English rule, one of French zero, Japanese two and Arabic three would be wrong."""
    singular, plural = "%(num)s day ago", "%(num)s days ago"
    with app.app_context():
        for language, number in (("fr", 0), ("ja", 2), ("ar", 3), ("ar", 11), ("ar", 100), ("de", 0)):
            message = next(one for one in catalogs.read("people", language) if one.id == (singular, plural))
            with in_language(language):
                shown_text = ngettext(singular, plural, number)
            forms = list(message.string or ())
            rule = gettext.c2py(catalogs.read("people", language).plural_expr)
            assert shown_text == forms[rule(number)] % {"num": number}, (language, number)

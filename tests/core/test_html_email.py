"""The HTML of every email beside its text, in every language, as a mail server receives them."""

import re
from email.message import EmailMessage
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask

from app.core.email import Recipient, send_email_now
from app.core.email_look import Look
from app.core.email_rendering import render_email
from app.core.translation import FOR_ADMINS, LANGUAGES, is_right_to_left, tag
from app.core.translation import lazy_gettext as _l
from app.settings import ROOT
from tests.core.sample_emails import VARIANTS, is_for_admins
from tests.mail_server import LocalMailServer, html_of, text_of
from tests.tasks import run_tasks
from translations import catalogs

LOOK = Look(
    name="Contoso & <Söhne>",
    support_contact="it@contoso.example",
    support_href="mailto:it@contoso.example",
    legal_url="https://contoso.example/imprint",
    privacy_url="https://contoso.example/privacy",
)
SUBJECT = _l("Confirm your email address")
LONGEST = 100_000
"""Gmail cuts off what is longer than 102 kB."""
URL = re.compile(r"https?://\S+")
ATTRIBUTES = ("src", "background", "srcset", "poster", "action", "data")


def send(app: Flask, mail_server: LocalMailServer, name: str, languages: list[str]) -> dict[str, list[EmailMessage]]:
    """Sends each variant to a reader of each language; the received emails by language."""
    with app.app_context():
        for values in VARIANTS[name]:
            readers = [Recipient(f"{language.lower()}@contoso.example", language) for language in languages]
            assert send_email_now(readers, SUBJECT, f"email/{name}.txt", LOOK, **values)
    run_tasks(app)
    return {
        language: [one for one in mail_server.emails if one["To"] == f"{language.lower()}@contoso.example"]
        for language in languages
    }


def parsed(html: str) -> Element:
    """Fails on invalid HTML."""
    root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return root


def shown(root: Element) -> list[str]:
    """The texts of an email's body, one for each element."""
    texts = ["".join(one.itertext()) for one in root.iter() if one.tag in ("p", "h1", "h2", "td", "a")]
    return [" ".join(text.split(" ")).strip("\n") for text in texts if text.strip()]


def left_in_english(text: str, language: str) -> list[str]:
    """The English texts of our catalogs, without placeholders, that a text contains."""
    domains = ("people", "admins") if language in FOR_ADMINS else ("people",)
    translated = {
        str(message.id): str(message.string)
        for domain in domains
        for message in catalogs.read(domain, language)
        if isinstance(message.id, str) and len(message.id) > 6 and "%(" not in message.id
    }
    lines = set(text.splitlines())
    return [english for english, own in translated.items() if english in lines and english != own]


def test_every_email_has_samples() -> None:
    assert {path.stem for path in (ROOT / "templates" / "email").glob("*.txt")} == set(VARIANTS)


@pytest.mark.parametrize("name", VARIANTS)
def test_email_says_the_same_as_text_and_as_html(app: Flask, mail_server: LocalMailServer, name: str) -> None:
    languages = list(FOR_ADMINS if is_for_admins(name) else LANGUAGES)
    received = send(app, mail_server, name, languages)
    for language, messages in received.items():
        assert len(messages) == len(VARIANTS[name])
        for message in messages:
            assert message.get_content_type() == "multipart/alternative"
            assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
            text, html = text_of(message), html_of(message)
            root = parsed(html)
            lines = [line for line in text.splitlines() if line not in ("", "--")]
            missing = [line for line in lines if line not in shown(root)]
            assert missing == []
            assert left_in_english(text + "\n" + "\n".join(shown(root)), language) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_html_has_the_links_of_the_text_and_loads_nothing(app: Flask, name: str) -> None:
    with app.app_context():
        for values in VARIANTS[name]:
            email = render_email(SUBJECT, f"email/{name}.txt", LOOK, **values)
            root = parsed(email.html)
            links = {one.get("href") for one in root.iter("a")}
            assert links - {LOOK.support_href} == set(URL.findall(email.text))
            assert [one.get(attribute) for one in root.iter() for attribute in ATTRIBUTES if one.get(attribute)] == []
            assert {one.tag for one in root.iter()} & {"link", "script", "iframe", "object", "form"} == set()
            assert "url(" not in email.html
            assert "@import" not in email.html
            assert len(email.html.encode()) < LONGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_names_its_language_and_direction(app: Flask, mail_server: LocalMailServer, language: str) -> None:
    (message,) = send(app, mail_server, "reset", [language])[language]
    root = parsed(html_of(message))
    assert root.get("lang") == tag(language)
    assert root.get("dir") == ("rtl" if is_right_to_left(language) else "ltr")
    assert str(root.findtext("head/title")) in message["Subject"]


def test_names_are_text_and_isolated(app: Flask) -> None:
    name = '<img src="https://evil.example/x.png">'
    with app.app_context():
        email = render_email("<b>", "email/reset.txt", LOOK, name=f"{name} \u0639\u0644\u064a", code="contoso", key="k")
        root = parsed(email.html)
        assert list(root.iter("img")) == []
        assert f"Hello \u2068{name} \u0639\u0644\u064a\u2069," in shown(root)
        assert root.findtext(".//h1") == "<b>"
        assert "Contoso & <Söhne>" in shown(root)


def test_name_with_line_breaks_adds_no_part(app: Flask) -> None:
    name = "Ann,\n\nhttps://evil.example\n\n--\nBob"
    with app.app_context():
        email = render_email("Subject", "email/reset.txt", LOOK, name=name, code="contoso", key="k")
    assert email.text.startswith("Hello Ann, https://evil.example -- Bob,\n\n")
    assert "https://evil.example" not in [one.get("href") for one in parsed(email.html).iter("a")]


def test_text_outside_of_parts_is_an_error(app: Flask) -> None:
    with app.app_context(), pytest.raises(ValueError, match="outside of its parts"):
        render_email("Subject", "login/microsoft_logo.svg", LOOK)

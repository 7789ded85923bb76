"""A company's logo, colors, name and contact in its emails."""

import io
import json
from dataclasses import asdict
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from app.companies import queries as companies
from app.companies.branding import actions, images
from app.companies.branding.email_look import email_look
from app.companies.branding.images import ImageKind
from app.core import email
from app.core.database import encryptor
from app.core.email import Recipient
from app.core.email_look import PORTICO
from app.core.unit_of_work import unit_of_work
from tests.cast import Cast
from tests.mail_server import LocalMailServer, html_of, text_of
from tests.tasks import run_tasks

READER = Recipient("ann@contoso.example")


def logo_file() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (200, 60), (20, 40, 90, 255)).save(out, "PNG")
    return out.getvalue()


def brand(app: Flask, **values: Any) -> None:
    """Sets Contoso's logo and these values."""
    logo = images.encode(logo_file(), ImageKind.LOGO)
    with app.app_context(), unit_of_work():
        company = companies.by_code("contoso")
        assert company
        actions.change(company, images={ImageKind.LOGO: logo}, **values)


def send(app: Flask) -> None:
    with app.app_context():
        company = companies.by_code("contoso")
        assert company
        look = email_look(company.id)
        assert email.send_email_now([READER], "Subject", "email/reset.txt", look, name="Ann", code="contoso", key="k")


def attached(message: EmailMessage) -> list[Any]:
    return [part for part in message.walk() if part.get_content_maintype() == "image"]


def test_logo_is_attached_and_shown(cast: Cast, mail_server: LocalMailServer) -> None:
    brand(cast.app)
    send(cast.app)
    run_tasks(cast.app)
    (message,) = mail_server.emails
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
    ]
    (logo,) = attached(message)
    encoded = images.encode(logo_file(), ImageKind.LOGO)
    assert logo.get_content() == encoded.content
    assert logo.get_content_disposition() == "inline"
    assert f'src="cid:{str(logo["Content-ID"]).strip("<>")}" alt="Contoso" width="100" height="30"' in html_of(message)


def test_logo_is_not_in_the_queue(cast: Cast, mail_server: LocalMailServer) -> None:
    brand(cast.app)
    send(cast.app)
    with cast.app.app_context(), unit_of_work():
        company = companies.by_code("contoso")
        assert company
        actions.change(company, images={ImageKind.LOGO: None})
    run_tasks(cast.app)
    (message,) = mail_server.emails
    assert attached(message) == []
    assert 'alt="Contoso"' in html_of(message)


def test_name_colors_contact_and_links_are_the_companys(cast: Cast, mail_server: LocalMailServer) -> None:
    values = {"display_name": "Contoso Group", "accent": "#ffcc00", "accent_dark": "#ffcc00"}
    links = {"legal_url": "https://contoso.example/imprint", "privacy_url": "https://contoso.example/privacy"}
    brand(cast.app, **values, **links, support_contact="+49 30 1234")
    send(cast.app)
    run_tasks(cast.app)
    (message,) = mail_server.emails
    html, text = html_of(message), text_of(message)
    assert "background:#ffcc00" in html
    assert "color:#000000;text-decoration:none" in html, "white can't be read on yellow"
    assert 'href="tel:+49301234"' in html
    for one in ("Contoso Group", "+49 30 1234", *links.values()):
        assert one in html
        assert one in text


def test_email_of_the_previous_version_is_sent_as_text(app: Flask, mail_server: LocalMailServer) -> None:
    old = asdict(
        email.Email("ann@contoso.example", "Subject", "Text.\n", "<1@portico>", "Sun, 22 Nov 2026 07:00:00 -0000")
    )
    del old["html"], old["logo"]
    with app.app_context():
        email.deliver.enqueue_now(sealed=encryptor().encrypt(json.dumps(old), email.ASSOCIATED_DATA))
    run_tasks(app)
    (message,) = mail_server.emails
    assert message.get_content_type() == "text/plain"
    assert text_of(message).strip() == "Text."


@pytest.mark.parametrize("code", ["contoso", "fabrikam"])
def test_company_without_branding_has_the_products_colors(cast: Cast, code: str) -> None:
    with cast.app.app_context():
        company = companies.by_code(code)
        assert company
        look = email_look(company.id)
    assert (look.fill, look.logo_hash) == (PORTICO.fill, None)
    assert look.name == company.name

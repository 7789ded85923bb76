"""The HTML of emails in Chromium, as in an email program: 600 pixels wide, on a phone, light, dark, right to left."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser
from pydantic import SecretStr

from app import create_app
from app.companies.branding.email_look import look_of
from app.core.branding import Branding
from app.core.email_look import PORTICO
from app.core.email_rendering import render_email
from app.core.translation import in_language
from app.settings import Settings, new_key
from tests.core.sample_emails import VARIANTS
from tests.e2e.test_accessibility import looker
from tests.e2e.visits import PHONE

YELLOW = look_of("Fabrikam", Branding(accent="#b38600", accent_dark="#ffcc00", support_contact="it@fabrikam.example"))
EMAIL_PROGRAM = {"width": 600, "height": 800}
OF_WHOLE_PAGES = ("landmark-one-main", "region")
"""An email program shows an email inside of a page of its own."""


@pytest.fixture(scope="module")
def rendering_app() -> Flask:
    """It needs no database."""
    return create_app(
        Settings(
            _env_file=None,
            base_url="http://localhost:5000",
            secret_key=SecretStr("a secret key of the tests' own, long enough"),
            encryption_keys=(SecretStr(new_key()),),
        )
    )


@pytest.mark.parametrize("size", [EMAIL_PROGRAM, PHONE], ids=["email program", "phone"])
def test_emails_are_accessible(browser: Browser, rendering_app: Flask, size: Any) -> None:
    with browser.new_context(viewport=size, offline=True) as context:
        page = context.new_page()
        look = looker(page, OF_WHOLE_PAGES)
        for name, language, looks in (
            ("domain_missing", "en", PORTICO),
            ("invitation", "ar", YELLOW),
            ("companies", "de", PORTICO),
            ("microsoft_migration", "ja", YELLOW),
        ):
            with rendering_app.app_context(), in_language(language):
                page.set_content(render_email("Subject", f"email/{name}.txt", looks, **VARIANTS[name][-1]).html)
            look(f"{name} in {language}")

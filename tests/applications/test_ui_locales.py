"""`ui_locales`: the application knows best which language the person reads."""

import pytest

from tests.applications.client import Client
from tests.cast import Cast


@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [("fr-CA se", "fr"), ("se ja", "ja"), ("se", "de"), ("xx " * 1000, "de"), ("<b>", "de"), ("", "de")],
)
def test_login_page_is_in_the_applications_language(cast: Cast, client: Client, ui_locales: str, language: str) -> None:
    browser = cast.browser()
    page = client.page(browser, organization="contoso", ui_locales=ui_locales)
    assert f'<html lang="{language}"' in browser.get(page, headers={"Accept-Language": "de"}).text

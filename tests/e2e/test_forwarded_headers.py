"""Without trusted proxies, gunicorn ignores headers about where a request came from."""

import pytest
import requests

from tests.browser import CSRF
from tests.e2e.processes import Portico


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Ssl": "on"},
        {"X-Forwarded-Protocol": "ssl"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"},
        {"SCRIPT_NAME": "/elsewhere"},
    ],
    ids=lambda headers: "+".join(headers),
)
def test_forwarded_headers_from_this_machine_are_ignored(portico: Portico, headers: dict[str, str]) -> None:
    """Over https a form without a Referer would be rejected, and gunicorn answers contradictory headers with 400."""
    with requests.Session() as browser:
        page = browser.get(f"{portico.base_url}/login/contoso", headers=headers, timeout=10)
        assert page.status_code == 200
        token = CSRF.search(page.text)
        assert token
        given = {"csrf_token": token[1], "email": "x@contoso.example", "password": "guess"}
        response = browser.post(f"{portico.base_url}/login/contoso/password", data=given, headers=headers, timeout=10)
    assert response.status_code == 422

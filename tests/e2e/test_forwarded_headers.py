"""Without trusted proxies gunicorn itself believes no header about where a request came from."""

import pytest
import requests

from tests.browser import CSRF
from tests.e2e.processes import Portico


@pytest.mark.parametrize(
    "claimed",
    [
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Ssl": "on"},
        {"X-Forwarded-Protocol": "ssl"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"},
        {"SCRIPT_NAME": "/elsewhere"},
    ],
    ids=lambda headers: "+".join(headers),
)
def test_a_claim_from_this_machine_changes_nothing(portico: Portico, claimed: dict[str, str]) -> None:
    """Over https a form without a Referer would be refused; and contradicting claims are a 400 of gunicorn's."""
    with requests.Session() as browser:
        page = browser.get(f"{portico.base_url}/login/contoso", headers=claimed, timeout=10)
        assert page.status_code == 200
        token = CSRF.search(page.text)
        assert token
        given = {"csrf_token": token[1], "email": "x@contoso.example", "password": "guess"}
        answer = browser.post(f"{portico.base_url}/login/contoso/password", data=given, headers=claimed, timeout=10)
    assert answer.status_code == 422

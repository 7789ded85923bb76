"""JSON in requests: invalid JSON gets 400 or 413, never 500."""

import base64
import json
from typing import Any

import pytest

from app.http.rate_limits import limiter
from app.people.two_step import passkeys
from app.people.two_step.models import Passkey
from tests.accounts import account, company_of, sign_in
from tests.cast import Cast
from tests.connections.admin import contoso_admin
from tests.core.test_strict_json import BAD, BAD_BYTES
from tests.directory import CONTOSO
from tests.spa import open_page

NO_OBJECTS = {"a list": "[]", "null": "null", "a number": "7", "a text": '"{}"'}
BODIES = {**BAD_BYTES, **{name: text.encode() for name, text in NO_OBJECTS.items()}}
NO_TEXTS = ("invalid UTF-8", "UTF-16", "half a character", "a control character", "nothing")
"""What forms can't send, or what means that nothing was sent."""
FORM_TEXTS = {name: str(text) for name, text in {**BAD, **NO_OBJECTS}.items() if name not in NO_TEXTS}
TOO_LARGE = b'{"a": "' + b"x" * 5_000_000 + b'"}'
FACTOR_PAGE = "/account/second-factor"


def test_malformed_body_at_token_endpoint_returns_400(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    headers = {"X-CSRFToken": page.csrf}
    for name, body in BODIES.items():
        response = page.browser.post(
            page.settings["tokenUrl"], data=body, content_type="application/json", headers=headers
        )
        assert (name, response.status_code) == (name, 400)
        limiter.reset()
    response = page.browser.post(
        page.settings["tokenUrl"], data=TOO_LARGE, content_type="application/json", headers=headers
    )
    assert response.status_code == 413


@pytest.mark.parametrize(
    "name", ["error", "error_description", "error_codes", "id_token", "access_token", "nonce", "next"]
)
def test_field_of_wrong_type_is_rejected(cast: Cast, name: str) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    posted = {"id_token": "a.b.c", "access_token": "x", "nonce": page.settings["nonce"], "next": "/"}
    values: list[Any] = [None, True, 7, 1.5, [], [[]], {}, {"a": None}, "", "\ud800", "x" * 100_000]
    for value in values:
        status = page.post_tokens({**posted, name: value}).status_code
        # An unknown error is attributed to the directory.
        assert status == 401 or (name == "error" and status == 502), value
        limiter.reset()


def test_malformed_body_at_connection_test_returns_400(cast: Cast) -> None:
    alice = cast.alice()
    address = f"{contoso_admin(cast, alice).path}/test/tokens"
    headers = {"X-CSRFToken": alice.csrf("/account")}
    for name, body in BODIES.items():
        response = alice.post(address, data=body, content_type="application/json", headers=headers)
        assert (name, response.status_code) == (name, 400)
    response = alice.post(address, data=TOO_LARGE, content_type="application/json", headers=headers)
    assert response.status_code == 413


@pytest.fixture
def owner(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "otto@contoso.example", "Otto Owner", "owner")


@pytest.mark.usefixtures("owner")
def test_malformed_passkey_credential_returns_400(cast: Cast) -> None:
    browser = cast.browser()
    assert sign_in(browser, "otto@contoso.example") == 303
    for name, text in FORM_TEXTS.items():
        response = browser.post_form(f"{FACTOR_PAGE}/passkeys", page=FACTOR_PAGE, credential=text, name="x")
        assert (name, response.status_code) == (name, 400)


def credential(client_data: bytes, **changes: object) -> str:
    """A passkey response of which only the client data is checked."""

    def text(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    response = {
        "clientDataJSON": text(client_data),
        "authenticatorData": text(b"x" * 37),
        "signature": text(b"x"),
        "attestationObject": text(b"\x81" * 10_000),
    }
    return json.dumps({"id": "eA", "rawId": "eA", "type": "public-key", "response": response, **changes})


CLIENT_DATA = {
    **BODIES,
    "a challenge that is a number": b'{"type": "webauthn.create", "challenge": 7, "origin": "x"}',
    "a challenge that is a list": b'{"type": "webauthn.create", "challenge": [], "origin": {}}',
    "nested and well made": b'{"type": "webauthn.create", "challenge": "eA", "origin": "http://localhost:5000"}',
}


@pytest.mark.usefixtures("owner")
def test_malformed_client_data_registers_no_passkey(cast: Cast) -> None:
    browser = cast.browser()
    assert sign_in(browser, "otto@contoso.example") == 303
    for name, data in CLIENT_DATA.items():
        response = browser.post_form(f"{FACTOR_PAGE}/passkeys", page=FACTOR_PAGE, credential=credential(data), name="x")
        assert (name, response.status_code) == (name, 303)


def test_malformed_client_data_verifies_no_passkey() -> None:
    known = Passkey(credential_id=b"x", public_key=b"x", sign_count=0)
    for name, data in CLIENT_DATA.items():
        response = json.loads(credential(data))
        assert (name, passkeys.used("http://localhost:5000", response, b"x", [known])) == (name, None)

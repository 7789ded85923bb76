"""Encrypted cookies of another version of the application: people start again and never get a 500."""

import hashlib
import json
from uuid import uuid4

import pytest

from app.login import transaction
from app.login.errors import STATE, SignInRefused
from app.login.two_step.challenge import KEY
from tests.cast import Cast

OTHERS = [{"until": 2**40, "value": {"state": "a state", "of": "tomorrow"}}, {"of": "tomorrow"}, [], None]


@pytest.mark.parametrize("content", OTHERS, ids=repr)
def test_transaction_of_another_version_is_rejected(cast: Cast, content: object) -> None:
    name = f"attempt.1.{hashlib.sha256(b'a state').hexdigest()[:16]}"
    encrypted = cast.app.extensions["encryptor"].encrypt(json.dumps(content), f"login_transaction:{name}")
    cookies = {"HTTP_COOKIE": f"{name}={encrypted}"}
    with cast.app.test_request_context(environ_overrides=cookies), pytest.raises(SignInRefused) as refused:
        transaction.find(["a state"], uuid4())
    assert refused.value.refusal is STATE


@pytest.mark.parametrize("content", OTHERS, ids=repr)
def test_second_step_of_another_version_starts_again(cast: Cast, content: object) -> None:
    browser = cast.browser()
    with browser.session_transaction() as session:
        session[KEY] = cast.app.extensions["encryptor"].encrypt(json.dumps(content), "two_step:")
    assert browser.get("/auth/second-factor").headers["Location"] == "/login"

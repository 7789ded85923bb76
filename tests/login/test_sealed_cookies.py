"""What a browser keeps sealed for us, when another version of the application wrote it: begun again, never a 500."""

import hashlib
import json
from uuid import uuid4

import pytest

from app.core.encryption import Encryptor
from app.login.errors import STATE, SignInRefused
from app.login.transaction import TransactionCookies
from app.login.two_step.challenge import ASSOCIATED_DATA, KEY
from app.settings import new_key
from tests.cast import Cast


@pytest.mark.parametrize("content", [{"state": "a state"}, {"of": "tomorrow"}, [], None], ids=repr)
def test_an_attempt_of_another_version_is_none_of_ours(content: object) -> None:
    encryptor = Encryptor([new_key()])
    jar = TransactionCookies(encryptor, secure=False)
    state = "a state"
    name = f"attempt.1.{hashlib.sha256(state.encode()).hexdigest()[:16]}"
    with pytest.raises(SignInRefused) as refused:
        jar.find({name: encryptor.encrypt(json.dumps(content), name)}, [state], uuid4())
    assert refused.value.refusal is STATE


def test_a_second_step_of_another_version_begins_again(cast: Cast) -> None:
    browser = cast.browser()
    encryptor = cast.app.extensions["encryptor"]
    with browser.session_transaction() as session:
        session[KEY] = encryptor.encrypt(json.dumps({"person": "of tomorrow"}), ASSOCIATED_DATA)
    assert browser.get("/auth/second-factor").headers["Location"] == "/login"

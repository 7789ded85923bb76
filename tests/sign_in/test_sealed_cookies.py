"""What a browser keeps sealed for us, when another version of the application wrote it: begun again, never a 500."""

import hashlib
import json
from uuid import uuid4

import pytest

from app.sealing import Sealer
from app.settings import new_key
from app.sign_in.attempts import Jar
from app.sign_in.pending import KEY, PLACE
from app.sign_in.refusals import STATE, SignInRefused
from tests.cast import Cast


@pytest.mark.parametrize("content", [{"state": "a state"}, {"of": "tomorrow"}, [], None], ids=repr)
def test_an_attempt_of_another_version_is_none_of_ours(content: object) -> None:
    sealer = Sealer([new_key()])
    jar = Jar(sealer, secure=False)
    state = "a state"
    name = f"attempt.1.{hashlib.sha256(state.encode()).hexdigest()[:16]}"
    with pytest.raises(SignInRefused) as refused:
        jar.find({name: sealer.seal(json.dumps(content), name)}, [state], uuid4())
    assert refused.value.refusal is STATE


def test_a_second_step_of_another_version_begins_again(cast: Cast) -> None:
    visitor = cast.visitor()
    sealer = cast.app.extensions["sealer"]
    with visitor.session_transaction() as session:
        session[KEY] = sealer.seal(json.dumps({"person": "of tomorrow"}), PLACE)
    assert visitor.get("/auth/second-factor").headers["Location"] == "/login"

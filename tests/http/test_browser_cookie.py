"""Flask's signed cookie has one signer for all requests."""

from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.cast import Cast


def test_signer_is_made_once_for_all_requests(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = cast.alice()
    made: list[URLSafeTimedSerializer] = []
    original = URLSafeTimedSerializer.__init__

    def note(signer: URLSafeTimedSerializer, *arguments: Any, **named: Any) -> None:
        made.append(signer)
        original(signer, *arguments, **named)

    monkeypatch.setattr(URLSafeTimedSerializer, "__init__", note)
    for browser in (alice, cast.browser()):
        assert browser.get("/oauth/jwks").status_code == 200
    assert made == []

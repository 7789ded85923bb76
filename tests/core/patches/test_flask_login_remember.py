"""A cookie `remember_token`, which Portico never sets."""

import pytest
from flask import Flask
from flask_login import LoginManager, current_user

from app.core.patches.flask_login_remember import SessionsOnly

MALFORMED = {"Cookie": "remember_token=a|\N{LATIN SMALL LETTER E WITH ACUTE}"}


def visit(manager: LoginManager) -> bool:
    """Whether this browser is signed in."""
    app = Flask(__name__)
    app.secret_key = "a key"
    manager.init_app(app)
    manager.user_loader(lambda _token: None)
    with app.test_request_context(headers=MALFORMED):
        is_signed_in: bool = current_user.is_authenticated
        return is_signed_in


def test_flask_login_itself_fails_at_a_malformed_one() -> None:
    with pytest.raises(TypeError):
        visit(LoginManager())


def test_ours_ignores_it() -> None:
    assert not visit(SessionsOnly())

"""A refusal's “Try again” leads to the login page that was used, and on to where the person wanted to go."""

import time

import pytest
import time_machine

from app.database import db
from tests.accounts import PASSWORD, account, company_of, sign_in
from tests.cast import ALICE, Cast
from tests.sign_in.test_second_factor import EMAIL, add_app
from tests.visitor import Visitor, pick

AGAIN = '<a class="btn btn-primary" href="/login/contoso?choose=1&amp;next=/people">Try again</a>'


def half_signed_in(cast: Cast) -> Visitor:
    visitor = cast.visitor()
    given = {"email": EMAIL, "password": PASSWORD, "next": "/people"}
    answer = visitor.post_form("/login/contoso/password", page="/login/contoso", **given)
    assert answer.headers["Location"] == "/auth/second-factor"
    return visitor


@pytest.fixture
def otto(cast: Cast) -> Visitor:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    visitor = cast.visitor()
    assert sign_in(visitor, EMAIL) == 303
    return visitor


def test_after_an_id_token_that_was_not_believed(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="bad_signature")
    answer = cast.visitor().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert AGAIN in answer.text


def test_after_an_attempt_that_took_too_long(cast: Cast) -> None:
    visitor = cast.visitor()
    back = pick(cast.directory, visitor.begin("contoso", next_path="/people"), ALICE)
    with time_machine.travel(time.time() + 11 * 60):
        assert AGAIN in visitor.get(back).text


def test_after_a_directory_that_did_not_answer(cast: Cast) -> None:
    cast.directory.drill("token_down")
    answer = cast.visitor().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert answer.status_code == 503
    assert AGAIN in answer.text


def test_after_a_password_that_does_not_let_in(cast: Cast) -> None:
    made = account(cast.app, company_of(cast.app), "otto@contoso.example")
    with cast.app.app_context():
        db.session.merge(made).is_active = False
        db.session.commit()
    given = {"email": "otto@contoso.example", "password": PASSWORD, "next": "/people"}
    answer = cast.visitor().post_form("/login/contoso/password", page="/login/contoso", **given)
    assert AGAIN in answer.text


def test_after_a_second_step_that_took_too_long(cast: Cast, otto: Visitor) -> None:
    totp = add_app(otto)
    visitor = half_signed_in(cast)
    with time_machine.travel(time.time() + 6 * 60):
        assert visitor.get("/auth/second-factor").headers["Location"] == "/login/contoso?choose=1&next=/people"
        token = visitor.csrf("/login/contoso")
        answer = visitor.post("/auth/second-factor", data={"csrf_token": token, "number": totp.now()})
        assert answer.headers["Location"] == "/login/contoso?choose=1&next=/people"


def test_after_an_account_question_that_took_too_long(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "adaeze.okonkwo@contoso.example")
    visitor = cast.visitor()
    answer = visitor.sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert answer.headers["Location"] == "/auth/joining"
    with time_machine.travel(time.time() + 31 * 60):
        assert visitor.get("/auth/joining").headers["Location"] == "/login/contoso?choose=1&next=/people"

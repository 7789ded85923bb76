"""An email address in every form and command: international ones are taken, and found however they are typed."""

import pytest
from click.testing import Result

from tests.accounts import PASSWORD, account, company_of, link, person, sign_in
from tests.cast import Cast
from tests.post_office import PostOffice

MAX = "max@müller.example"
WIRE = "max@xn--mller-kva.example"
INVITE = {"page": "/people/invite", "name": "Max", "role": "member", "method": "any"}


def test_an_international_address_is_invited_mailed_and_signs_in(cast: Cast, post_office: PostOffice) -> None:
    answer = cast.alice().post_form("/people/invite", email="Max@MÜLLER.example\u200b", **INVITE)
    assert answer.status_code == 200
    assert person(cast.app, WIRE).email == MAX
    browser = cast.browser()
    path = browser.opened(link(post_office, cast.app, WIRE))
    assert browser.post_form(path, page=path, password=PASSWORD).status_code == 303
    for typed in (MAX, WIRE, "MAX@Müller.Example", f" {MAX}\u200b"):
        assert sign_in(cast.browser(), typed) == 303


def test_guesses_are_counted_for_an_address_however_it_is_typed(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), MAX)
    codes = []
    for number in range(11):
        browser = cast.browser()
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        codes.append(sign_in(browser, (MAX, WIRE, f"{MAX}\u200b")[number % 3], "wrong"))
    assert codes[-1] == 429


@pytest.mark.parametrize("email", ["a@b", "=cmd|calc@x", "=1+1@contoso.example", "ann", "Ann <ann@contoso.example>"])
def test_what_is_no_address_is_refused_at_its_field(cast: Cast, email: str) -> None:
    answer = cast.alice().post_form("/people/invite", email=email, **INVITE)
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.text
    signing_up = {"company": "Wingtip", "code": "wingtip", "name": "W", "password": PASSWORD}
    answer = cast.browser().post_form("/signup", page="/signup", email=email, **signing_up)
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.text


def test_the_recovery_command_finds_an_owner_however_the_address_is_typed(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), MAX, role="owner")
    result: Result = cast.app.test_cli_runner().invoke(args=["people", "recovery-link", WIRE, "--company", "contoso"])
    assert "/login/contoso/recovery" in result.output

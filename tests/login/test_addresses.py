"""Email addresses in all forms and commands: international ones are accepted and found in any spelling."""

import pytest
from click.testing import Result

from tests.accounts import PASSWORD, account, company_of, link, person, sign_in
from tests.cast import Cast
from tests.mail_server import LocalMailServer

MAX = "max@müller.example"
WIRE = "max@xn--mller-kva.example"
INVITE = {"page": "/people/invite", "name": "Max", "role": "member", "method": "any"}


def test_international_address_can_be_invited_emailed_and_signed_in(cast: Cast, mail_server: LocalMailServer) -> None:
    response = cast.alice().post_form("/people/invite", email="Max@MÜLLER.example\u200b", **INVITE)
    assert response.status_code == 200
    assert person(cast.app, WIRE).email == MAX
    browser = cast.browser()
    path = browser.opened(link(mail_server, cast.app, WIRE))
    assert browser.post_form(path, page=path, password=PASSWORD).status_code == 303
    for typed in (MAX, WIRE, "MAX@Müller.Example", f" {MAX}\u200b"):
        assert sign_in(cast.browser(), typed) == 303


def test_password_attempts_are_counted_across_spellings_of_an_address(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), MAX)
    codes = []
    for number in range(11):
        browser = cast.browser()
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        codes.append(sign_in(browser, (MAX, WIRE, f"{MAX}\u200b")[number % 3], "wrong"))
    assert codes[-1] == 429


@pytest.mark.parametrize("email", ["a@b", "=cmd|calc@x", "=1+1@contoso.example", "ann", "Ann <ann@contoso.example>"])
def test_invalid_address_is_rejected_at_its_field(cast: Cast, email: str) -> None:
    response = cast.alice().post_form("/people/invite", email=email, **INVITE)
    assert response.status_code == 422
    assert "Enter a valid email address." in response.text
    signing_up = {"company": "Wingtip", "code": "wingtip", "name": "W", "password": PASSWORD}
    response = cast.browser().post_form("/signup", page="/signup", email=email, **signing_up)
    assert response.status_code == 422
    assert "Enter a valid email address." in response.text


def test_recovery_command_finds_owner_by_any_spelling_of_the_address(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), MAX, role="owner")
    result: Result = cast.app.test_cli_runner().invoke(args=["people", "recovery-link", WIRE, "--company", "contoso"])
    assert "/login/contoso/recovery" in result.output

"""With every sign-in method, people return to the application."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests import directory as seed
from tests.applications.client import Client, returned
from tests.applications.people import NEXT, OWNER, Session, found, sign_in
from tests.browser import BUTTON, CSRF, Browser, pick
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.login.test_reauthentication import stripped
from tests.login.test_recovery import make_codes
from tests.login.test_signup import GOOD
from tests.login.test_two_step import add_app
from tests.recent import signed_in_recently
from tests.spa import open_page


def ends_at(client: Client, browser: Browser, location: str) -> dict[str, object]:
    """Follows the redirect to the application, which redeems the code; the ID token's claims."""
    response = client.redeem(returned(browser.get(location))["code"])
    assert response.status_code == 200, response.text
    return client.verified(response.get_json()["id_token"])


def form_targets(page: str, browser: Browser) -> list[str]:
    policy = browser.get(page).headers["Content-Security-Policy"]
    return policy.partition("form-action ")[2].partition(";")[0].split(" ")


def at_microsoft(browser: Browser, page: str) -> str:
    """Presses the page's Microsoft button; returns the URL at Microsoft."""
    text = browser.get(page).text
    fields = {"csrf_token": found(CSRF, text), "next": found(NEXT, text)}
    response = browser.post(BUTTON.findall(text)[0], data=fields)
    assert response.status_code == 303
    return str(response.location)


def test_password_sign_in_ends_at_the_application(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    page = client.page(browser, organization="contoso")
    assert "https://app.example" in form_targets(page, browser)
    claims = ends_at(client, browser, sign_in(browser, page))
    assert (claims["nonce"], claims["org_code"], claims["org_role"]) == ("the nonce", "contoso", "owner")
    assert claims["amr"] == ["pwd"]


def test_page_after_wrong_password_still_leads_to_the_application(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    page = browser.get(client.page(browser, organization="contoso")).text
    fields = {"csrf_token": found(CSRF, page), "next": found(NEXT, page), "email": OWNER, "password": "wrong"}
    wrong = browser.post("/login/contoso/password", data=fields)
    assert wrong.status_code == 422
    assert "https://app.example" in wrong.headers["Content-Security-Policy"]
    assert found(NEXT, wrong.text) == fields["next"]


def test_another_login_page_leads_to_no_application(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    client.page(browser, organization="contoso")
    assert "https://app.example" not in form_targets("/login/contoso", browser)
    made_up = "/login/contoso?next=/oauth/authorize?request_uri=urn:ietf:params:oauth:request_uri:made-up"
    assert "https://app.example" not in form_targets(made_up, browser)


def test_two_step_sign_in_ends_at_the_application(cast: Cast, client: Client, owner: Session) -> None:
    signed_in_recently(cast.app)
    totp = add_app(owner.browser)
    browser = cast.browser()
    assert sign_in(browser, client.page(browser, organization="contoso")) == "/auth/second-factor"
    assert "https://app.example" in form_targets("/auth/second-factor", browser)
    response = browser.post_form("/auth/second-factor", page="/auth/second-factor", number=totp.now())
    assert ends_at(client, browser, str(response.location))["amr"] == ["pwd", "otp"]


def test_microsoft_sign_in_ends_at_the_application(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    address = at_microsoft(browser, client.page(browser, organization="contoso"))
    back = browser.get(pick(cast.directory, address, ALICE))
    claims = ends_at(client, browser, str(back.location))
    assert claims["sub"] == str(cast.person_id(ALICE))
    assert "amr" not in claims


def test_single_page_sign_in_ends_at_the_application(cast: Cast, client: Client) -> None:
    cast.switch(seed.CONTOSO, "spa")
    browser = cast.browser()
    page = client.page(browser, organization="contoso")
    opened = open_page(browser, path=page)
    tokens = opened.tokens(cast.directory, ALICE) | {"next": found(NEXT, browser.get(page).text)}
    response = opened.post_tokens(tokens)
    assert ends_at(client, browser, response.get_json()["next"])["sub"] == str(cast.person_id(ALICE))


def test_recovery_code_sign_in_ends_at_the_application(cast: Cast, client: Client) -> None:
    code = make_codes(cast.alice())[0]
    browser = cast.browser()
    page = browser.get(client.page(browser, organization="contoso")).text
    recovery = page.partition('href="/login/contoso/recovery?next=')[2].partition('"')[0]
    address = f"/login/contoso/recovery?next={recovery}"
    assert "https://app.example" in form_targets(address, browser)
    fields = {"key": code, "next": found(NEXT, browser.get(address).text)}
    response = browser.post_form("/login/contoso/recovery/use", page=address, **fields)
    assert ends_at(client, browser, str(response.location))["org_code"] == "contoso"


def test_sign_up_ends_at_the_application(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    page = client.page(browser, prompt="create")
    assert page.startswith("/signup?next=")
    assert "https://app.example" in form_targets(page, browser)
    response = browser.post_form("/signup", page=page, **GOOD, next=found(NEXT, browser.get(page).text))
    claims = ends_at(client, browser, str(response.location))
    assert (claims["org_code"], claims["org_role"]) == ("tailspin", "owner")


def test_visitor_without_company_is_asked_for_it(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    page = client.page(browser)
    assert page.startswith("/login?next=/oauth/authorize?")
    chosen = browser.get("/login", query_string={"code": "contoso", "next": Session.next_of(page)})
    assert ends_at(client, browser, sign_in(browser, str(chosen.location)))["org_code"] == "contoso"
    again = client.page(cast_off(browser))
    assert again.startswith("/login?next=")
    assert str(browser.get(again).location).startswith("/login/contoso?")


def cast_off(browser: Browser) -> Browser:
    """The same browser after signing out."""
    browser.post_form("/logout", page="/account")
    return browser


def test_directory_receives_prompt_and_login_hint(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    page = client.page(browser, organization="contoso", prompt="login", login_hint="ann@contoso.example")
    assert "ann@contoso.example" not in page
    asked = parse_qs(urlsplit(at_microsoft(browser, page)).query)
    assert (asked["prompt"], asked["login_hint"]) == (["login"], ["ann@contoso.example"])


def test_select_account_leads_to_the_login_page_once(cast: Cast, client: Client) -> None:
    alice = cast.alice()
    page = client.page(alice, prompt="select_account")
    assert page.startswith("/login/contoso?next=")
    assert "choose=1" in page
    assert ends_at(client, alice, sign_in(alice, page))["org_role"] == "owner"


@pytest.mark.parametrize("registered", [True, False])
def test_microsoft_must_prove_that_it_reauthenticated(cast: Cast, client: Client, registered: bool) -> None:
    """A browser can remove the prompt; without the optional claim `auth_time`, a sign-in there proves nothing."""
    claims = ["acct", "login_hint", "sid", *(["auth_time"] if registered else [])]
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    browser = cast.browser()
    address = at_microsoft(browser, client.page(browser, organization="contoso", prompt="login"))
    back = browser.get(pick(cast.directory, stripped(address), ALICE))
    response = browser.get(str(back.location))
    if registered:
        assert "code" in returned(response)
    else:
        assert str(response.location).startswith("/account/reauthenticate?next=")
        assert "https://app.example" in form_targets(str(response.location), browser)


def test_password_signs_in_for_prompt_login_at_once(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    page = client.page(browser, organization="contoso", prompt="login", max_age="0")
    assert ends_at(client, browser, sign_in(browser, page, OWNER, OWNER_PASSWORD))

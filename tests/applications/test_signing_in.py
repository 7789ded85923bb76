"""A person signs in to an application, whichever way they sign in here."""

from urllib.parse import unquote

from tests.applications.client import Client, returned
from tests.browser import Browser, pick
from tests.cast import ALICE, OWNER_PASSWORD, Cast


def continued(browser: Browser, location: str) -> dict[str, str]:
    """What the application receives when the browser follows our own redirects."""
    answer = browser.get(location)
    return returned(answer)


def test_with_a_password(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    begun = client.authorize(browser, organization="contoso")
    assert begun.status_code == 303
    page = browser.get(begun.location)
    assert "https://app.example" in page.headers["Content-Security-Policy"].partition("form-action")[2].split(";")[0]
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    next_path = page.text.partition('name="next" type="hidden" value="')[2].partition('"')[0].replace("&amp;", "&")
    given = {"csrf_token": token, "email": "owner@contoso.example", "password": OWNER_PASSWORD, "next": next_path}
    signed_in = browser.post("/login/contoso/password", data=given)
    got = continued(browser, signed_in.location)
    assert got["state"] == "the state"
    assert got["iss"] == cast.app.config["BASE_URL"]
    answer = client.redeem(got["code"])
    assert answer.status_code == 200, answer.text
    tokens = answer.get_json()
    claims = client.verified(tokens["id_token"])
    assert (claims["nonce"], claims["org_code"], claims["org_role"]) == ("the nonce", "contoso", "owner")
    assert claims["amr"] == ["pwd"]
    assert client.userinfo(tokens["access_token"]).get_json()["sub"] == claims["sub"]


def test_with_microsoft(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    begun = client.authorize(browser, organization="contoso")
    next_path = begun.location.partition("next=")[2]
    url = browser.begin("contoso", next_path=unquote(next_path))
    back = browser.get(pick(cast.directory, url, ALICE))
    assert "code" in continued(browser, back.location)

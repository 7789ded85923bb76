"""The test of an application: what arrives for the owner is shown with what doesn’t match, and nothing else."""

import base64
import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import time_machine

from app.applications.first_request.models import Arrival
from app.applications.first_request.verdicts import TokenRequest, can_be_added, names_of, of_token_request, shown_uri
from app.applications.models import UriUse
from app.core.database import db, now
from tests.applications.admin import LIST, Owner, owner
from tests.applications.client import REDIRECT_URI, Client, register
from tests.assertions import queries
from tests.cast import Cast

TITLE = re.compile(r'<p class="verdict"><strong>([^<]+)\.</strong>')


def opened_test(cast: Cast, **changes: str) -> tuple[Owner, Client]:
    """An application whose test link its owner has opened."""
    made = owner(cast, **changes)
    client = made.client()
    assert made.press("test").headers["Location"] == f"{made.path}/test"
    assert made.browser.get(f"{made.path}/test/open").headers["Location"] == "https://app.example/"
    return made, client


def verdicts(made: Owner) -> list[str]:
    return [unescape(title) for title in TITLE.findall(made.page("test"))]


def arrivals(cast: Cast) -> list[Arrival]:
    with cast.app.app_context():
        return list(db.session.scalars(sa.select(Arrival).order_by(Arrival.id)))


def test_nothing_is_recorded_before_the_link_is_opened(cast: Cast) -> None:
    made = owner(cast)
    client = made.client()
    made.press("test")
    client.authorize(made.browser, redirect_uri="https://app.example/other")
    assert arrivals(cast) == []
    assert "Nothing arrives?" in made.page("test")


def test_working_sign_in_is_reported(cast: Cast) -> None:
    made, client = opened_test(cast)
    client.tokens(made.browser)
    page = made.page("test")
    assert "Sign-in works" in page
    assert "Everything matches." in page
    assert verdicts(made) == []


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"redirect_uri": f"{REDIRECT_URI}/"}, "The redirect URI differs by a slash at its end"),
        ({"redirect_uri": "http://app.example/callback"}, "The redirect URI differs by http and https"),
        ({"redirect_uri": "https://app.example/other"}, "The redirect URI isn’t registered"),
        ({"redirect_uri": None}, "No redirect URI"),
        ({"code_challenge": None, "code_challenge_method": None}, "PKCE is missing"),
        ({"response_type": "token"}, "Not the code flow"),
        ({"scope": "profile"}, "The scope openid is missing"),
        ({"client_secret": "a secret"}, "The client secret is in an address"),
        ({"client_id": "app-of-another"}, "The client ID is another one"),
    ],
)
def test_errors_in_authorization_requests_are_reported(cast: Cast, changes: dict[str, str | None], title: str) -> None:
    made, client = opened_test(cast)
    client.authorize(made.browser, **changes)
    assert verdicts(made) == [title]


def test_redirect_uri_is_shown_next_to_the_registered_one(cast: Cast) -> None:
    made, client = opened_test(cast)
    client.authorize(made.browser, redirect_uri=f"{REDIRECT_URI}/")
    page = made.page("test")
    assert f"<dd><code>{REDIRECT_URI}/</code></dd>" in page
    assert f"<div><code>{REDIRECT_URI}</code></div>" in page


def basic(client: Client, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{client.client_id}:{secret}'.encode()).decode()}"}


def redeem(
    client: Client, code: str, changes: dict[str, str | None] | None = None, headers: dict[str, str] | None = None
) -> int:
    """The status of the answer."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "client_secret": client.secret,
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": client.verifier,
        **(changes or {}),
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return client.machine().post("/oauth/token", data=given, headers=headers or {}).status_code


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"client_secret": None}, "No client secret"),
        ({"client_secret": "another"}, "The client secret is wrong"),
        ({"redirect_uri": "https://app.example/"}, "Two different redirect URIs"),
        ({"code_verifier": None}, "The PKCE verifier is missing"),
        ({"code_verifier": "v" * 43}, "The PKCE verifier is another one"),
        ({"grant_type": "password"}, "The request is invalid"),
    ],
)
def test_errors_in_token_requests_are_reported(cast: Cast, changes: dict[str, str | None], title: str) -> None:
    made, client = opened_test(cast)
    assert redeem(client, client.code(made.browser), changes) >= 400
    assert verdicts(made) == [title]


def test_secret_sent_twice_is_reported(cast: Cast) -> None:
    made, client = opened_test(cast)
    assert redeem(client, client.code(made.browser), headers=basic(client, str(client.secret))) == 400
    assert verdicts(made) == ["The client secret was sent twice"]


def test_reused_code_is_reported(cast: Cast) -> None:
    made, client = opened_test(cast)
    code = client.code(made.browser)
    assert redeem(client, code) == 200
    assert redeem(client, code) == 400
    assert verdicts(made) == ["The code isn’t valid"]


def test_secret_sent_by_public_application_is_reported(cast: Cast) -> None:
    made, client = opened_test(cast, kind="public")
    assert redeem(client, client.code(made.browser), {"client_secret": "made up"}) == 401
    assert verdicts(made) == ["A client secret that doesn’t exist"]


@pytest.mark.parametrize(("registered", "is_basic"), [("client_secret_basic", False), ("client_secret_post", True)])
def test_secret_sent_with_another_method_is_reported(registered: str, is_basic: bool) -> None:
    failed = TokenRequest(
        error="invalid_client",
        authentication=registered,
        has_basic=is_basic,
        has_posted=not is_basic,
        redirect_uri_differs=False,
        has_challenge=True,
        has_verifier=True,
        verifier_differs=False,
    )
    assert of_token_request(failed) == ["secret_place"]


def test_only_the_owners_session_is_recorded(cast: Cast) -> None:
    made, client = opened_test(cast)
    wrong = {"redirect_uri": "https://evil.example/"}
    for browser in (cast.alice(), cast.bob(), cast.charlie(), cast.browser()):
        client.authorize(browser, **wrong)
    assert redeem(client, client.code(cast.bob()), {"client_secret": "another"}) == 401
    assert arrivals(cast) == []
    client.authorize(made.browser, **wrong)
    assert len(arrivals(cast)) == 1


def test_only_names_and_verdicts_are_stored(cast: Cast) -> None:
    made, client = opened_test(cast)
    client.authorize(made.browser, redirect_uri=f"{REDIRECT_URI}?key=hush", nonce="hush-nonce", hush1="a")
    code = client.code(made.browser)
    redeem(client, code, {"client_secret": "hush-secret"})
    stored = [(one.names, one.verdicts, one.redirect_uri) for one in arrivals(cast)]
    text = json.dumps(stored)
    for secret in ("hush", code, client.verifier, client.challenge, str(client.secret), "the state"):
        assert secret not in text
    assert {"client_id", "redirect_uri", "nonce", "state"} < {*stored[0][0]}
    assert stored[0][2] == f"{REDIRECT_URI}?…"


def test_nothing_is_recorded_after_15_minutes(cast: Cast) -> None:
    made, client = opened_test(cast)
    with time_machine.travel(now() + timedelta(minutes=15, seconds=1)):
        client.authorize(made.browser, redirect_uri="https://app.example/other")
        assert "The test is over" in made.page("test")
        assert made.browser.get(f"{made.path}/test/open").headers["Location"] == f"{made.path}/test"
    assert arrivals(cast) == []


def test_member_requests_cost_no_extra_query(cast: Cast) -> None:
    made, client = opened_test(cast)
    colleague = cast.alice()
    client.code(colleague)
    with queries(cast.app) as sent:
        client.code(colleague)
    assert not any("application_test" in statement for statement in sent)
    with queries(cast.app) as sent:
        client.code(made.browser)
    assert any("application_test" in statement for statement in sent)


ADD = re.compile(r'action="[^"]*/(test/[\w-]+/add)"')


def test_redirect_uri_of_same_origin_is_added_after_confirmation(cast: Cast) -> None:
    made, client = opened_test(cast)
    other = "https://app.example/auth/callback"
    client.authorize(made.browser, redirect_uri=other)
    add = ADD.search(made.page("test"))
    assert add
    asked = made.press(add[1])
    assert asked.status_code == 409
    assert f"<code>{other}</code>" in asked.text
    with cast.app.app_context():
        assert made.application().uris_for(UriUse.REDIRECT) == [REDIRECT_URI]
    assert made.press(add[1], confirmed="yes").status_code == 303
    assert "code" in client.authorize(made.browser, redirect_uri=other).location
    assert ADD.search(made.page("test")) is None, "it is registered now"


def test_redirect_uri_of_another_origin_cannot_be_added(cast: Cast) -> None:
    made, client = opened_test(cast)
    client.authorize(made.browser, redirect_uri="https://evil.example/callback")
    assert ADD.search(made.page("test")) is None
    arrival = arrivals(cast)[0].id
    assert made.press(f"test/{arrival}/add", confirmed="yes").status_code == 404
    with cast.app.app_context():
        assert made.application().uris_for(UriUse.REDIRECT) == [REDIRECT_URI]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://app.example/other", True),
        ("http://localhost:3000/callback", True),
        ("http://127.0.0.1:3000/callback", True),
        ("https://app.example:444/other", False),
        ("https://app.example.evil.example/", False),
        ("https://localhost.evil.example/", False),
        ("http://app.example/callback", False),
        ("https://app.example/other?…", False),
        (REDIRECT_URI, False),
        (None, False),
    ],
)
def test_addable_redirect_uris(uri: str | None, expected: bool) -> None:
    assert can_be_added(uri, [REDIRECT_URI]) is expected


def test_only_parameter_names_are_kept() -> None:
    assert names_of({"state": "a", "eyJhbGciOiJ9": "", "SECRET-42": "b", "x" * 41: "c"}) == ["state"]
    assert shown_uri("javascript:alert(1)") is None


def test_colleagues_and_outsiders_see_nothing_of_a_test(cast: Cast) -> None:
    made, client = opened_test(cast)
    client.authorize(made.browser, redirect_uri="https://app.example/other")
    arrival = arrivals(cast)[0].id
    colleague = cast.alice()
    assert "What arrived" not in colleague.get(f"{made.path}/test").text
    assert colleague.post_form(f"{made.path}/test/{arrival}/add", page=LIST, confirmed="yes").status_code == 404
    charlie = cast.charlie()
    for path in ("test", "test/open", f"test/progress?{urlencode({'seen': 0})}"):
        assert charlie.get(f"{made.path}/{path}").status_code == 404


def test_page_learns_about_new_requests(cast: Cast) -> None:
    made, client = opened_test(cast)
    address = f"{made.path}/test/progress?seen=0"
    assert made.browser.get(address).get_json() == {"finished": False}
    client.authorize(made.browser, redirect_uri="https://app.example/other")
    assert made.browser.get(address).get_json() == {"finished": True}
    assert made.browser.get(f"{made.path}/test/progress?seen=1").get_json() == {"finished": False}


def test_application_of_the_installation_is_not_tested_by_companies(cast: Cast) -> None:
    register(cast.app, "Portal", start_url="https://portal.example/")
    alice = cast.alice()
    found = re.search(rf'href="({LIST}/[\w-]{{36}})">Portal', alice.get(LIST).text)
    assert found
    assert alice.post_form(f"{found[1]}/test", page=LIST).status_code == 404

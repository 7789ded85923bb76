"""Redirects from Microsoft: incomplete, late, duplicated, replayed, or for another browser."""

import time
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine

from app.http.rate_limits import FAILED_CALLBACK_LIMIT
from app.login.transaction import MOST_OPEN
from tests.assertions import audit_entries, last_failure_reason, rows, written
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, CHARLIE, Cast


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def answer(cast: Cast, browser: Browser, code: str = "contoso") -> tuple[str, str, str]:
    """Starts and picks Alice; returns path, state and code of the redirect."""
    back = urlsplit(pick(cast.directory, browser.begin(code), ALICE))
    query = parse_qs(back.query)
    return back.path, query["state"][0], query["code"][0]


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


@pytest.mark.parametrize(
    "query",
    [
        "code={code}",
        "code={code}&state=",
        "code={code}&state=another",
        "code={code}&state={state}&state={state}",
        "code={code}&state={state}&state=another",
        "code={code}&state=%20{state}",
        "code={code}&State={state}",
        "code={code}&state=%ff%fe",
    ],
)
def test_callback_with_wrong_state_is_rejected(cast: Cast, query: str) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    cast.directory.forget_requests()
    before = rows(cast.app)
    response = browser.get(f"{path}?{query.format(state=state, code=code)}")
    assert response.status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_failure_reason(cast.app) == "state"
    assert not cast.directory.requests("token")
    assert not is_signed_in(browser)


def test_callback_of_another_browser_is_rejected(cast: Cast) -> None:
    path, state, code = answer(cast, cast.browser())
    assert cast.browser().get(f"{path}?state={state}&code={code}").status_code == 400
    assert last_failure_reason(cast.app) == "state"


def test_flow_started_at_one_company_cannot_finish_at_another(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    cast.directory.forget_requests()
    elsewhere = path.replace(cast.contoso_connection, cast.fabrikam_connection)
    before = rows(cast.app)
    response = browser.get(f"{elsewhere}?state={state}&code={code}")
    assert response.status_code == 400
    assert "another company" in response.text
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_failure_reason(cast.app) == "other_connection"
    assert not cast.directory.requests("token")


def test_replayed_callback_is_rejected_and_the_session_stays(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 303
    before = rows(cast.app)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert is_signed_in(browser)


def test_transaction_works_once_even_if_its_cookie_was_kept(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    kept = next(cookie for cookie in browser.cookies() if "attempt" in cookie.key)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 303
    browser.set_cookie(kept.key, kept.value, domain="localhost")
    before = rows(cast.app)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert is_signed_in(browser)


def test_second_code_for_used_transaction_creates_no_session(cast: Cast) -> None:
    browser = cast.browser()
    url = browser.begin("contoso")
    first, second = pick(cast.directory, url, ALICE), pick(cast.directory, url, BOB)
    kept = next(cookie for cookie in browser.cookies() if "attempt" in cookie.key)
    assert browser.get(first).status_code == 303
    browser.set_cookie(kept.key, kept.value, domain="localhost")
    before = rows(cast.app)
    assert browser.get(second).status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_failure_reason(cast.app) == "attempt_spent"
    assert "Adaeze" in browser.get("/account").text


def test_sign_ins_in_two_tabs_both_finish(cast: Cast) -> None:
    browser = cast.browser()
    one, two = browser.begin("contoso", next_path="/people"), browser.begin("contoso", next_path="/account?tab=2")
    first = browser.get(pick(cast.directory, one, ALICE))
    second = browser.get(pick(cast.directory, two, ALICE))
    assert (first.headers["Location"], second.headers["Location"]) == ("/people", "/account?tab=2")


def test_sign_ins_at_two_companies_in_two_tabs_both_finish(cast: Cast) -> None:
    browser = cast.browser()
    one, two = browser.begin("contoso"), browser.begin("fabrikam")
    assert browser.get(pick(cast.directory, two, CHARLIE)).status_code == 303
    assert browser.get(pick(cast.directory, one, ALICE)).status_code == 303
    assert "Contoso" in browser.get("/account").text


def test_oldest_of_many_open_tabs_is_dropped(cast: Cast) -> None:
    browser = cast.browser()
    with time_machine.travel(time.time(), tick=False) as clock:
        urls = []
        for _ in range(MOST_OPEN + 1):
            urls.append(browser.begin("contoso", next_path="/" + "n" * 499))
            clock.shift(1)
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser.cookies())
    assert len(cookies) < 16_000, "more than gunicorn accepts"
    assert browser.get(pick(cast.directory, urls[0], ALICE)).status_code == 400
    assert browser.get(pick(cast.directory, urls[-1], ALICE)).status_code == 303


def test_callback_after_ten_minutes_says_to_start_again(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    cast.directory.forget_requests()
    with time_machine.travel(time.time() + 601):
        response = browser.get(f"{path}?state={state}&code={code}")
    assert response.status_code == 400
    assert "This took too long." in response.text
    assert 'href="/login/contoso?choose=1"' in response.text
    assert last_failure_reason(cast.app) == "attempt_expired"
    assert not cast.directory.requests("token")


@pytest.mark.parametrize("change", ["x", "v1.00000000.", "é", "."], ids=repr)
def test_tampered_transaction_is_rejected(cast: Cast, change: str) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    kept = next(cookie for cookie in browser.cookies() if "attempt" in cookie.key)
    browser.set_cookie(kept.key, change + kept.value[len(change) :], domain="localhost")
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 400
    assert last_failure_reason(cast.app) == "state"


@pytest.mark.parametrize("query", ["", "&code=", "&code=a&code=b", "&client_info=x"])
def test_callback_without_exactly_one_code_is_rejected(cast: Cast, query: str) -> None:
    browser = cast.browser()
    url = browser.begin("contoso")
    response = browser.get(f"/auth/{cast.contoso_connection}/callback?state={state_of(url)}{query}")
    assert response.status_code == 400
    assert last_failure_reason(cast.app) == "no_code"


def test_html_in_an_error_is_escaped(cast: Cast) -> None:
    browser = cast.browser()
    state = state_of(browser.begin("contoso"))
    sent = quote("<script>alert(1)</script>\"'><svg/onload=alert(1)>")
    response = browser.get(
        f"/auth/{cast.contoso_connection}/callback?state={state}&error={sent}&error_description={sent}"
    )
    assert response.status_code == 400
    assert "<script>alert" not in response.text
    assert "<svg/onload" not in response.text
    assert "&lt;script&gt;alert(1)" in response.text
    assert last_failure_reason(cast.app) == "directory_refused"


@pytest.mark.parametrize("error", ["access_denied", "%ff", "a" * 5000, "server_error&error=again"])
def test_any_error_in_the_redirect_shows_a_page(cast: Cast, error: str) -> None:
    browser = cast.browser()
    state = state_of(browser.begin("contoso"))
    response = browser.get(f"/auth/{cast.contoso_connection}/callback?state={state}&error={error}")
    assert response.status_code == 400
    assert "Try again" in response.text


def test_declined_consent_is_explained(cast: Cast) -> None:
    browser = cast.browser()
    state = state_of(browser.begin("contoso"))
    response = browser.get(f"/auth/{cast.contoso_connection}/callback?state={state}&error=access_denied")
    assert "You declined access" in response.text


@pytest.mark.parametrize("path", ["/auth/{id}/callback", "/auth/{id}/callback?"])
def test_redirect_uri_without_parameters_redirects_to_login(cast: Cast, path: str) -> None:
    response = cast.browser().get(path.format(id=cast.contoso_connection))
    assert (response.status_code, response.headers["Location"]) == (302, "/login")


@pytest.mark.parametrize("public_id", ["unknown", "..", "%ff"])
def test_unknown_redirect_uri_is_not_found(cast: Cast, public_id: str) -> None:
    assert cast.browser().get(f"/auth/{public_id}/callback?state=a&code=b").status_code == 404


def test_rejected_callbacks_in_audit_log_are_limited(cast: Cast) -> None:
    browser = cast.browser()
    most = FAILED_CALLBACK_LIMIT.most
    path = f"/auth/{cast.contoso_connection}/callback?state=a&code=b"
    statuses = [browser.get(path).status_code for _ in range(most + 2)]
    assert statuses == [400] * most + [429, 429]
    assert len(audit_entries(cast.app, "sign_in.refused")) == most

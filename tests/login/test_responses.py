"""What comes back from Microsoft besides tokens: incomplete, late, doubled, replayed, or meant for others."""

import time
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine

from app.http.rate_limits import FAILED_CALLBACK_LIMIT
from app.login.transaction import MOST_OPEN
from tests.assertions import history, last_refusal, rows, written
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, CHARLIE, Cast


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def answer(cast: Cast, browser: Browser, code: str = "contoso") -> tuple[str, str, str]:
    """Begins, and picks Alice: path, state and code of the redirect back."""
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
def test_an_answer_whose_state_is_not_this_browsers_is_refused(cast: Cast, query: str) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    cast.directory.forget_requests()
    before = rows(cast.app)
    response = browser.get(f"{path}?{query.format(state=state, code=code)}")
    assert response.status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_refusal(cast.app) == "state"
    assert not cast.directory.requests("token")
    assert not is_signed_in(browser)


def test_an_answer_for_another_browser_is_refused(cast: Cast) -> None:
    path, state, code = answer(cast, cast.browser())
    assert cast.browser().get(f"{path}?state={state}&code={code}").status_code == 400
    assert last_refusal(cast.app) == "state"


def test_a_flow_begun_at_one_company_does_not_end_at_another(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    cast.directory.forget_requests()
    elsewhere = path.replace(cast.contoso_connection, cast.fabrikam_connection)
    before = rows(cast.app)
    response = browser.get(f"{elsewhere}?state={state}&code={code}")
    assert response.status_code == 400
    assert "another company" in response.text
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_refusal(cast.app) == "other_connection"
    assert not cast.directory.requests("token")


def test_a_replayed_answer_is_refused_and_the_session_stays(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 303
    before = rows(cast.app)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert is_signed_in(browser)


def test_an_attempt_is_spent_even_if_its_cookie_was_kept(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    kept = next(cookie for cookie in browser.cookies() if "attempt" in cookie.key)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 303
    browser.set_cookie(kept.key, kept.value, domain="localhost")
    before = rows(cast.app)
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert is_signed_in(browser)


def test_a_second_code_for_a_spent_attempt_makes_no_second_session(cast: Cast) -> None:
    browser = cast.browser()
    url = browser.begin("contoso")
    first, second = pick(cast.directory, url, ALICE), pick(cast.directory, url, BOB)
    kept = next(cookie for cookie in browser.cookies() if "attempt" in cookie.key)
    assert browser.get(first).status_code == 303
    browser.set_cookie(kept.key, kept.value, domain="localhost")
    before = rows(cast.app)
    assert browser.get(second).status_code == 400
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_refusal(cast.app) == "attempt_spent"
    assert "Adaeze" in browser.get("/account").text


def test_two_tabs_both_finish(cast: Cast) -> None:
    browser = cast.browser()
    one, two = browser.begin("contoso", next_path="/people"), browser.begin("contoso", next_path="/account?tab=2")
    first = browser.get(pick(cast.directory, one, ALICE))
    second = browser.get(pick(cast.directory, two, ALICE))
    assert (first.headers["Location"], second.headers["Location"]) == ("/people", "/account?tab=2")


def test_two_tabs_at_two_companies_both_finish(cast: Cast) -> None:
    browser = cast.browser()
    one, two = browser.begin("contoso"), browser.begin("fabrikam")
    assert browser.get(pick(cast.directory, two, CHARLIE)).status_code == 303
    assert browser.get(pick(cast.directory, one, ALICE)).status_code == 303
    assert "Contoso" in browser.get("/account").text


def test_of_many_open_tabs_the_oldest_gives_way(cast: Cast) -> None:
    browser = cast.browser()
    with time_machine.travel(time.time(), tick=False) as clock:
        urls = []
        for _ in range(MOST_OPEN + 1):
            urls.append(browser.begin("contoso", next_path="/" + "n" * 499))
            clock.shift(1)
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser.cookies())
    assert len(cookies) < 16_000, "more than gunicorn takes"
    assert browser.get(pick(cast.directory, urls[0], ALICE)).status_code == 400
    assert browser.get(pick(cast.directory, urls[-1], ALICE)).status_code == 303


def test_an_answer_after_more_than_ten_minutes_is_told_to_start_again(cast: Cast) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    cast.directory.forget_requests()
    with time_machine.travel(time.time() + 601):
        response = browser.get(f"{path}?state={state}&code={code}")
    assert response.status_code == 400
    assert "longer than 10 minutes" in response.text
    assert 'href="/login/contoso?choose=1"' in response.text
    assert last_refusal(cast.app) == "attempt_expired"
    assert not cast.directory.requests("token")


@pytest.mark.parametrize("change", ["x", "v1.00000000.", "é", "."], ids=repr)
def test_a_tampered_attempt_is_refused(cast: Cast, change: str) -> None:
    browser = cast.browser()
    path, state, code = answer(cast, browser)
    kept = next(cookie for cookie in browser.cookies() if "attempt" in cookie.key)
    browser.set_cookie(kept.key, change + kept.value[len(change) :], domain="localhost")
    assert browser.get(f"{path}?state={state}&code={code}").status_code == 400
    assert last_refusal(cast.app) == "state"


@pytest.mark.parametrize("query", ["", "&code=", "&code=a&code=b", "&client_info=x"])
def test_an_answer_without_one_code_is_refused(cast: Cast, query: str) -> None:
    browser = cast.browser()
    url = browser.begin("contoso")
    response = browser.get(f"/auth/{cast.contoso_connection}/callback?state={state_of(url)}{query}")
    assert response.status_code == 400
    assert last_refusal(cast.app) == "no_code"


def test_html_in_an_error_is_shown_as_text(cast: Cast) -> None:
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
    assert last_refusal(cast.app) == "directory_refused"


@pytest.mark.parametrize("error", ["access_denied", "%ff", "a" * 5000, "server_error&error=again"])
def test_any_error_in_the_redirect_is_a_page(cast: Cast, error: str) -> None:
    browser = cast.browser()
    state = state_of(browser.begin("contoso"))
    response = browser.get(f"/auth/{cast.contoso_connection}/callback?state={state}&error={error}")
    assert response.status_code == 400
    assert "Try again" in response.text


def test_a_declined_consent_says_so(cast: Cast) -> None:
    browser = cast.browser()
    state = state_of(browser.begin("contoso"))
    response = browser.get(f"/auth/{cast.contoso_connection}/callback?state={state}&error=access_denied")
    assert "You declined access" in response.text


@pytest.mark.parametrize("path", ["/auth/{id}/callback", "/auth/{id}/callback?"])
def test_the_bare_redirect_uri_leads_to_the_login_page(cast: Cast, path: str) -> None:
    response = cast.browser().get(path.format(id=cast.contoso_connection))
    assert (response.status_code, response.headers["Location"]) == (302, "/login")


@pytest.mark.parametrize("public_id", ["unknown", "..", "%ff"])
def test_the_redirect_uri_of_nobody_is_not_there(cast: Cast, public_id: str) -> None:
    assert cast.browser().get(f"/auth/{public_id}/callback?state=a&code=b").status_code == 404


def test_refused_answers_cannot_fill_the_history_without_end(cast: Cast) -> None:
    browser = cast.browser()
    most = FAILED_CALLBACK_LIMIT.most
    path = f"/auth/{cast.contoso_connection}/callback?state=a&code=b"
    statuses = [browser.get(path).status_code for _ in range(most + 2)]
    assert statuses == [400] * most + [429, 429]
    assert len(history(cast.app, "sign_in.refused")) == most

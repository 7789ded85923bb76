"""The server flow, end to end against the sandbox directory."""

from tests.cast import ALICE, Cast


def test_person_signs_in_and_sees_profile_from_graph(cast: Cast) -> None:
    browser = cast.browser()
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert response.headers["Location"] == "/account"
    page = browser.get("/account").text
    assert "Adaeze Okonkwo" in page
    assert "adaeze.okonkwo@contoso.example" in page
    assert "Chief Information Officer" in page


def test_requested_page_opens_after_sign_in(cast: Cast) -> None:
    response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people?q=a")
    assert response.headers["Location"] == "/people?q=a"


def test_returning_person_causes_one_upstream_call_before_the_response(cast: Cast) -> None:
    cast.alice()
    cast.directory.forget_requests()
    url = cast.browser()
    back = url.sign_in_as(ALICE, "contoso", cast.directory)
    assert back.status_code == 303
    asked = [entry["kind"] for entry in cast.directory.requests() if entry["kind"] != "authorize"]
    assert asked == ["token"]

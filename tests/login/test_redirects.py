"""Redirect targets: always our own pages at our own host."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cast import ALICE, OWNER_PASSWORD, Cast

ELSEWHERE = (
    *(
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "///evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
    ),
    *("https://evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "evil.example", " /x"),
    *("/x\r\nSet-Cookie: a=b", "/x\\..\\evil", "/" + "x" * 600, "/é", "", "?", "http:/evil.example", "mailto:a@b"),
)


def test_unsafe_next_path_falls_back_to_account(cast: Cast) -> None:
    browser = cast.browser()
    for next_path in ELSEWHERE:
        response = browser.sign_in_as(ALICE, "contoso", cast.directory, next_path=next_path)
        assert response.headers["Location"] == "/account", next_path


@pytest.mark.parametrize("next_path", ["/people", "/people?q=a&after=b%20c", "/a/b;c?d=e#f", "/%2f/evil.example"])
def test_local_next_path_is_kept_through_microsoft(cast: Cast, next_path: str) -> None:
    response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory, next_path=next_path)
    assert response.headers["Location"] == next_path


@pytest.mark.parametrize(("next_path", "kept"), [("/people", "/people"), ("//evil.example", "/home")])
def test_password_sign_in_follows_the_same_next_rules(cast: Cast, next_path: str, kept: str) -> None:
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD, "next": next_path}
    response = cast.browser().post_form("/login/contoso/password", page="/login/contoso", **given)
    assert response.headers["Location"] == kept


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("page", ["/login", "/login/contoso"])
def test_unsafe_next_path_is_not_rendered(cast: Cast, page: str, next_path: str) -> None:
    assert "evil" not in cast.browser().get(page, query_string={"next": next_path}).text


def test_signed_out_person_returns_to_requested_page(cast: Cast) -> None:
    browser = cast.browser()
    first = browser.get("/people?q=a%20b")
    assert urlsplit(first.headers["Location"]).path == "/login"
    kept = parse_qs(urlsplit(first.headers["Location"]).query)["next"][0]
    second = browser.get("/login", query_string={"code": "contoso", "next": kept})
    page = browser.get(second.headers["Location"])
    assert 'value="/people?q=a%20b"' in page.text


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:5001", "localhost:5000.evil.example", "a@b"])
def test_forged_host_is_rejected(cast: Cast, host: str) -> None:
    for path in ("/", "/login/contoso", "/account"):
        response = cast.browser().get(path, headers={"Host": host})
        assert response.status_code == 400
        assert "Location" not in response.headers
        assert "evil" not in response.text


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-Host", "Forwarded", "X-Forwarded-Prefix"]
)
def test_forged_forwarding_header_does_not_change_redirect_uri(cast: Cast, header: str) -> None:
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    response = browser.post(
        f"/login/contoso/microsoft/{cast.contoso_connection}",
        data={"csrf_token": token},
        headers={header: "host=evil.example"},
    )
    sent = parse_qs(urlsplit(response.headers["Location"]).query)["redirect_uri"]
    assert sent == [f"{cast.app.config['BASE_URL']}/auth/{cast.contoso_connection}/callback"]


def test_health_check_works_under_any_host(cast: Cast) -> None:
    assert cast.browser().get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("public_id", ["unknown", "{fabrikam}"])
def test_button_of_another_company_is_not_found(cast: Cast, public_id: str) -> None:
    browser = cast.browser()
    public_id = public_id.format(fabrikam=cast.fabrikam_connection)
    response = browser.post_form(f"/login/contoso/microsoft/{public_id}", page="/login/contoso")
    assert response.status_code == 404

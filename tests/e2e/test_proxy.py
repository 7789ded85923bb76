"""Behind Debian's nginx with TLS, configured with the file for operators, as in production."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests import cast
from tests.cast import ALICE
from tests.directory import Directory
from tests.e2e.processes import Portico, stop, until
from tests.e2e.visits import pick
from tests.ports import free_port
from tests.proxy import ACCESSES, AUTHORITY, start_nginx


def get(portico: Portico, path: str, **headers: str) -> requests.Response:
    return requests.get(portico.base_url + path, headers=headers, verify=str(portico.folder / AUTHORITY), timeout=10)


@pytest.fixture(scope="module")
def running(directory_process: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    folder, port, behind = tmp_path_factory.mktemp("portico"), free_port(), free_port()
    portico = Portico(folder, directory_process, port=behind)
    portico.base_url = f"https://localhost:{port}"
    portico.open(cast.COMPANIES, BASE_URL=portico.base_url, TRUSTED_PROXIES="1")
    nginx = start_nginx(folder, port, behind)
    yield portico
    stop(nginx)
    portico.close()


def test_person_signs_in_through_nginx_over_tls(portico: Portico, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{portico.base_url}/login/contoso")
    page.locator(".btn-microsoft").click()
    pick(page, ALICE)
    expect(page.get_by_role("heading", name="Adaeze Okonkwo")).to_be_visible()
    cookies = {cookie["name"].partition("org_")[0]: cookie for cookie in context.cookies()}
    assert cookies["__Host-session."]["secure"]
    assert cookies["__Host-active"]["secure"]
    ((address,),) = portico.rows("SELECT ip_address FROM session")
    assert address == "127.0.0.1"
    context.close()


def test_nginx_serves_static_files_and_hides_metrics(portico: Portico) -> None:
    page = get(portico, "/login/contoso")
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    style = re.search(r"/static/app\.\w+\.css", page.text)
    assert style
    response = get(portico, style[0])
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "gzip"
    assert get(portico, "/metrics").status_code == 404


def test_nginx_logs_no_key_code_or_referer(portico: Portico) -> None:
    get(portico, "/healthz", Referer="https://app.example.com/login/contoso/reset?key=in-the-referer")
    for path in (
        "/auth/unknown/callback?code=in-the-query",
        "/invitation?key=in-the-query",
        "/setup?key=in-the-query",
    ):
        get(portico, path)
    accesses = portico.folder / ACCESSES
    until(lambda: '"GET /setup HTTP' in accesses.read_text())
    logged = accesses.read_text() + (portico.folder / "nginx.log").read_text()
    assert '"GET /auth/unknown/callback HTTP' in logged
    assert '"GET /invitation HTTP' in logged
    assert "in-the-" not in logged


def test_forwarded_for_header_of_a_visitor_is_ignored(portico: Portico) -> None:
    """Guesses are counted by the IP address that nginx saw."""
    portico.restart()  # without Redis the counts are in its memory, and the tests above guess too
    responses = [
        get(portico, f"/login/unknown{number}", **{"X-Forwarded-For": f"8.8.8.{number}"}) for number in range(31)
    ]
    assert [response.status_code for response in responses] == [404] * 30 + [429]

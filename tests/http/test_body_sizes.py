"""Request size limits of gunicorn itself, and of nginx with the file for operators."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from app.http.access import LARGEST_BODY
from app.people.avatars import LARGEST_BYTES
from app.people.imports.import_job import LARGEST_FILE
from app.urls import ROUTES
from tests.browser import CSRF
from tests.cast import COMPANIES, OWNER_PASSWORD
from tests.directory import Directory
from tests.e2e.processes import Portico, stop, until
from tests.ports import free_port
from tests.proxy import AUTHORITY, GIVEN, start_nginx

MB = 1024 * 1024
ROW = "p{}@x.example,{}\n"


@pytest.fixture(scope="module")
def portico(directory_process: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    started = Portico(tmp_path_factory.mktemp("portico"), directory_process)
    started.open(COMPANIES)
    yield started
    started.close()


@pytest.fixture(scope="module")
def behind_nginx(directory_process: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    folder, port, behind = tmp_path_factory.mktemp("behind"), free_port(), free_port()
    started = Portico(folder, directory_process, port=behind)
    started.base_url = f"https://localhost:{port}"
    started.open(COMPANIES, BASE_URL=started.base_url, TRUSTED_PROXIES="1")
    nginx = start_nginx(folder, port, behind)
    yield started
    stop(nginx)
    started.close()


@pytest.fixture(params=["gunicorn", "nginx"])
def served(request: pytest.FixtureRequest) -> Portico:
    found: Portico = request.getfixturevalue({"gunicorn": "portico", "nginx": "behind_nginx"}[request.param])
    return found


def browser(portico: Portico) -> requests.Session:
    opened = requests.Session()
    opened.trust_env = False  # otherwise a CA bundle in the environment takes precedence
    authority = portico.folder / AUTHORITY
    opened.verify = str(authority) if authority.exists() else True
    return opened


def owner(portico: Portico) -> requests.Session:
    signed_in = browser(portico)
    fields = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    response = signed_in.post(
        f"{portico.base_url}/login/contoso/password",
        data={"csrf_token": token(portico, signed_in, "/login/contoso"), **fields},
        headers={"Referer": portico.base_url + "/"},
        allow_redirects=False,
        timeout=30,
    )
    assert response.status_code == 303
    return signed_in


def token(portico: Portico, browser: requests.Session, path: str) -> str:
    found = CSRF.search(browser.get(f"{portico.base_url}{path}", timeout=30).text)
    assert found
    return found[1]


def a_file(size: int) -> bytes:
    """A CSV of a few people with notes, of exactly this size."""
    text = "email,name,notes\n"
    while size - len(text) > 100_000:
        number = text.count("\n")
        text += f"p{number}@x.example,P{number},{'x' * 90_000}\n"
    return (text + f"last@x.example,Last,{'x' * (size - len(text) - 22)}\n").encode().ljust(size, b"\n")


def upload(portico: Portico, browser: requests.Session, size: int) -> requests.Response:
    return browser.post(
        f"{portico.base_url}/people/import",
        data={"csrf_token": token(portico, browser, "/people/import"), "method": "any"},
        files={"file": ("people.csv", a_file(size), "text/csv")},
        headers={"Origin": portico.base_url, "Referer": portico.base_url + "/"},
        allow_redirects=False,
        timeout=120,
    )


def test_sixteen_megabytes_are_accepted(served: Portico) -> None:
    with owner(served) as browser:
        response = upload(served, browser, LARGEST_FILE)
        assert response.status_code == 303, response.text
        page = f"{served.base_url}{urlsplit(response.headers['Location']).path}"
        until(lambda: browser.get(f"{page}/progress", timeout=30).json()["finished"], served.worker)
        assert browser.get(f"{page}/progress", timeout=30).json()["done"] > 160


def test_slightly_larger_file_is_rejected_at_its_field(served: Portico) -> None:
    with owner(served) as browser:
        response = upload(served, browser, LARGEST_FILE + 1)
    assert response.status_code == 422
    assert "larger than 16 MB" in response.text
    assert "form-error" in response.text


@pytest.mark.parametrize("size", [17 * MB, 40 * MB])
def test_much_larger_file_gets_explanatory_error_page(served: Portico, size: int) -> None:
    with owner(served) as browser:
        response = upload(served, browser, size)
    assert response.status_code == 413
    assert "16 MB" in response.text
    assert "Split" in response.text


def test_one_megabyte_is_the_limit_elsewhere(served: Portico) -> None:
    with owner(served) as browser:
        fields = {"csrf_token": "x", "email": "y" * (LARGEST_BODY + 1)}
        response = browser.post(f"{served.base_url}/people/invite", data=fields, timeout=60)
    assert response.status_code == 413
    assert "1 MB" in response.text


def send(portico: Portico, head: str, pieces: Iterator[bytes]) -> bytes:
    """A client that sends all of its body before it reads anything."""
    with socket.create_connection(("localhost", portico.port), timeout=60) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        for piece in pieces:
            connection.sendall(piece)
        response = b""
        while piece := connection.recv(65536):
            response += piece
        return response


@pytest.mark.parametrize("path", ["/people/import", "/people/invite", "/login/contoso/password", "/nothing/here"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_large_body_without_sign_in_gets_a_response_and_no_reset(portico: Portico, path: str, is_chunked: bool) -> None:
    piece = b"email=" + b"x" * (MB - 6)
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {20 * MB}"
    head = (
        f"POST {path} HTTP/1.1\nHost: localhost:{portico.port}\nConnection: close\n{length}\n"
        "Content-Type: application/x-www-form-urlencoded\n\n"
    )
    pieces = [b"%x\r\n%b\r\n" % (MB, piece) for _ in range(20)] + [b"0\r\n\r\n"] if is_chunked else [piece] * 20
    response = send(portico, head, iter(pieces)).decode()
    status = int(response.split()[1])
    assert status in (401, 413), response[:200]
    assert "</html>" in response


def test_large_upload_without_sign_in_is_rejected(portico: Portico) -> None:
    """The response is 401 although the whole body is sent."""
    head = (
        f"POST /people/import HTTP/1.1\nHost: localhost:{portico.port}\nConnection: close\n"
        f"Content-Length: {16 * MB}\nContent-Type: multipart/form-data; boundary=x\n\n"
    )
    response = send(portico, head, iter([b"x" * (16 * MB)]))
    assert response.startswith(b"HTTP/1.1 401")


def test_body_limit_is_set_on_the_route_and_allowed_by_nginx() -> None:
    marks = {route.endpoint: route.largest_body for route in ROUTES}
    large = {endpoint: mark for endpoint, mark in marks.items() if mark > LARGEST_BODY}
    assert set(large) == {
        *("overview.people.imports.create", "applications.advanced.set_icon"),
        *("login.branding.save", "login.branding.preview"),
    }
    assert large["overview.people.imports.create"] > LARGEST_FILE, "the form around the file fits as well"
    assert large["applications.advanced.set_icon"] > LARGEST_BYTES
    assert f"client_max_body_size {-(-max(marks.values()) // MB)}m;" in Path(GIVEN).read_text()
